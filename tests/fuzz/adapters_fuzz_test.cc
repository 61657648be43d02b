// The fuzzers' function on the stored seeds, and on so many mutations of them, always the same
// ones: what CI runs with any compiler. A crash or a broken promise aborts the test.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "gtest/gtest.h"
#include "tests/fuzz/adapter_target.h"

namespace benchfleet {
namespace {

namespace fs = std::filesystem;

constexpr int kRounds = 4000;

std::vector<std::string> SeedsOf(const std::string& adapter) {
  const char* source = std::getenv("BENCHFLEET_SOURCE_DIR");
  const fs::path folder = fs::path(source == nullptr ? "." : source) / "tests/fuzz/seeds" / adapter;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> seeds;
  for (const fs::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return seeds;
}

class Mutator {
 public:
  size_t Below(size_t bound) { return random_() % std::max<size_t>(bound, 1); }

  void Mutate(std::string* text) {
    static const std::vector<std::string> words = {"NaN",
                                                   "-Infinity",
                                                   "null",
                                                   "-1",
                                                   "1e308",
                                                   "1e400",
                                                   "9223372036854775808",
                                                   "0",
                                                   "\"\"",
                                                   "[]",
                                                   "{}",
                                                   "\xef\xbb\xbf",
                                                   "\xff",
                                                   "\r\n",
                                                   "\t",
                                                   "\\u0000",
                                                   "\"",
                                                   ",",
                                                   "-",
                                                   ":"};
    const size_t at = Below(text->size() + 1);
    switch (Below(6)) {
      case 0:
        text->insert(at, words[Below(words.size())]);
        break;
      case 1:
        text->erase(at, 1 + Below(20));
        break;
      case 2:
        text->insert(at, text->substr(Below(text->size()), Below(60)));
        break;
      case 3:
        if (at < text->size()) (*text)[at] = static_cast<char>(Below(256));
        break;
      case 4:
        text->resize(at);
        break;
      default:
        ReplaceNumber(text, words[Below(words.size())]);
    }
  }

 private:
  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }

  void ReplaceNumber(std::string* text, const std::string& word) {
    const auto begin =
        std::find_if(text->begin() + static_cast<long>(Below(text->size())), text->end(), IsDigit);
    const auto end = std::find_if_not(begin, text->end(), IsDigit);
    text->replace(begin, end, word);
  }

  std::mt19937_64 random_{20261121};
};

class AdaptersFuzzTest : public ::testing::TestWithParam<std::string> {};

TEST_P(AdaptersFuzzTest, SeedsAndTheirMutations) {
  const std::vector<std::string> seeds = SeedsOf(GetParam());
  ASSERT_FALSE(seeds.empty());
  for (const std::string& seed : seeds) ReadAsAdapter(GetParam(), seed);
  Mutator mutator;
  for (int round = 0; round < kRounds; ++round) {
    std::string text = seeds[mutator.Below(seeds.size())];
    for (size_t edits = 1 + mutator.Below(4); edits > 0; --edits) mutator.Mutate(&text);
    ReadAsAdapter(GetParam(), text);
  }
}

INSTANTIATE_TEST_SUITE_P(All, AdaptersFuzzTest, ::testing::ValuesIn(FuzzedAdapters()),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace benchfleet
