#include "analysis/history.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/str_format.h"
#include "analysis/boundary.h"
#include "analysis/check.h"
#include "analysis/distribution.h"
#include "analysis/partition.h"
#include "analysis/robust.h"
#include "analysis/selection.h"
#include "analysis/series_scale.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr size_t kWholeMax = 256;    // Up to here, s and L follow every point.
constexpr int kFrozenBits = 5;       // Beyond, they are of a length with this many bits,
constexpr size_t kFrozenMax = 1024;  // and from here on they stay as they are.
// Noise below this share of the floor counts as this: a history without any, a constant or a
// staircase, would fall into as many segments as there are points.
constexpr double kLeastNoise = 0.1;
constexpr double kNoiseDegrees = 20;  // The most that s counts for beside the local scale.
constexpr int kNoisePasses = 3;       // Levels and slow noise, each found anew given the other.
// Where a first-pass step must be twice as sure as one that is told: what seems a step in few
// points mostly is one, in many slow noise makes plenty.
constexpr double kFirstPassDoubling = 1000;
constexpr size_t kReach = 10;  // Windows beyond which nothing bears on a boundary.

// The length whose noise is used for a history of n points.
size_t FrozenLength(size_t n) {
  if (n <= kWholeMax) return n;
  if (n >= kFrozenMax) return kFrozenMax;
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
  explicit State(const ChangePointOptions& chosen)
      : options(chosen), selection(chosen.transient, chosen.polish) {}

  void Update();
  void Freeze(size_t length);
  double SlowNoise(std::span<const double> head);
  void GrowPartition();
  double PenaltyFor(double ratio) const;

  ChangePoint Described(const Boundary& boundary);
  void Describe(const std::vector<size_t>& changes);

  const ChangePointOptions options;
  std::vector<double> raw;
  bool logarithmic = true;
  std::vector<double> scaled;  // raw, or its logarithms

  // Of the first `frozen` points.
  size_t frozen = 0;
  double noise = 0;
  double least_noise = 0;  // the same, but not below what matters
  double long_run = 1;
  BoundaryOptions judging;

  // The partition of the points whose clipped values no longer change.
  std::optional<MeanPartitioner> partitioner;
  std::vector<size_t> candidates;  // of all points

  ChangeSelection selection;
  std::vector<ChangePoint> change_points;
  bool fresh = true;  // Noise was taken anew since: no description holds any longer.
};

double History::State::PenaltyFor(double ratio) const {
  return options.penalty * least_noise * least_noise * std::sqrt(ratio) *
         std::log(static_cast<double>(frozen));
}

// Takes noise and long-run ratio from the first `length` points and forgets what depended on them.
void History::State::Freeze(size_t length) {
  frozen = length;
  fresh = true;
  const auto head = std::span<const double>(scaled).first(length);
  noise = NeighbourNoise(head);
  judging = {.window = options.window,
             .floor = options.floor,
             .noise = noise,
             .noise_degrees = std::min(kNoiseDegrees, static_cast<double>(length - 1) / 2)};
  if (!logarithmic) {
    std::vector<double> sizes(head.begin(), head.end());
    for (double& size : sizes) size = std::abs(size);
    judging.floor *= MedianInPlace(sizes);
  }
  least_noise = std::max({noise, kLeastNoise * judging.floor, std::numeric_limits<double>::min()});
  const double log_length = std::log(static_cast<double>(length));
  const double critical = std::sqrt(options.critical * log_length);
  const double doubling = 1 + static_cast<double>(length) / kFirstPassDoubling;
  judging.critical = std::max(critical, std::min(critical * doubling, options.first_pass_z));
  long_run = SlowNoise(head);
  judging.long_run = long_run;
  judging.critical = critical;
  selection.Reset(judging);
  partitioner.emplace(PenaltyFor(long_run), options.min_segment);
}

// The long-run variance ratio of the residuals about the levels; the levels, given the ratio: a
// step that only slow noise makes raises the ratio and is none the next time, a true one stays.
double History::State::SlowNoise(std::span<const double> head) {
  MeanPartitioner first_pass(PenaltyFor(1), options.min_segment);
  for (size_t i = 0; i < head.size(); ++i) {
    first_pass.Append(ClippedAt(head, i, options.clip * least_noise) - scaled[0]);
  }
  std::vector<size_t> steps = first_pass.Best().change_points;
  selection.Reset(judging);
  selection.Polish(head, &steps);
  double ratio = 1;
  for (int pass = 0; pass < kNoisePasses; ++pass) {
    judging.long_run = ratio;
    selection.Reset(judging);
    const auto found = SlowNoiseRatio(ResidualsAbout(head, selection.Pruned(head, steps)));
    if (!found.ok() || *found == ratio) break;
    ratio = *found;
  }
  return ratio;
}

void History::State::GrowPartition() {
  const auto append = [this](size_t i) {
    partitioner->Append(ClippedAt(scaled, i, options.clip * least_noise) - scaled[0]);
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
  const BoundaryEvidence evidence = selection.Judge(scaled, boundary);
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
  const auto boundary = [&](size_t i) {
    return Boundary{.from = i == 0 ? 0 : changes[i - 1],
                    .at = changes[i],
                    .to = i + 1 < changes.size() ? changes[i + 1] : scaled.size()};
  };
  // Most are those of the last time.
  size_t same = 0;
  while (!fresh && same < changes.size() && same < change_points.size() &&
         change_points[same].index == changes[same] &&
         change_points[same].points_after == boundary(same).to - changes[same]) {
    ++same;
  }
  change_points.resize(same);
  while (change_points.size() < changes.size()) {
    change_points.push_back(Described(boundary(change_points.size())));
  }
  fresh = false;
}

void History::State::Update() {
  const size_t n = scaled.size();
  if (n == 0) return;
  if (FrozenLength(n) != frozen) Freeze(FrozenLength(n));
  GrowPartition();
  Describe(selection.Choose(scaled, candidates));
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
