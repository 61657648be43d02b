#include "analysis/sample_shape.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "analysis/outliers.h"
#include "analysis/quantile.h"
#include "analysis/robust.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr double kFar = 3;  // interquartile ranges

void CountFar(std::span<const double> run, const Interval& fences, SampleShape* shape) {
  for (const double value : run) {
    shape->far_below += value < fences.low;
    shape->far_above += value > fences.high;
  }
}

void CountSteady(const SteadyState& state, SampleShape* shape, std::vector<double>* settled) {
  shape->unsettled += state.kind == SteadyKind::kNoSteadyState;
  shape->slowdown += state.kind == SteadyKind::kSlowdown;
  if (state.kind != SteadyKind::kWarmUp) return;
  ++shape->warm_up;
  settled->push_back(static_cast<double>(state.steady_start));
}

// Neighbours that are too close to matter, or too small to be more than stragglers, become one.
std::vector<Mode> WorthTelling(std::vector<Mode> modes, const SampleShapeOptions& options) {
  std::vector<Mode> told;
  for (Mode& mode : modes) {
    const bool joins =
        !told.empty() &&
        (mode.share < options.hump_share || told.back().share < options.hump_share ||
         mode.centre - told.back().centre <= options.hump_distance * told.back().centre);
    if (!joins) {
      told.push_back(std::move(mode));
      continue;
    }
    Mode& last = told.back();
    if (mode.share > last.share) last.centre = mode.centre;
    last.high = mode.high;
    last.share += mode.share;
  }
  if (told.size() < 2) told.clear();
  return told;
}

}  // namespace

absl::StatusOr<SampleShape> ShapeOfSamples(std::span<const std::span<const double>> runs,
                                           const SampleShapeOptions& options) {
  SampleShape shape;
  std::vector<double> all;
  std::vector<double> relative;
  std::vector<double> settled;
  bool positive = true;
  for (const std::span<const double> run : runs) {
    if (run.empty()) continue;
    BF_ASSIGN_OR_RETURN(const SteadyState state, FindSteadyState(run, options.steady));
    if (state.kind != SteadyKind::kTooShort) {
      ++shape.runs_told;
      shape.samples_told += run.size();
      CountSteady(state, &shape, &settled);
      BF_ASSIGN_OR_RETURN(const Interval fences, TukeyFences(run, kFar));
      CountFar(run, fences, &shape);
    }
    const double median = MedianOf(run);
    positive = positive && median > 0;
    all.insert(all.end(), run.begin(), run.end());
    if (!positive) continue;
    for (const double value : run) relative.push_back(value / median);
  }
  shape.n = all.size();
  if (!settled.empty()) shape.settled_from = static_cast<size_t>(MedianOf(settled));
  if (!positive || all.empty()) return shape;
  BF_ASSIGN_OR_RETURN(Modality modality, FindModes(relative, options.modality));
  const double level = MedianOf(all);
  for (Mode& mode : modality.modes) {
    mode.centre *= level;
    mode.low *= level;
    mode.high *= level;
  }
  shape.humps = WorthTelling(std::move(modality.modes), options);
  return shape;
}

}  // namespace benchfleet
