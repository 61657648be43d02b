// Prints how well Benchfleet finds changes: in labelled and generated histories beside what other
// rules are published to reach there, and between two sides against other rules at the same rate of
// false alarms.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "analysis/multiple.h"
#include "analysis/quantile.h"
#include "base/ids.h"
#include "base/status.h"
#include "tests/bench/detection/cases.h"
#include "tests/bench/detection/change_points.h"
#include "tests/bench/detection/few_runs.h"
#include "tests/bench/detection/robustness.h"
#include "tests/bench/detection/rules.h"
#include "tests/bench/detection/series_files.h"
#include "tests/bench/detection/speed.h"

namespace benchfleet::bench {
namespace {

constexpr uint64_t kComparisonsEach = 100;
constexpr double kEffects[] = {0.01, 0.02, 0.03, 0.05, 0.10};
constexpr double kOften = 0.8;  // the share of comparisons in which an effect counts as found
constexpr double kLargestEffect = 4;
constexpr double kEffectPrecision = 1.01;  // of the smallest one that is found so often

void Scale(std::vector<std::vector<double>>* runs, double factor) {
  for (auto& run : *runs) {
    for (double& value : run) value *= factor;
  }
}

double ShareFound(const Rule& rule, double threshold, const std::vector<ComparisonCase>& same,
                  double effect) {
  size_t found = 0;
  for (ComparisonCase one : same) {
    Scale(&one.candidate, 1 + effect);
    found += rule.score(one) > threshold;
  }
  return static_cast<double>(found) / static_cast<double>(same.size());
}

// The smallest effect that is found in eight of ten comparisons, by bisection; "-" for none.
std::string FoundOften(const Rule& rule, double threshold,
                       const std::vector<ComparisonCase>& same) {
  double high = kLargestEffect;
  if (ShareFound(rule, threshold, same, high) < kOften) return "-";
  for (double low = 1e-4; high / low > kEffectPrecision;) {
    const double middle = std::sqrt(low * high);
    (ShareFound(rule, threshold, same, middle) < kOften ? low : high) = middle;
  }
  return absl::StrFormat("%.2f %%", 100 * high);
}

// For each rule: its own false alarms; and what it finds where its threshold is set for 1 % of
// them.
void PrintRules(const std::vector<ComparisonCase>& same) {
  absl::PrintF("  %-22s %8s %9s | found at 1 %% false alarms, by effect:", "rule", "alarms",
               "adjusted");
  for (const double effect : kEffects) absl::PrintF(" %4.0f %%", 100 * effect);
  absl::PrintF("  8 times in 10\n");
  for (const Rule& rule : Rules()) {
    std::vector<double> scores;
    std::vector<double> p;
    size_t alarms = 0;
    for (const ComparisonCase& one : same) {
      scores.push_back(rule.score(one));
      alarms += scores.back() >= rule.calls_from;
      p.push_back(std::min(1.0, std::pow(10.0, -scores.back())));
    }
    // Only scores that are p values can be adjusted.
    std::string adjusted = "-";
    if (rule.calls_from == 2) {
      const auto q = AdjustPValues(p, Adjustment::kBenjaminiHochberg);
      const auto after = std::ranges::count_if(*q, [](double value) { return value <= 0.01; });
      adjusted =
          absl::StrFormat("%.4f", static_cast<double>(after) / static_cast<double>(same.size()));
    }
    const double threshold = *Quantile(scores, 0.99);
    absl::PrintF("  %-22s %8.4f %9s | %42s", rule.name,
                 static_cast<double>(alarms) / static_cast<double>(same.size()), adjusted, "");
    for (const double effect : kEffects) {
      absl::PrintF(" %6.2f", ShareFound(rule, threshold, same, effect));
    }
    absl::PrintF("  %13s\n", FoundOften(rule, threshold, same));
  }
}

std::vector<std::vector<double>> OneSampleRuns(std::span<const double> values) {
  std::vector<std::vector<double>> runs;
  for (const double value : values) runs.push_back({value});
  return runs;
}

// Each group of measurements of one build, shuffled and halved, several times over. As runs of one
// sample each, with what is known of earlier builds; or as one run a side of which nothing is
// known.
std::vector<ComparisonCase> HalvedGroups(const std::vector<SameBuildGroup>& groups, uint64_t seed,
                                         bool one_run) {
  constexpr int kShuffles = 3;
  Random random(seed);
  std::vector<ComparisonCase> cases;
  for (const SameBuildGroup& group : groups) {
    for (int shuffle = 0; shuffle < kShuffles; ++shuffle) {
      std::vector<double> values = group.values;
      for (size_t i = values.size() - 1; i > 0; --i)
        std::swap(values[i], values[random.Below(i + 1)]);
      const size_t half = values.size() / 2;
      const auto middle = values.begin() + static_cast<std::ptrdiff_t>(half);
      if (one_run) {
        cases.push_back({.baseline = {{values.begin(), middle}},
                         .candidate = {{middle, values.end()}},
                         .history = {}});
        continue;
      }
      cases.push_back({.baseline = OneSampleRuns(std::span(values).first(half)),
                       .candidate = OneSampleRuns(std::span(values).subspan(half)),
                       .history = group.history});
    }
  }
  return cases;
}

absl::Status PrintComparisons(const std::string& folder, uint64_t seed) {
  BF_ASSIGN_OR_RETURN(const auto groups, ReadSameBuildGroups(folder));
  for (const bool one_run : {false, true}) {
    const auto halves = HalvedGroups(groups, seed, one_run);
    absl::PrintF("\nTwo sides of one build, SAP HANA%s: %d comparisons\n",
                 one_run ? ", as one run a side without history" : "", halves.size());
    PrintRules(halves);
  }
  for (const auto& [runs, history] : {std::pair<size_t, size_t>(5, 30), {5, 0}, {1, 30}, {1, 0}}) {
    std::vector<ComparisonCase> cases;
    for (const Noise noise : kNoises) {
      for (uint64_t i = 0; i < kComparisonsEach; ++i) {
        cases.push_back(MakeComparison(noise, runs, history, 0, seed * kComparisonsEach + i));
      }
    }
    absl::PrintF(
        "\nGenerated: %d runs of 10 samples a side, %d earlier revisions, %d comparisons\n", runs,
        history, cases.size());
    PrintRules(cases);
  }
  return absl::OkStatus();
}

struct Arguments {
  std::string folder;
  uint64_t seed = 1;
  bool verbose = false;
  std::string_view only;  // a part; empty: all
};

absl::Status Run(const Arguments& arguments) {
  const auto wanted = [&](std::string_view part) {
    return arguments.only.empty() || arguments.only == part;
  };
  if (wanted("changes")) {
    BF_RETURN_IF_ERROR(PrintChangePoints(arguments.folder, arguments.seed, arguments.verbose));
  }
  if (wanted("robustness")) {
    BF_RETURN_IF_ERROR(PrintRobustness(arguments.folder, arguments.seed));
  }
  if (wanted("comparisons")) {
    BF_RETURN_IF_ERROR(PrintComparisons(arguments.folder, arguments.seed));
    PrintFewRuns(arguments.seed);
  }
  if (wanted("speed")) PrintSpeed();
  return absl::OkStatus();
}

bool IsPart(std::string_view name) {
  return name == "changes" || name == "robustness" || name == "comparisons" || name == "speed";
}

}  // namespace
}  // namespace benchfleet::bench

int main(int argc, char** argv) {
  const char* data = std::getenv("BENCHFLEET_TESTDATA");
  benchfleet::bench::Arguments arguments;
  arguments.folder = std::string(data != nullptr ? data : "../shared/testdata") + "/series";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--verbose") {
      arguments.verbose = true;
    } else if (argument == "--series" && i + 1 < argc) {
      arguments.folder = argv[++i];
    } else if (argument == "--seed" && i + 1 < argc) {
      arguments.seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (argument == "--only" && i + 1 < argc && benchfleet::bench::IsPart(argv[i + 1])) {
      arguments.only = argv[++i];
    } else {
      absl::FPrintF(stderr,
                    "usage: bench-detection [--series FOLDER] [--seed N] [--verbose] "
                    "[--only changes|robustness|comparisons|speed]\n");
      return argument == "--help" ? 0 : 2;
    }
  }
  const absl::Status status = benchfleet::bench::Run(arguments);
  if (status.ok()) return 0;
  absl::FPrintF(stderr, "bench-detection: %s\n", benchfleet::Message(status));
  return 1;
}
