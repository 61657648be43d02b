#include "analysis/worked_examples.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>

namespace benchfleet {

std::string TestDataPath(const std::string& name) {
  if (const char* folder = std::getenv("BENCHFLEET_TESTDATA")) {
    return std::string(folder) + "/" + name;
  }
  const char* source = std::getenv("BENCHFLEET_SOURCE_DIR");
  return std::string(source != nullptr ? source : ".") + "/../shared/testdata/" + name;
}

std::optional<nlohmann::json> ReadTestData(const std::string& name) {
  std::ifstream file(TestDataPath(name));
  if (!file) return std::nullopt;
  return nlohmann::json::parse(file);
}

bool CloseTo(double actual, double expected, double tolerance, double scale) {
  return std::abs(actual - expected) <= tolerance * std::max(std::abs(expected), scale);
}

}  // namespace benchfleet
