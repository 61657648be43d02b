// How right a list of found changes is.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace benchfleet::bench {

inline constexpr size_t kMargin = 5;  // A finding this near to a label is that label.

struct Score {
  size_t right = 0;
  size_t wrong = 0;
  size_t missed = 0;
  double F1() const;
  void operator+=(const Score& other);
};

// Each label goes to one finding, nearest pairs first. A finding near an `optional` label is not
// counted.
Score ScoreFindings(std::span<const size_t> found, std::span<const size_t> labels,
                    std::span<const size_t> optional);

// Several annotators (van den Burg and Williams, 2020, "An Evaluation of Change Point Detection
// Algorithms"): precision against all their marks together, recall the mean over them, index 0 a
// mark of everybody's.
double AnnotatorF1(std::span<const size_t> found, std::span<const std::vector<size_t>> annotations);

}  // namespace benchfleet::bench
