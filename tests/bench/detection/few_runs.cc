#include "tests/bench/detection/few_runs.h"

#include <cmath>
#include <vector>

#include "absl/strings/str_format.h"
#include "analysis/test_data.h"
#include "analysis/verdict.h"
#include "base/ids.h"

namespace benchfleet::bench {
namespace {

using Runs = std::vector<std::vector<double>>;

constexpr int kComparisons = 2000;
constexpr size_t kSamples = 10;

// Logarithms of runs: normal or Student's t with three degrees of freedom, and now and then slower.
struct RunKind {
  const char* name;
  double sigma;
  bool heavy;
  double slow_share;
  double slow_by;
};
constexpr RunKind kRunKinds[] = {
    {"normal 0.3 %", 0.003, false, 0, 0},
    {"normal 1 %", 0.01, false, 0, 0},
    {"normal 3 %", 0.03, false, 0, 0},
    {"t3 1 %", 0.01, true, 0, 0},
    {"30 % 3 % slower", 0.004, false, 0.3, 0.03},
    {"20 % 6 % slower", 0.01, false, 0.2, 0.06},
};

struct Design {
  size_t baseline;
  size_t candidate;
  size_t history;
};
constexpr Design kDesigns[] = {{1, 5, 0},  {1, 20, 0}, {2, 2, 0},  {2, 5, 0}, {2, 20, 0},
                               {3, 3, 0},  {3, 5, 0},  {4, 4, 0},  {5, 5, 0}, {10, 10, 0},
                               {2, 2, 30}, {3, 3, 30}, {4, 4, 30}, {5, 5, 30}};

double RunLevel(const RunKind& kind, Random* random) {
  double level = kind.sigma * NormalValue(*random);
  if (kind.heavy) {
    double squares = 0;
    for (int i = 0; i < 3; ++i) squares += std::pow(NormalValue(*random), 2);
    level /= std::sqrt(squares / 3);
  }
  return level + (random->Uniform() < kind.slow_share ? kind.slow_by : 0);
}

Runs MakeRuns(const RunKind& kind, size_t runs, size_t samples, Random* random) {
  Runs result;
  for (size_t r = 0; r < runs; ++r) {
    const double level = RunLevel(kind, random);
    std::vector<double>& run = result.emplace_back();
    for (size_t i = 0; i < samples; ++i) {
      run.push_back(100 * std::exp(level + 0.005 * NormalValue(*random)));
    }
  }
  return result;
}

bool Called(const Comparison& comparison) {
  return comparison.verdict == Verdict::kRegressed || comparison.verdict == Verdict::kImproved;
}

struct Tally {
  double alarms = 0;
  double held = 0;
  double found = 0;  // at the effect that was said to be detectable
};

Tally TallyOf(const RunKind& kind, const Design& design, Random* random) {
  Tally tally;
  for (int i = 0; i < kComparisons; ++i) {
    const Runs history = MakeRuns(kind, design.history, 1, random);
    const Runs baseline = MakeRuns(kind, design.baseline, kSamples, random);
    Runs candidate = MakeRuns(kind, design.candidate, kSamples, random);
    const auto same =
        Compare({.baseline = baseline, .candidate = candidate, .history = history}, {});
    if (!same.ok()) continue;
    tally.alarms += Called(*same);
    tally.held += same->ratio_interval.low <= 1 && same->ratio_interval.high >= 1;
    for (auto& run : candidate) {
      for (double& value : run) value *= 1 + same->minimum_detectable_effect.value_or(0);
    }
    const auto slower =
        Compare({.baseline = baseline, .candidate = candidate, .history = history}, {});
    tally.found += slower.ok() && slower->verdict == Verdict::kRegressed;
  }
  tally.alarms /= kComparisons;
  tally.held /= kComparisons;
  tally.found /= kComparisons;
  return tally;
}

}  // namespace

void PrintFewRuns(uint64_t seed) {
  absl::PrintF(
      "\nFew runs, %d comparisons each: alarms at 1 %% / the 95 %% interval holds / found at the "
      "effect said to be detectable (0.80)\n  %-20s",
      kComparisons, "runs (and history)");
  for (const RunKind& kind : kRunKinds) absl::PrintF(" %17s", kind.name);
  absl::PrintF("\n");
  Random random(seed * 131 + 17);
  for (const Design& design : kDesigns) {
    absl::PrintF("  %2d x %-2d %12s", design.baseline, design.candidate,
                 design.history > 0 ? absl::StrFormat("(%d)", design.history) : "");
    for (const RunKind& kind : kRunKinds) {
      const Tally tally = TallyOf(kind, design, &random);
      absl::PrintF("   %.4f/%.2f/%.2f", tally.alarms, tally.held, tally.found);
    }
    absl::PrintF("\n");
  }
}

}  // namespace benchfleet::bench
