// Reading the worked examples that lie beside the checkout, for tests alone.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace benchfleet {

// The path of a file under $BENCHFLEET_TESTDATA (default: ../shared/testdata beside the source
// directory).
std::string TestDataPath(const std::string& name);

// The parsed file, or nothing where it is missing.
std::optional<nlohmann::json> ReadTestData(const std::string& name);

// |actual - expected| <= tolerance x max(|expected|, scale): relative, with a scale for numbers
// near zero.
bool CloseTo(double actual, double expected, double tolerance, double scale = 1e-12);

}  // namespace benchfleet

// Defines `examples` from a file, or skips the test with the missing path (fails it under CI=true).
#define BF_READ_EXAMPLES(examples, name)                                                  \
  const std::optional<nlohmann::json> examples##_file = ::benchfleet::ReadTestData(name); \
  if (!examples##_file) {                                                                 \
    const char* ci = std::getenv("CI");                                                   \
    if (ci != nullptr && std::string(ci) == "true") {                                     \
      FAIL() << "missing under CI=true: " << ::benchfleet::TestDataPath(name);            \
    }                                                                                     \
    GTEST_SKIP() << "missing: " << ::benchfleet::TestDataPath(name);                      \
  }                                                                                       \
  const nlohmann::json& examples = *examples##_file
