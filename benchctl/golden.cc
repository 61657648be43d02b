#include "benchctl/golden.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "gtest/gtest.h"

namespace benchfleet {

void ExpectGolden(const std::string& name, const std::string& actual) {
  const char* source = std::getenv("BENCHFLEET_SOURCE_DIR");
  const std::filesystem::path path =
      std::filesystem::path(source == nullptr ? "." : source) / "benchctl" / "testdata" / name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file) << path << " is missing; UPDATE_GOLDEN=1 writes it";
  const std::string expected((std::istreambuf_iterator<char>(file)),
                             std::istreambuf_iterator<char>());
  if (actual == expected) return;
  std::istringstream actual_lines(actual);
  std::istringstream expected_lines(expected);
  std::string actual_line;
  std::string expected_line;
  int line = 0;
  bool same = true;
  while (same) {
    ++line;
    const bool more_actual = static_cast<bool>(std::getline(actual_lines, actual_line));
    const bool more_expected = static_cast<bool>(std::getline(expected_lines, expected_line));
    same = more_actual && more_expected && actual_line == expected_line;
    if (!more_actual) actual_line = "(the end)";
    if (!more_expected) expected_line = "(the end)";
  }
  ADD_FAILURE() << path.string() << ":" << line << " differs (UPDATE_GOLDEN=1 rewrites it)\n"
                << "expected: " << expected_line << "\n  actual: " << actual_line;
}

std::string WithoutStyle(std::string page) {
  const size_t begin = page.find("<style>");
  const size_t end = page.find("</style>");
  if (begin != std::string::npos && end != std::string::npos) page.erase(begin, end - begin);
  return page;
}

}  // namespace benchfleet
