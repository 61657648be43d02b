#include "tests/bench/detection/scoring.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace benchfleet::bench {
namespace {

size_t Distance(size_t a, size_t b) { return a > b ? a - b : b - a; }

// Which findings took a label.
std::vector<bool> Matched(std::span<const size_t> found, std::span<const size_t> labels) {
  std::vector<std::tuple<size_t, size_t, size_t>> pairs;  // distance, finding, label
  for (size_t i = 0; i < found.size(); ++i) {
    for (size_t j = 0; j < labels.size(); ++j) {
      const size_t distance = Distance(found[i], labels[j]);
      if (distance <= kMargin) pairs.emplace_back(distance, i, j);
    }
  }
  std::sort(pairs.begin(), pairs.end());
  std::vector<bool> matched(found.size(), false);
  std::vector<bool> taken(labels.size(), false);
  for (const auto& [distance, i, j] : pairs) {
    if (matched[i] || taken[j]) continue;
    matched[i] = true;
    taken[j] = true;
  }
  return matched;
}

size_t CountTrue(const std::vector<bool>& flags) {
  return static_cast<size_t>(std::count(flags.begin(), flags.end(), true));
}

}  // namespace

double Score::F1() const {
  const auto all = static_cast<double>(2 * right + wrong + missed);
  return all > 0 ? 2 * static_cast<double>(right) / all : 1;
}

void Score::operator+=(const Score& other) {
  right += other.right;
  wrong += other.wrong;
  missed += other.missed;
}

Score ScoreFindings(std::span<const size_t> found, std::span<const size_t> labels,
                    std::span<const size_t> optional) {
  const std::vector<bool> matched = Matched(found, labels);
  Score score{.right = CountTrue(matched)};
  score.missed = labels.size() - score.right;
  for (size_t i = 0; i < found.size(); ++i) {
    if (matched[i]) continue;
    score.wrong += std::ranges::none_of(
        optional, [&](size_t mark) { return Distance(mark, found[i]) <= kMargin; });
  }
  return score;
}

double AnnotatorF1(std::span<const size_t> found,
                   std::span<const std::vector<size_t>> annotations) {
  std::set<size_t> findings(found.begin(), found.end());
  findings.insert(0);
  const std::vector<size_t> with_start(findings.begin(), findings.end());
  std::set<size_t> together = {0};
  double recall = 0;
  for (const auto& marks : annotations) {
    std::set<size_t> own(marks.begin(), marks.end());
    own.insert(0);
    together.insert(own.begin(), own.end());
    const std::vector<size_t> labels(own.begin(), own.end());
    recall += static_cast<double>(CountTrue(Matched(with_start, labels))) /
              static_cast<double>(labels.size()) / static_cast<double>(annotations.size());
  }
  const std::vector<size_t> labels(together.begin(), together.end());
  const double precision = static_cast<double>(CountTrue(Matched(with_start, labels))) /
                           static_cast<double>(with_start.size());
  return 2 * precision * recall / (precision + recall);
}

}  // namespace benchfleet::bench
