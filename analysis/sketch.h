// Quantiles of more values than one wants to keep, each within a stated relative error.
// Source: Masson, Rim and Lee, 2019, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with
// Relative-Error Guarantees".
#pragma once

#include <cstdint>
#include <map>

#include "absl/status/statusor.h"

namespace benchfleet {

// The logarithmic mapping: gamma = (1+accuracy)/(1-accuracy), key = ceil(log_gamma value),
// value of a key = 2 gamma^key / (gamma + 1), off by at most `accuracy` of any value with that key.
class SketchMapping {
 public:
  // 0 < accuracy < 1; 0.01 keeps three to four hundred buckets over seven decades.
  static absl::StatusOr<SketchMapping> Create(double accuracy);
  double gamma() const { return gamma_; }
  double accuracy() const { return accuracy_; }
  // value > 0, finite.
  int64_t KeyOf(double value) const;
  double ValueOf(int64_t key) const;

 private:
  explicit SketchMapping(double accuracy);
  double accuracy_;
  double gamma_;
  double log_gamma_;
};

// Counts of non-negative values by key. Merging equals having added everything to one.
class Sketch {
 public:
  explicit Sketch(SketchMapping mapping) : mapping_(mapping) {}
  // InvalidArgument for NaN, infinity or a negative value; nothing is added then.
  absl::Status Add(double value, uint64_t count = 1);
  // InvalidArgument where the accuracies differ.
  absl::Status Merge(const Sketch& other);
  // The value at rank floor(p (count - 1)), within the accuracy. Needs one value, 0 <= p <= 1.
  absl::StatusOr<double> Quantile(double p) const;
  uint64_t count() const { return count_; }

 private:
  SketchMapping mapping_;
  std::map<int64_t, uint64_t> buckets_;
  uint64_t zeros_ = 0;
  uint64_t count_ = 0;
};

}  // namespace benchfleet
