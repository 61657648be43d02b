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
#include "analysis/history.h"
#include "analysis/multiple.h"
#include "analysis/quantile.h"
#include "base/ids.h"
#include "base/status.h"
#include "tests/bench/detection/cases.h"
#include "tests/bench/detection/published.h"
#include "tests/bench/detection/rules.h"
#include "tests/bench/detection/scoring.h"
#include "tests/bench/detection/series_files.h"
#include "tests/bench/detection/speed.h"

namespace benchfleet::bench {
namespace {

constexpr uint64_t kHistoriesEach = 50;
constexpr uint64_t kComparisonsEach = 100;
constexpr double kEffects[] = {0.01, 0.02, 0.03, 0.05, 0.10};
constexpr double kOften = 0.8;  // the share of comparisons in which an effect counts as found
constexpr double kLargestEffect = 4;
constexpr double kEffectPrecision = 1.01;  // of the smallest one that is found so often

std::vector<size_t> Found(const std::vector<double>& values) {
  std::vector<size_t> found;
  const auto history = FindChangePoints(values);
  if (!history.ok()) return found;
  for (const ChangePoint& change : history->change_points()) found.push_back(change.index);
  return found;
}

absl::StatusOr<double> ScoreSet(const std::string& folder, const std::string& set, bool verbose) {
  BF_ASSIGN_OR_RETURN(const auto all, ReadSeries(folder, set));
  Score total;
  double annotated = 0;
  for (const LabelledSeries& series : all) {
    std::vector<size_t> found = Found(series.values);
    for (size_t& index : found) index = series.rows[index];
    if (!series.annotations.empty()) {
      annotated += AnnotatorF1(found, series.annotations) / static_cast<double>(all.size());
      continue;
    }
    const Score score = ScoreFindings(found, series.changes, series.optional);
    total += score;
    if (verbose && score.wrong + score.missed > 0) {
      absl::PrintF("    %s: %d right, %d wrong, %d missed\n", series.name, score.right, score.wrong,
                   score.missed);
    }
  }
  return annotated > 0 ? annotated : total.F1();
}

struct GeneratedScore {
  double f1 = 0;
  double false_per_1000 = 0;
};

GeneratedScore ScoreGenerated(uint64_t seed) {
  Score total;
  size_t points = 0;
  absl::PrintF("\nGenerated histories, %d of each kind (right / wrong / missed)\n", kHistoriesEach);
  for (const Noise noise : kNoises) {
    Score score;
    for (uint64_t i = 0; i < kHistoriesEach; ++i) {
      const GeneratedHistory history = MakeHistory(noise, seed * kHistoriesEach + i);
      score += ScoreFindings(Found(history.values), history.changes, history.small);
      points += history.values.size();
    }
    absl::PrintF("  %-14s %4d / %3d / %3d\n", NoiseName(noise), score.right, score.wrong,
                 score.missed);
    total += score;
  }
  return {.f1 = total.F1(),
          .false_per_1000 = 1000 * static_cast<double>(total.wrong) / static_cast<double>(points)};
}

absl::Status PrintChangePoints(const std::string& folder, uint64_t seed, bool verbose) {
  const GeneratedScore generated = ScoreGenerated(seed);
  std::vector<double> ours;
  for (const char* set : {"mongodb", "sap_visual", "talos", "tigerbeetle", "tcpd", "sap_small"}) {
    BF_ASSIGN_OR_RETURN(const double f1, ScoreSet(folder, set, verbose));
    ours.push_back(f1);
  }
  absl::PrintF(
      "\nChange points, F1 within %d points; others as published (their generated cases, not "
      "these)\n"
      "  %-26s %9s %6s %8s %10s %6s %11s %7s %9s\n",
      kMargin, "rule", "generated", "FP/1k", "MongoDB", "SAP visual", "Talos", "TigerBeetle",
      "Turing", "SAP small");
  for (const PublishedChangePoints& rule : PublishedRules()) {
    absl::PrintF("  %-26s %9.2f %6.2f %8.2f %10.2f %6.2f %11.2f %7.2f %9s\n",
                 std::string(rule.rule), rule.generated, rule.false_per_1000, rule.mongodb,
                 rule.sap_visual, rule.talos, rule.tigerbeetle, rule.turing, "-");
  }
  absl::PrintF("  %-26s %9.2f %6.2f %8.2f %10.2f %6.2f %11.2f %7.2f %9.2f\n", "Benchfleet",
               generated.f1, generated.false_per_1000, ours[0], ours[1], ours[2], ours[3], ours[4],
               ours[5]);
  return absl::OkStatus();
}

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

absl::Status Run(const std::string& folder, uint64_t seed, bool verbose) {
  BF_RETURN_IF_ERROR(PrintChangePoints(folder, seed, verbose));
  BF_RETURN_IF_ERROR(PrintComparisons(folder, seed));
  PrintSpeed();
  return absl::OkStatus();
}

}  // namespace
}  // namespace benchfleet::bench

int main(int argc, char** argv) {
  const char* data = std::getenv("BENCHFLEET_TESTDATA");
  std::string folder = std::string(data != nullptr ? data : "../shared/testdata") + "/series";
  uint64_t seed = 1;
  bool verbose = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--verbose") {
      verbose = true;
    } else if (argument == "--series" && i + 1 < argc) {
      folder = argv[++i];
    } else if (argument == "--seed" && i + 1 < argc) {
      seed = std::strtoull(argv[++i], nullptr, 10);
    } else {
      absl::FPrintF(stderr, "usage: bench-detection [--series FOLDER] [--seed N] [--verbose]\n");
      return argument == "--help" ? 0 : 2;
    }
  }
  const absl::Status status = benchfleet::bench::Run(folder, seed, verbose);
  if (status.ok()) return 0;
  absl::FPrintF(stderr, "bench-detection: %s\n", benchfleet::Message(status));
  return 1;
}
