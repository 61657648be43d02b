#include "analysis/comparison_report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "analysis/check.h"
#include "analysis/difference.h"
#include "analysis/distribution.h"
#include "analysis/match.h"
#include "analysis/multiple.h"
#include "analysis/robust.h"
#include "analysis/settle.h"
#include "analysis/summary.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr double kMeanLevel = 0.95;
constexpr char kErrorRate[] = "error_rate";

VerdictOptions OptionsFor(const ComparisonRow& row, const ComparisonOptions& options) {
  VerdictOptions verdict = options.ladder.verdict;
  verdict.lower_is_better = row.better != Better::kHigher;
  verdict.exact = row.unit != "ns" && row.series.metric != kErrorRate;
  verdict.unit = row.unit;
  return verdict;
}

Comparison Undecided(std::string reason) { return NotJudgeable(Comparison(), std::move(reason)); }

// A time below 0 was not measured but computed wrongly.
std::optional<std::string> NegativeTime(const SideSeries& series, const char* side) {
  if (series.unit != "ns") return std::nullopt;
  for (size_t r = 0; r < series.runs.size(); ++r) {
    for (const double value : series.runs[r]) {
      if (value < 0) {
        return absl::StrFormat("%s, run %d: %g is a negative time", side, r + 1, value);
      }
    }
  }
  return std::nullopt;
}

// Run means stand for samples where one side has none.
std::vector<std::vector<double>> RunsOrMeans(const SideSeries& series) {
  std::vector<std::vector<double>> runs;
  for (const auto& run : series.runs) runs.push_back({MomentsOf(run).mean});
  for (const AggregateRun& run : series.aggregates) runs.push_back({run.mean});
  return runs;
}

absl::StatusOr<Comparison> CompareValues(const SideSeries& a, const SideSeries& b,
                                         const VerdictOptions& options) {
  if (a.aggregates.empty() && b.aggregates.empty()) {
    const VerdictInput input{.baseline = a.runs, .candidate = b.runs, .history = a.history};
    return NeedsDifferences(input) ? CompareDifferences(input, options) : Compare(input, options);
  }
  if (a.runs.empty() && b.runs.empty()) {
    return CompareAggregates(a.aggregates, b.aggregates, a.history, options);
  }
  const auto before = RunsOrMeans(a);
  const auto after = RunsOrMeans(b);
  if (before.size() + after.size() <= 2) {
    return Undecided("one side has samples and the other only their mean, of one run each");
  }
  const VerdictInput input{.baseline = before, .candidate = after, .history = {}};
  return NeedsDifferences(input) ? CompareDifferences(input, options) : Compare(input, options);
}

Comparison CompareRow(const SideSeries& a, const SideSeries& b, const VerdictOptions& options) {
  if (a.unit != b.unit) {
    return Undecided(absl::StrFormat("the units differ: '%s' and '%s'", a.unit, b.unit));
  }
  if (a.better != b.better) return Undecided("the sides disagree on which direction is better");
  for (const auto& [series, side] : {std::pair{&a, "baseline"}, std::pair{&b, "candidate"}}) {
    if (auto negative = NegativeTime(*series, side)) return Undecided(*std::move(negative));
  }
  absl::StatusOr<Comparison> result = CompareValues(a, b, options);
  return result.ok() ? *std::move(result) : Undecided(std::string(result.status().message()));
}

double MeanOf(const SideSeries& series) {
  double sum = 0;
  const auto means = RunsOrMeans(series);
  for (const auto& mean : means) sum += mean[0];
  return sum / static_cast<double>(means.size());
}

SideFigure FigureOf(const SideSeries& series, bool on_means) {
  SideFigure figure;
  figure.runs = series.runs.size() + series.aggregates.size();
  figure.host = series.host;
  figure.revision = absl::StrJoin(series.revisions, ", ");
  figure.aggregate_only = series.runs.empty();
  std::vector<double> pooled;
  for (const auto& run : series.runs) pooled.insert(pooled.end(), run.begin(), run.end());
  figure.samples = pooled.size();
  for (const AggregateRun& run : series.aggregates) figure.samples += run.n;
  if (on_means || !series.aggregates.empty() || pooled.empty()) {
    figure.center = MeanOf(series);
    return figure;
  }
  const Summary summary = Summarize(pooled);
  figure.center = summary.median;
  if (summary.median_interval) {
    figure.spread = (summary.median_interval->high - summary.median_interval->low) / 2;
  }
  return figure;
}

// Equal builds in the history: runs of one revision against each other, scaled to as many runs as
// are compared here.
double LearntFloor(const SideSeries& a, const Comparison& comparison) {
  if (comparison.on_differences || !comparison.judgeable) return 0;
  const double lengths = (1 / static_cast<double>(comparison.baseline_runs) +
                          1 / static_cast<double>(comparison.candidate_runs)) /
                         2;
  std::vector<double> shifts;
  for (const auto& revision : a.history) {
    for (size_t i = 1; i < revision.size(); i += 2) {
      if (revision[i] > 0 && revision[i - 1] > 0) {
        shifts.push_back(std::log(revision[i] / revision[i - 1]) * std::sqrt(lengths));
      }
    }
  }
  return NoiseFloor(shifts, 0).value_or(0);
}

SideFacts FactsOf(const SideSeries& series) {
  SideFacts facts;
  facts.artefact_hash = absl::StrJoin(series.artefacts, " ");
  for (const auto& [name, values] : series.conditions) {
    facts.conditions[name] = absl::StrJoin(values, ", ");
  }
  return facts;
}

ComparisonRow RowOf(const MatchedPair& pair, const ComparisonOptions& options) {
  const SideSeries& a = pair.baseline;
  const SideSeries& b = pair.candidate;
  ComparisonRow row;
  row.series = b.name;
  row.base_series = a.name;
  row.unit = a.unit;
  row.better = a.better;
  row.identity = a.identity.empty() ? b.identity : a.identity;
  row.machine = a.machine.empty() ? b.machine : a.machine;
  row.host = a.host == b.host ? a.host : a.host + " -> " + b.host;
  row.judgement.comparison = CompareRow(a, b, OptionsFor(row, options));
  const bool on_means = row.judgement.comparison.on_differences;
  row.baseline = FigureOf(a, on_means);
  row.candidate = FigureOf(b, on_means);
  row.noise_floor = LearntFloor(a, row.judgement.comparison);
  return row;
}

// What differs besides the named conditions: the machine's name, and a state without its fields.
void AddSuspects(const MatchedPair& pair, std::vector<std::string>* suspects) {
  const SideSeries& a = pair.baseline;
  const SideSeries& b = pair.candidate;
  const bool known = suspects->empty();
  if (a.identity.empty() != b.identity.empty()) {
    suspects->insert(suspects->begin(), "machine: one side does not say which it was");
  } else if (a.host != b.host && !a.host.empty() && !b.host.empty()) {
    suspects->insert(suspects->begin(), absl::StrFormat("host: %s -> %s", a.host, b.host));
  }
  if (known && !a.states.empty() && !b.states.empty() && a.states != b.states) {
    suspects->push_back("host state: changed, in which fields is not known");
  }
}

void Neither(Comparison* result) {
  if (result->verdict != Verdict::kRegressed && result->verdict != Verdict::kImproved) return;
  result->verdict = Verdict::kUndecided;
  result->reason += "; nobody said which direction of this metric is better";
}

const BlessedShift* Blessing(const ComparisonRow& row, const ComparisonOptions& options) {
  if (row.judgement.comparison.verdict != Verdict::kRegressed) return nullptr;
  const double ratio = row.judgement.comparison.ratio;
  for (const BlessedShift& shift : options.blessed) {
    if (!(shift.series == row.series)) continue;
    if (!shift.identity.empty() && shift.identity != row.identity) continue;
    if ((shift.ratio.low > 1) != (ratio > 1)) continue;
    if (ratio >= shift.ratio.low && ratio <= shift.ratio.high) return &shift;
  }
  return nullptr;
}

void JudgeRow(const MatchedPair& pair, const ComparisonOptions& options, ComparisonRow* row) {
  LadderOptions ladder = options.ladder;
  ladder.verdict = OptionsFor(*row, options);
  ladder.noise_floor = row->noise_floor;
  Comparison comparison = row->judgement.comparison;
  SettleVerdict(ladder.verdict, &comparison);
  if (row->better == Better::kNeither) Neither(&comparison);
  row->judgement = Judge(comparison, FactsOf(pair.baseline), FactsOf(pair.candidate), ladder);
  AddSuspects(pair, &row->judgement.suspects);
  if (const BlessedShift* blessing = Blessing(*row, options)) {
    row->blessing = blessing->note;
    row->judgement.severity = Severity::kNone;
  }
}

void Adjust(std::vector<ComparisonRow>* rows) {
  std::vector<double> p;
  for (const ComparisonRow& row : *rows) {
    if (row.judgement.comparison.judgeable) p.push_back(row.judgement.comparison.p);
  }
  const auto adjusted = AdjustPValues(p, Adjustment::kBenjaminiHochberg);
  if (!adjusted.ok()) return;
  size_t next = 0;
  for (ComparisonRow& row : *rows) {
    Comparison& comparison = row.judgement.comparison;
    if (comparison.judgeable) comparison.adjusted_p = (*adjusted)[next++];
  }
}

void CollectSuspects(ComparisonReport* report) {
  std::map<std::string, size_t> counts;
  for (const ComparisonRow& row : report->rows) {
    for (const std::string& suspect : row.judgement.suspects) ++counts[suspect];
  }
  for (const auto& [what, rows] : counts) report->suspects.push_back({what, rows});
  std::ranges::stable_sort(report->suspects, std::ranges::greater(), &Suspect::rows);
}

std::vector<GeometricMean> GeometricMeans(const std::vector<ComparisonRow>& rows) {
  struct Sum {
    double logs = 0;
    double errors = 0;  // standard errors
    double squares = 0;
    double fourths = 0;  // over their degrees of freedom
    bool known = true;   // of every row
  };
  std::vector<GeometricMean> means;
  std::map<std::pair<std::string, std::string>, size_t> index;
  std::vector<Sum> sums;
  for (const ComparisonRow& row : rows) {
    const Comparison& c = row.judgement.comparison;
    const bool has_ratio = c.baseline_runs > 0 && !c.on_differences && std::isfinite(c.log_shift);
    if (!has_ratio) continue;
    const auto [found, is_new] = index.try_emplace({row.series.metric, row.unit}, means.size());
    if (is_new) {
      means.push_back({.metric = row.series.metric, .unit = row.unit, .interval = {}});
      sums.emplace_back();
    }
    Sum& sum = sums[found->second];
    ++means[found->second].rows;
    sum.logs += c.log_shift;
    const double square = c.standard_error * c.standard_error;
    sum.errors += c.standard_error;
    sum.squares += square;
    if (c.degrees_of_freedom > 0) sum.fourths += square * square / c.degrees_of_freedom;
    sum.known = sum.known && c.judgeable;
  }
  for (size_t i = 0; i < means.size(); ++i) {
    const Sum& sum = sums[i];
    const auto k = static_cast<double>(means[i].rows);
    means[i].ratio = std::exp(sum.logs / k);
    if (!sum.known) continue;
    // Rows that one process measured err together, and which do is not known: so all do.
    const double error = sum.errors / k;
    const double degrees = sum.fourths > 0 ? sum.squares * sum.squares / sum.fourths : 1e6;
    const double reach = StudentQuantile(0.5 + kMeanLevel / 2, std::max(1.0, degrees)) * error;
    means[i].interval = {.low = std::exp(sum.logs / k - reach),
                         .high = std::exp(sum.logs / k + reach)};
  }
  std::erase_if(means, [](const GeometricMean& mean) { return mean.rows < 2; });
  return means;
}

absl::Status CheckThresholds(const LadderOptions& options) {
  BF_RETURN_IF_ERROR(CheckFraction(options.verdict.alpha, "alpha"));
  if (options.warn >= 0 && options.fail >= 0 && options.verdict.floor >= 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("warn %g, fail %g and floor %g, expected at least 0", options.warn,
                      options.fail, options.verdict.floor));
}

}  // namespace

size_t ComparisonReport::Count(Verdict verdict) const {
  return static_cast<size_t>(std::ranges::count_if(rows, [verdict](const ComparisonRow& row) {
    return row.judgement.comparison.verdict == verdict;
  }));
}

size_t ComparisonReport::failures() const {
  return static_cast<size_t>(std::ranges::count_if(
      rows, [](const ComparisonRow& row) { return row.judgement.severity == Severity::kFailure; }));
}

absl::StatusOr<ComparisonReport> CompareSides(const Side& baseline, const Side& candidate,
                                              const ComparisonOptions& options) {
  BF_RETURN_IF_ERROR(CheckThresholds(options.ladder));
  for (const Side* side : {&baseline, &candidate}) {
    if (side->comparable()) continue;
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: nothing was measured, expected at least one run that succeeded", side->name()));
  }
  ComparisonReport report;
  report.baseline = baseline.name();
  report.candidate = candidate.name();
  report.options = options;
  Matches matches = MatchSides(baseline, candidate, options.vary);
  report.one_sided = std::move(matches.one_sided);
  report.cross_machine = std::move(matches.cross_machine);
  for (const MatchedPair& pair : matches.pairs) report.rows.push_back(RowOf(pair, options));
  Adjust(&report.rows);
  for (size_t i = 0; i < report.rows.size(); ++i) {
    JudgeRow(matches.pairs[i], options, &report.rows[i]);
  }
  CollectSuspects(&report);
  report.means = GeometricMeans(report.rows);
  return report;
}

}  // namespace benchfleet
