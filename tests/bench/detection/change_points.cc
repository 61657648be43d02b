#include "tests/bench/detection/change_points.h"

#include "absl/strings/str_format.h"
#include "analysis/history.h"
#include "base/status.h"
#include "tests/bench/detection/cases.h"
#include "tests/bench/detection/published.h"

namespace benchfleet::bench {
namespace {

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
      score += ScoreFindings(FoundChanges(history.values), history.changes, history.small);
      points += history.values.size();
    }
    absl::PrintF("  %-14s %4d / %3d / %3d\n", NoiseName(noise), score.right, score.wrong,
                 score.missed);
    total += score;
  }
  return {.f1 = total.F1(),
          .false_per_1000 = 1000 * static_cast<double>(total.wrong) / static_cast<double>(points)};
}

}  // namespace

std::vector<size_t> FoundChanges(const std::vector<double>& values) {
  std::vector<size_t> found;
  const auto history = FindChangePoints(values);
  if (!history.ok()) return found;
  for (const ChangePoint& change : history->change_points()) found.push_back(change.index);
  return found;
}

double ScoreSet(const std::vector<LabelledSeries>& set, bool verbose) {
  Score total;
  double annotated = 0;
  for (const LabelledSeries& series : set) {
    std::vector<size_t> found = FoundChanges(series.values);
    for (size_t& index : found) index = series.rows[index];
    if (!series.annotations.empty()) {
      annotated += AnnotatorF1(found, series.annotations) / static_cast<double>(set.size());
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

absl::Status PrintChangePoints(const std::string& folder, uint64_t seed, bool verbose) {
  const GeneratedScore generated = ScoreGenerated(seed);
  std::vector<double> ours;
  for (const char* set : kLabelledSets) {
    BF_ASSIGN_OR_RETURN(const auto series, ReadSeries(folder, set));
    ours.push_back(ScoreSet(series, verbose));
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

}  // namespace benchfleet::bench
