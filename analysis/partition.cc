#include "analysis/partition.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/quantile.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<size_t> Trace(const std::vector<size_t>& last_start) {
  std::vector<size_t> change_points;
  for (size_t t = last_start.size() - 1; t > 0 && last_start[t] > 0; t = last_start[t]) {
    change_points.push_back(last_start[t]);
  }
  std::reverse(change_points.begin(), change_points.end());
  return change_points;
}

// Cost of any segment from running sums.
class MeanVarianceCost {
 public:
  explicit MeanVarianceCost(std::span<const double> values)
      : sums_(values.size() + 1), squares_(values.size() + 1) {
    const double origin = MedianOf(values);
    for (size_t i = 0; i < values.size(); ++i) {
      const long double value = values[i] - origin;
      sums_[i + 1] = sums_[i] + value;
      squares_[i + 1] = squares_[i] + value * value;
    }
  }
  double operator()(size_t from, size_t to) const {
    constexpr double kLeastVariance = 1e-8;
    const auto length = static_cast<long double>(to - from);
    const long double sum = sums_[to] - sums_[from];
    const auto variance =
        static_cast<double>((squares_[to] - squares_[from] - sum * sum / length) / length);
    return static_cast<double>(length) *
           (std::log(2 * std::numbers::pi) + std::log(std::max(variance, kLeastVariance)) + 1);
  }

 private:
  std::vector<long double> sums_;
  std::vector<long double> squares_;
};

Partition PrunedPartition(std::span<const double> values, double penalty, size_t min_segment) {
  const MeanVarianceCost cost(values);
  const size_t n = values.size();
  std::vector<double> best(n + 1, kInfinity);
  std::vector<size_t> last_start(n + 1, 0);
  best[0] = -penalty;
  struct Start {
    size_t at;
    size_t dies;  // Beaten, but until then nothing that beats it is long enough.
  };
  std::vector<Start> starts;
  for (size_t t = min_segment; t <= n; ++t) {
    if (std::isfinite(best[t - min_segment])) {
      starts.push_back({.at = t - min_segment, .dies = std::numeric_limits<size_t>::max()});
    }
    std::erase_if(starts, [t](const Start& start) { return start.dies <= t; });
    std::vector<double> costs(starts.size());
    for (size_t i = 0; i < starts.size(); ++i) {
      costs[i] = best[starts[i].at] + cost(starts[i].at, t) + penalty;
      if (costs[i] < best[t]) {
        best[t] = costs[i];
        last_start[t] = starts[i].at;
      }
    }
    for (size_t i = 0; i < starts.size(); ++i) {
      if (costs[i] - penalty >= best[t]) starts[i].dies = std::min(starts[i].dies, t + min_segment);
    }
  }
  return {.change_points = Trace(last_start), .objective = best[n]};
}

}  // namespace

MeanPartitioner::MeanPartitioner(double penalty, size_t min_segment)
    : penalty_(penalty), min_segment_(min_segment), best_{-penalty}, last_start_{0} {}

void MeanPartitioner::Add(double value, Candidate* candidate) {
  const double off = value - candidate->mean;
  candidate->least += off * off * (candidate->count / (candidate->count + 1));
  candidate->count += 1;
  candidate->mean += off / candidate->count;
}

void MeanPartitioner::Append(double value) {
  const size_t t = best_.size();
  if (std::isfinite(best_.back())) {
    waiting_.push_back({.start = t - 1, .least = best_.back() + penalty_});
  }
  for (Candidate& candidate : waiting_) Add(value, &candidate);
  for (Candidate& candidate : candidates_) Add(value, &candidate);
  if (!waiting_.empty() && waiting_.front().start + min_segment_ == t) {
    Open(waiting_.front());
    waiting_.erase(waiting_.begin());
  }
  double best = kInfinity;
  size_t start = 0;
  for (const Candidate& candidate : candidates_) {
    if (candidate.least < best) {
      best = candidate.least;
      start = candidate.start;
    }
  }
  best_.push_back(best);
  last_start_.push_back(start);
}

// Gives the newcomer the levels at which it beats who was best there. It has fewer points than all
// others, so against each it wins outside two roots.
void MeanPartitioner::Open(const Candidate& newcomer) {
  const size_t index = candidates_.size();
  candidates_.push_back(newcomer);
  for (Candidate& candidate : candidates_) candidate.open = false;
  next_pieces_.clear();
  const auto give = [this](double end, size_t candidate) {
    candidates_[candidate].open = true;
    if (!next_pieces_.empty() && next_pieces_.back().candidate == candidate) {
      next_pieces_.back().end = end;
    } else {
      next_pieces_.push_back({.end = end, .candidate = candidate});
    }
  };
  double from = -kInfinity;
  for (const Piece& piece : pieces_) {
    const Candidate& old = candidates_[piece.candidate];
    // old - newcomer at old.mean + u: a u^2 - 2 b u + c.
    const double a = old.count - newcomer.count;
    const double gap = newcomer.mean - old.mean;
    const double b = -newcomer.count * gap;
    const double c = old.least - newcomer.least - newcomer.count * gap * gap;
    const double discriminant = b * b - a * c;
    if (discriminant <= 0) {
      give(piece.end, index);
    } else {
      const double root = std::sqrt(discriminant);
      // The root that does not cancel, and the other by the product of both.
      const double far = b + std::copysign(root, b);
      double low = far / a;
      double high = far == 0 ? 0 : c / far;
      if (low > high) std::swap(low, high);
      low += old.mean;
      high += old.mean;
      if (low > from) give(std::min(low, piece.end), index);
      if (high > from && low < piece.end) give(std::min(high, piece.end), piece.candidate);
      if (high < piece.end) give(piece.end, index);
    }
    from = piece.end;
  }
  if (pieces_.empty()) give(kInfinity, index);
  pieces_.swap(next_pieces_);
  DropClosed();
}

void MeanPartitioner::DropClosed() {
  if (std::ranges::all_of(candidates_, &Candidate::open)) return;
  std::vector<size_t> moved(candidates_.size());
  size_t kept = 0;
  for (size_t i = 0; i < candidates_.size(); ++i) {
    moved[i] = kept;
    if (candidates_[i].open) candidates_[kept++] = candidates_[i];
  }
  candidates_.resize(kept);
  for (Piece& piece : pieces_) piece.candidate = moved[piece.candidate];
}

MeanPartitioner::Mark MeanPartitioner::TakeMark() const {
  Mark mark;
  mark.size = size();
  mark.waiting = waiting_;
  mark.candidates = candidates_;
  mark.pieces = pieces_;
  return mark;
}

void MeanPartitioner::Rewind(const Mark& mark) {
  best_.resize(mark.size + 1);
  last_start_.resize(mark.size + 1);
  waiting_ = mark.waiting;
  candidates_ = mark.candidates;
  pieces_ = mark.pieces;
}

Partition MeanPartitioner::Best() const {
  Partition partition;
  if (size() == 0) return partition;
  if (!std::isfinite(best_.back())) {
    for (const Candidate& candidate : waiting_) {
      if (candidate.start == 0) partition.objective = candidate.least;
    }
    return partition;
  }
  partition.change_points = Trace(last_start_);
  partition.objective = best_.back();
  return partition;
}

absl::StatusOr<Partition> OptimalPartition(std::span<const double> values, SegmentCost cost,
                                           double penalty, size_t min_segment) {
  BF_RETURN_IF_ERROR(CheckFinite(values, "partition"));
  if (!(std::isfinite(penalty) && penalty >= 0) || min_segment < 1) {
    return absl::InvalidArgumentError(
        absl::StrFormat("partition: penalty %g and shortest segment %d, expected at least 0 and 1",
                        penalty, min_segment));
  }
  if (values.empty()) return Partition{};
  if (cost == SegmentCost::kMeanVariance) {
    return PrunedPartition(values, penalty, std::min(min_segment, values.size()));
  }
  MeanPartitioner partitioner(penalty, min_segment);
  const double origin = MedianOf(values);  // Near 0 the costs keep more digits.
  for (const double value : values) partitioner.Append(value - origin);
  return partitioner.Best();
}

}  // namespace benchfleet
