// The exact optimal partition of a sequence into segments: least sum of segment costs plus a
// penalty for each change. Sources: Jackson et al., 2005, "An Algorithm for Optimal Partitioning of
// Data on an Interval"; Killick, Fearnhead and Eckley, 2012, "Optimal Detection of Changepoints
// with a Linear Computational Cost" (PELT); Maidstone, Hocking, Rigaill and Fearnhead, 2017, "On
// Optimal Multiple Changepoint Algorithms for Large Data" (functional pruning, FPOP).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace benchfleet {

struct Partition {
  std::vector<size_t> change_points;  // first index of each new segment, ascending
  double objective = 0;               // segment costs + penalty x change points
};

enum class SegmentCost {
  // Sum of squares about the segment's mean.
  kMean,
  // L (log(2 pi) + log(max(SS/L, 1e-8)) + 1): twice the negative log likelihood, mean and variance
  // free.
  kMeanVariance,
};

// penalty >= 0, min_segment >= 1; a sequence shorter than two segments stays whole, an empty one
// too. kMean is pruned by functions (nearly n log n, whatever the number of changes), kMeanVariance
// by PELT (linear where changes keep coming, n^2 where they do not).
absl::StatusOr<Partition> OptimalPartition(std::span<const double> values, SegmentCost cost,
                                           double penalty, size_t min_segment);

// The kMean partition, grown point by point: after every Append the best partition of all points so
// far is at hand. What it costs to add a point does not depend on how many there are, but for the
// number of candidate changes that are still open, which grows like log n. Copyable;
// single-threaded.
class MeanPartitioner {
 public:
  // penalty >= 0, min_segment >= 1.
  MeanPartitioner(double penalty, size_t min_segment);

  void Append(double value);  // finite
  size_t size() const { return best_.size() - 1; }
  // O(number of changes).
  Partition Best() const;

 private:
  struct Candidate;
  struct Piece;

 public:
  // A point to go back to, for values that may yet change: take it, append them, look, rewind.
  // Small: what is open, not what there is.
  class Mark {
    friend class MeanPartitioner;
    size_t size = 0;
    std::vector<Candidate> waiting;
    std::vector<Candidate> candidates;
    std::vector<Piece> pieces;
  };
  Mark TakeMark() const;
  // To a mark of this partitioner that lies not ahead of it.
  void Rewind(const Mark& mark);

 private:
  // Best cost of everything up to now with the last change at `start` and the last level at m:
  // count (m - mean)^2 + least.
  struct Candidate {
    size_t start = 0;
    double count = 0;
    double mean = 0;
    double least = 0;
    bool open = true;  // best for some level
  };
  // Where, on the line of levels, which candidate is best: from the end of the previous piece to
  // `end`.
  struct Piece {
    double end = 0;
    size_t candidate = 0;
  };
  static void Add(double value, Candidate* candidate);
  void Open(const Candidate& candidate);
  void DropClosed();

  double penalty_;
  size_t min_segment_;
  std::vector<Candidate> waiting_;  // shorter than min_segment_, oldest first
  std::vector<Candidate> candidates_;
  std::vector<Piece> pieces_;
  std::vector<Piece> next_pieces_;
  std::vector<double> best_;  // best_[t]: cost of the first t points, without the first penalty
  std::vector<size_t>
      last_start_;  // last_start_[t]: where the last segment of that partition begins
};

}  // namespace benchfleet
