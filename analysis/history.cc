#include "analysis/history.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_format.h"
#include "analysis/boundary.h"
#include "analysis/check.h"
#include "analysis/distribution.h"
#include "analysis/partition.h"
#include "analysis/robust.h"
#include "analysis/series_scale.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr size_t kWholeMax = 256;     // Up to here, s and L follow every point.
constexpr int kFrozenBits = 5;        // Beyond, they are of a length with this many bits.
constexpr double kNoiseDegrees = 20;  // The most that s counts for beside the local scale.
constexpr size_t kReach = 10;         // Windows beyond which nothing bears on a boundary.

// The length whose noise is used for a history of n points.
size_t FrozenLength(size_t n) {
  if (n <= kWholeMax) return n;
  const int low = static_cast<int>(std::bit_width(n)) - kFrozenBits;
  return n >> low << low;
}

std::vector<double> ResidualsAbout(std::span<const double> values,
                                   const std::vector<size_t>& changes) {
  std::vector<double> residuals(values.begin(), values.end());
  size_t start = 0;
  for (size_t i = 0; i <= changes.size(); ++i) {
    const size_t end = i < changes.size() ? changes[i] : values.size();
    const double level = MedianOf(values.subspan(start, end - start));
    for (size_t t = start; t < end; ++t) residuals[t] -= level;
    start = end;
  }
  return residuals;
}

absl::Status CheckOptions(const ChangePointOptions& options) {
  const auto refuse = [](const char* name, double value) {
    return absl::InvalidArgumentError(absl::StrFormat("change points: %s is %g", name, value));
  };
  if (!(options.floor >= 0)) return refuse("floor", options.floor);
  if (!(options.penalty > 0)) return refuse("penalty", options.penalty);
  if (!(options.clip > 0)) return refuse("clip", options.clip);
  if (!(options.critical > 0)) return refuse("critical", options.critical);
  if (!(options.first_pass_z > 0)) return refuse("first_pass_z", options.first_pass_z);
  if (options.window < 2) return refuse("window", static_cast<double>(options.window));
  if (options.min_segment < 1) return refuse("min_segment", 0);
  return CheckFraction(options.level, "level of a shift's interval");
}

}  // namespace

struct History::State {
  explicit State(const ChangePointOptions& chosen) : options(chosen) {}

  void Update();
  void Freeze(size_t length);
  void GrowPartition();
  double PenaltyFor(double ratio) const;

  std::vector<size_t> Pruned(std::span<const double> values, const std::vector<size_t>& changes);
  std::vector<size_t> WithoutTransients(std::vector<size_t> changes) const;
  void Polish(std::span<const double> values, std::vector<size_t>* changes);
  BoundaryEvidence Judge(std::span<const double> values, Boundary boundary);
  ChangePoint Described(const Boundary& boundary);
  void Describe(const std::vector<size_t>& changes);

  const ChangePointOptions options;
  std::vector<double> raw;
  bool logarithmic = true;
  std::vector<double> scaled;  // raw, or its logarithms

  // Of the first `frozen` points.
  size_t frozen = 0;
  double noise = 0;
  double long_run = 1;
  BoundaryOptions judging;

  // The partition of the points whose clipped values no longer change.
  std::optional<MeanPartitioner> partitioner;
  std::vector<size_t> candidates;  // of all points

  // What was judged before; nothing in it depends on points yet to come.
  absl::flat_hash_map<Boundary, BoundaryEvidence> judged;
  absl::flat_hash_map<Boundary, size_t> polished;

  std::vector<ChangePoint> change_points;
  bool fresh = true;  // Noise was taken anew since: no description holds any longer.
};

double History::State::PenaltyFor(double ratio) const {
  return options.penalty * noise * noise * std::sqrt(ratio) * std::log(static_cast<double>(frozen));
}

BoundaryEvidence History::State::Judge(std::span<const double> values, Boundary boundary) {
  // What lies far off has no influence: leaving it out of the key lets it serve as the series
  // grows.
  const size_t reach = kReach * options.window;
  if (boundary.at - boundary.from > reach) boundary.from = boundary.at - reach;
  boundary.to = std::min(boundary.to, boundary.at + reach);
  const auto [entry, is_new] = judged.try_emplace(boundary);
  if (is_new) entry->second = JudgeBoundary(values, boundary, judging);
  return entry->second;
}

std::vector<size_t> History::State::Pruned(std::span<const double> values,
                                           const std::vector<size_t>& changes) {
  return WithoutWeakest(changes, values.size(), judging.critical,
                        [&](const Boundary& boundary) { return Judge(values, boundary).z; });
}

std::vector<size_t> History::State::WithoutTransients(std::vector<size_t> changes) const {
  for (size_t i = 0; i + 1 < changes.size();) {
    const size_t from = i == 0 ? 0 : changes[i - 1];
    const size_t to = i + 2 < changes.size() ? changes[i + 2] : scaled.size();
    if (changes[i + 1] - changes[i] < options.transient &&
        ReturnsToLevel(scaled, from, changes[i], changes[i + 1], to, judging)) {
      const auto first = changes.begin() + static_cast<std::ptrdiff_t>(i);
      changes.erase(first, first + 2);
      i = i > 1 ? i - 2 : 0;  // Their neighbours now lie side by side.
    } else {
      ++i;
    }
  }
  return changes;
}

void History::State::Polish(std::span<const double> values, std::vector<size_t>* changes) {
  for (size_t i = 0; i < changes->size(); ++i) {
    size_t& at = (*changes)[i];
    Boundary boundary{.from = i == 0 ? 0 : (*changes)[i - 1],
                      .at = at,
                      .to = i + 1 < changes->size() ? (*changes)[i + 1] : values.size()};
    if (at - boundary.from > options.window) boundary.from = at - options.window;
    boundary.to = std::min(boundary.to, at + options.window);
    const auto [entry, is_new] = polished.try_emplace(boundary);
    if (is_new) {
      entry->second = PolishedPosition(values, boundary, options.window, options.polish);
    }
    at = entry->second;
  }
}

// Takes noise and long-run ratio from the first `length` points and forgets what depended on them.
void History::State::Freeze(size_t length) {
  frozen = length;
  fresh = true;
  judged.clear();
  polished.clear();
  const auto head = std::span<const double>(scaled).first(length);
  noise = NeighbourNoise(head);
  long_run = 1;
  const double log_length = std::log(static_cast<double>(length));
  judging = {.window = options.window,
             .floor = options.floor,
             .noise = noise,
             .noise_degrees = std::min(kNoiseDegrees, static_cast<double>(length - 1) / 2),
             .critical = options.first_pass_z,
             .suspicious = false};
  if (!logarithmic) {
    std::vector<double> sizes(head.begin(), head.end());
    for (double& size : sizes) size = std::abs(size);
    judging.floor *= MedianInPlace(sizes);
  }
  MeanPartitioner first_pass(PenaltyFor(1), options.min_segment);
  for (size_t i = 0; i < length; ++i) {
    first_pass.Append(ClippedAt(head, i, options.clip * noise) - scaled[0]);
  }
  std::vector<size_t> large = first_pass.Best().change_points;
  Polish(head, &large);
  large = Pruned(head, large);
  const auto ratio = LongRunRatio(ResidualsAbout(head, large));
  if (ratio.ok()) long_run = *ratio;
  judging.long_run = long_run;
  judging.critical = std::sqrt(options.critical * log_length);
  judging.suspicious = true;
  judged.clear();
  polished.clear();
  partitioner.emplace(PenaltyFor(long_run), options.min_segment);
}

void History::State::GrowPartition() {
  const auto append = [this](size_t i) {
    partitioner->Append(ClippedAt(scaled, i, options.clip * noise) - scaled[0]);
  };
  const size_t n = scaled.size();
  // The running median at a point rests on five more to come.
  while (partitioner->size() + kClipHalfWidth < n) append(partitioner->size());
  const MeanPartitioner::Mark mark = partitioner->TakeMark();
  while (partitioner->size() < n) append(partitioner->size());
  candidates = partitioner->Best().change_points;
  partitioner->Rewind(mark);
}

ChangePoint History::State::Described(const Boundary& boundary) {
  const BoundaryEvidence evidence = Judge(scaled, boundary);
  const double reach =
      StudentQuantile(0.5 + options.level / 2, std::max(1.0, evidence.degrees_of_freedom)) *
      evidence.standard_error;
  return {.index = boundary.at,
          .shift = evidence.shift,
          .shift_interval = {.low = evidence.shift - reach, .high = evidence.shift + reach},
          .z = evidence.z,
          .points_before = boundary.at - boundary.from,
          .points_after = boundary.to - boundary.at};
}

void History::State::Describe(const std::vector<size_t>& changes) {
  // Most are those of the last time, and both lists ascend.
  std::vector<ChangePoint> known;
  known.swap(change_points);
  size_t k = 0;
  for (size_t i = 0; i < changes.size(); ++i) {
    const Boundary boundary{.from = i == 0 ? 0 : changes[i - 1],
                            .at = changes[i],
                            .to = i + 1 < changes.size() ? changes[i + 1] : scaled.size()};
    while (k < known.size() && known[k].index < boundary.at) ++k;
    const bool same = !fresh && k < known.size() && known[k].index == boundary.at &&
                      known[k].points_before == boundary.at - boundary.from &&
                      known[k].points_after == boundary.to - boundary.at;
    change_points.push_back(same ? known[k] : Described(boundary));
  }
  fresh = false;
}

void History::State::Update() {
  const size_t n = scaled.size();
  if (n == 0) return;
  if (FrozenLength(n) != frozen) Freeze(FrozenLength(n));
  GrowPartition();
  std::vector<size_t> changes = candidates;
  Polish(scaled, &changes);
  changes = Pruned(scaled, changes);
  changes = Pruned(scaled, WithoutTransients(std::move(changes)));
  Polish(scaled, &changes);
  Describe(changes);
}

History::History(std::unique_ptr<State> state) : state_(std::move(state)) {}
History::~History() = default;
History::History(History&&) noexcept = default;
History& History::operator=(History&&) noexcept = default;

absl::StatusOr<History> History::Create(const ChangePointOptions& options) {
  BF_RETURN_IF_ERROR(CheckOptions(options));
  return History(std::make_unique<State>(options));
}

absl::Status History::Append(std::span<const double> values) {
  BF_RETURN_IF_ERROR(CheckFinite(values, "history"));
  State& state = *state_;
  state.raw.insert(state.raw.end(), values.begin(), values.end());
  if (state.logarithmic && !AllPositive(values)) {
    state.logarithmic = false;
    state.scaled.assign(state.raw.begin(), state.raw.end());
    state.frozen = 0;
  } else {
    for (const double value : values) {
      state.scaled.push_back(state.logarithmic ? std::log(value) : value);
    }
  }
  state.Update();
  return absl::OkStatus();
}

absl::Status History::Append(double value) { return Append(std::span<const double>(&value, 1)); }

size_t History::size() const { return state_->raw.size(); }
const std::vector<ChangePoint>& History::change_points() const { return state_->change_points; }
bool History::logarithmic() const { return state_->logarithmic; }
double History::noise() const { return state_->noise; }
double History::long_run_ratio() const { return state_->long_run; }

std::vector<LevelSegment> History::Segments() const {
  std::vector<LevelSegment> segments;
  if (state_->raw.empty()) return segments;
  const std::span<const double> raw = state_->raw;
  size_t start = 0;
  for (size_t i = 0; i <= state_->change_points.size(); ++i) {
    const size_t end =
        i < state_->change_points.size() ? state_->change_points[i].index : raw.size();
    segments.push_back(
        {.start = start, .end = end, .level = MedianOf(raw.subspan(start, end - start))});
    start = end;
  }
  return segments;
}

absl::StatusOr<History> FindChangePoints(std::span<const double> values,
                                         const ChangePointOptions& options) {
  BF_ASSIGN_OR_RETURN(History history, History::Create(options));
  BF_RETURN_IF_ERROR(history.Append(values));
  return history;
}

absl::StatusOr<std::vector<double>> MedianPerRevision(
    std::span<const std::vector<double>> revisions) {
  std::vector<double> values;
  for (const auto& revision : revisions) {
    BF_RETURN_IF_ERROR(CheckSample(revision, 1, "revision"));
    values.push_back(MedianOf(revision));
  }
  return values;
}

}  // namespace benchfleet
