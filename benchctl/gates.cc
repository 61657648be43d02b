#include "benchctl/gates.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "absl/strings/str_format.h"
#include "analysis/detectable.h"
#include "base/status.h"
#include "base/text.h"
#include "benchctl/budget.h"
#include "benchctl/comparison_text.h"
#include "benchctl/report_text.h"
#include "benchctl/side_of_results.h"
#include "benchctl/table.h"

namespace benchfleet {
namespace {

constexpr int64_t kRunsTold = 1000;

bool InScope(const GateRule& rule, const SeriesName& name) {
  if (!FitsPattern(rule.workload, name.workload)) return false;
  return std::ranges::all_of(rule.parameters, [&name](const auto& wanted) {
    const auto found = name.parameters.find(wanted.first);
    return found != name.parameters.end() && found->second == wanted.second;
  });
}

std::string RowPlace(const SeriesName& name, const std::string& host) {
  const std::string parameters = ParametersText(name.parameters);
  return name.workload + (parameters.empty() ? "" : " " + parameters) +
         (host.empty() ? "" : ", " + host);
}

GateResult ResultOf(const GateRule& rule, const SeriesName& name, const std::string& host) {
  GateResult result;
  result.rule = rule.text;
  result.place = rule.place;
  result.series = RowPlace(name, host);
  return result;
}

// "0.1%" of a plain number is a share.
absl::StatusOr<double> LimitOf(const GateRule& rule, const std::string& unit) {
  std::string text = rule.limit;
  const bool percent = text.ends_with('%');
  if (percent && !unit.empty() && unit != "%") {
    return absl::InvalidArgumentError(
        absl::StrFormat("'%s' is not a limit in '%s'", rule.limit, unit));
  }
  if (percent) text.pop_back();
  BF_ASSIGN_OR_RETURN(const double limit, ParseLimit(text, unit));
  return percent && unit.empty() ? limit / 100 : limit;
}

// A quantile of fewer values than it takes to have one beyond it is their extreme.
std::string ThinTail(const std::string& statistic, size_t samples) {
  if (statistic.empty() || statistic[0] != 'p') return "";
  const double quantile = std::strtod(statistic.c_str() + 1, nullptr) / 100;
  const double needed = std::ceil(1 / std::max(1e-9, std::min(quantile, 1 - quantile)) - 1e-6);
  if (static_cast<double>(samples) >= needed) return "";
  return absl::StrFormat("%s of %d samples is their extreme; %.0f or more would tell", statistic,
                         samples, needed);
}

GateResult JudgeAbsolute(const GateRule& rule, double limit, const SideSeries& series) {
  GateResult result = ResultOf(rule, series.name, series.host);
  const std::string statistic =
      rule.statistic.empty() ? UsualStatistic(rule.metric) : rule.statistic;
  std::vector<double> values;
  for (const auto& run : series.runs) values.insert(values.end(), run.begin(), run.end());
  double actual = StatisticOf(values, statistic);
  if (values.empty() && statistic == "mean" && !series.aggregates.empty()) {
    double sum = 0;
    double weight = 0;
    for (const AggregateRun& run : series.aggregates) {
      sum += run.mean * static_cast<double>(run.n);
      weight += static_cast<double>(run.n);
    }
    actual = sum / weight;
  }
  if (!std::isfinite(actual)) {
    result.reason = values.empty() ? "no samples were kept; only a mean can be asked for"
                                   : "a sample is not a finite number";
    return result;
  }
  result.actual = FormatValue(actual, series.unit);
  const bool held = rule.at_most ? actual <= limit : actual >= limit;
  result.state = held ? GateState::kHeld : GateState::kBroken;
  result.warning = ThinTail(statistic, values.size());
  if (!held) {
    result.reason = absl::StrFormat("%s is %s, %s", statistic, result.actual,
                                    rule.at_most ? "above the limit" : "below the limit");
  }
  return result;
}

std::string EffectText(const ComparisonRow& row) {
  const Comparison& c = row.judgement.comparison;
  if (!c.judgeable) return "-";
  if (c.on_differences) return IntervalText(row);
  return absl::StrFormat("%+.2f%% (%s)", 100 * (c.ratio - 1), IntervalText(row));
}

std::string BlindWarning(const GateRule& rule, const Comparison& c, const VerdictOptions& options) {
  if (!c.minimum_detectable_effect || *c.minimum_detectable_effect <= rule.share) return "";
  std::string text = absl::StrFormat(
      "cannot see what it is set to catch: these runs show a change of %.2g%% and more",
      100 * *c.minimum_detectable_effect);
  const auto runs = RunsNeeded(c.run_variance, std::log1p(rule.share) - options.floor,
                               options.alpha, options.power, kRunsTold);
  if (c.run_variance > 0 && rule.share > std::expm1(options.floor) && runs.ok()) {
    text += absl::StrFormat("; %d runs a side would show %.2g%%", *runs, 100 * rule.share);
  }
  return text;
}

GateResult JudgeRelative(const GateRule& rule, const ComparisonRow& row,
                         const VerdictOptions& options) {
  GateResult result = ResultOf(rule, row.series, row.host);
  const Comparison& c = row.judgement.comparison;
  result.actual = EffectText(row);
  result.warning = BlindWarning(rule, c, options);
  const Loss loss = LossOf(row);
  if (!row.blessing.empty()) {
    result.state = GateState::kHeld;
    result.reason = "accepted: " + row.blessing;
  } else if (!c.judgeable || row.judgement.environment_fault) {
    result.state = GateState::kUndecided;
    result.reason = c.reason;
  } else if (c.verdict == Verdict::kRegressed && loss.estimate >= rule.share) {
    result.state = GateState::kBroken;
    result.reason = absl::StrFormat("a loss of %.3g%%", 100 * loss.estimate);
  } else if (loss.worst < rule.share) {
    result.state = GateState::kHeld;
  } else {
    result.state = GateState::kUndecided;
    result.reason = absl::StrFormat("a loss of up to %.3g%% cannot be ruled out", 100 * loss.worst);
  }
  return result;
}

GateResult JudgeClaim(const GateRule& rule, const ComparisonRow& row) {
  GateResult result = ResultOf(rule, row.series, row.host);
  const Comparison& c = row.judgement.comparison;
  result.actual = EffectText(row);
  if (!c.judgeable || c.on_differences) {
    result.state = GateState::kUndecided;
    result.reason = c.judgeable ? "values that may be 0 have no ratio" : c.reason;
    return result;
  }
  // As if lower were better.
  const bool higher = row.better == Better::kHigher;
  const double best = higher ? 1 / c.ratio_interval.high : c.ratio_interval.low;
  const double worst = higher ? 1 / c.ratio_interval.low : c.ratio_interval.high;
  if (worst <= rule.ratio) {
    result.state = GateState::kHeld;
  } else if (best > rule.ratio) {
    result.state = GateState::kBroken;
    result.reason = absl::StrFormat("it is %.3g times the other side, at most %.3g was claimed",
                                    higher ? 1 / c.ratio : c.ratio, rule.ratio);
  } else {
    result.state = GateState::kUndecided;
    result.reason = "what is claimed lies within the interval; more runs would tell";
  }
  return result;
}

std::string SeriesMetric(const GateRule& rule) {
  if (rule.kind != RuleKind::kRelative || rule.statistic.empty()) return rule.metric;
  return rule.statistic + " of " + rule.metric;
}

GateResult NotMeasured(const GateRule& rule, const Side& job, const std::string& of) {
  std::set<std::string> metric_names;
  std::set<std::string> workload_names;
  for (const SideSeries& series : job.series()) {
    metric_names.insert(series.name.metric);
    workload_names.insert(series.name.workload);
  }
  const std::vector<std::string> metrics(metric_names.begin(), metric_names.end());
  const std::vector<std::string> workloads(workload_names.begin(), workload_names.end());
  GateResult result;
  result.rule = rule.text;
  result.place = rule.place;
  // The scope is at fault where the metric itself is there.
  const bool known = std::ranges::find(metrics, rule.metric) != metrics.end();
  const std::string nearest =
      known ? DidYouMean(rule.workload, workloads) : DidYouMean(rule.metric, metrics);
  result.reason =
      absl::StrFormat("no series of '%s'%s%s%s", rule.metric,
                      rule.workload.empty() ? "" : " for " + rule.workload, of, nearest);
  return result;
}

// A limit is about the series in whose unit it is: "throughput > 10k/s" says nothing of bytes a
// second. Where it fits none, it is not judged, and says so.
void JudgeAbsolutes(const GateRule& rule, const Side& job, std::vector<GateResult>* results) {
  const size_t before = results->size();
  std::optional<GateResult> unfit;
  for (const SideSeries& series : job.series()) {
    if (series.name.metric != rule.metric || !InScope(rule, series.name)) continue;
    const absl::StatusOr<double> limit = LimitOf(rule, series.unit);
    if (limit.ok()) {
      results->push_back(JudgeAbsolute(rule, *limit, series));
    } else if (!unfit) {
      unfit = ResultOf(rule, series.name, series.host);
      unfit->state = GateState::kNotJudged;
      unfit->reason = Message(limit.status());
    }
  }
  if (results->size() > before) return;
  results->push_back(unfit ? *std::move(unfit) : NotMeasured(rule, job, ""));
}

absl::Status JudgeOne(const GateRule& rule, const GateInput& input,
                      std::vector<GateResult>* results) {
  if (rule.kind == RuleKind::kAbsolute) {
    JudgeAbsolutes(rule, *input.job, results);
    return absl::OkStatus();
  }
  const size_t before = results->size();
  const bool claim = rule.kind == RuleKind::kClaim;
  const auto found = input.claims.find(rule.side);
  const ComparisonReport* report = !claim                        ? input.against
                                   : found == input.claims.end() ? nullptr
                                                                 : &found->second;
  if (report == nullptr) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: '%s' needs something to compare with; add --baseline NAME or --against SIDE",
        rule.place, rule.text));
  }
  for (const ComparisonRow& row : report->rows) {
    if (row.series.metric != SeriesMetric(rule) || !InScope(rule, row.series)) continue;
    results->push_back(claim ? JudgeClaim(rule, row)
                             : JudgeRelative(rule, row, report->options.ladder.verdict));
  }
  if (results->size() == before) {
    results->push_back(NotMeasured(rule, *input.job, " that " + report->baseline + " has as well"));
  }
  return absl::OkStatus();
}

}  // namespace

const char* GateStateName(GateState state) {
  switch (state) {
    case GateState::kHeld:
      return "held";
    case GateState::kBroken:
      return "broken";
    case GateState::kUndecided:
      return "undecided";
    case GateState::kNotMeasured:
      return "not measured";
    case GateState::kNotJudged:
      return "not judged";
  }
  return "";
}

Loss LossOf(const ComparisonRow& row) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Comparison& c = row.judgement.comparison;
  if (!c.judgeable) return {0, kInfinity};
  if (c.on_differences) {
    const double scale = row.baseline.center;
    const double sign = row.better == Better::kHigher ? -1 : 1;
    const double worst = sign > 0 ? c.difference_interval.high : -c.difference_interval.low;
    if (scale > 0) return {sign * c.difference / scale, worst / scale};
    return {sign * c.difference > 0 ? kInfinity : 0, worst > 0 ? kInfinity : 0};
  }
  if (row.better == Better::kHigher) {
    return {1 / c.ratio - 1, 1 / c.ratio_interval.low - 1};
  }
  return {c.ratio - 1, c.ratio_interval.high - 1};
}

void AddStatisticSeries(const std::vector<GateRule>& rules, Side* side) {
  std::set<std::string> done;
  for (const GateRule& rule : rules) {
    if (rule.kind != RuleKind::kRelative || rule.statistic.empty()) continue;
    if (!done.insert(SeriesMetric(rule)).second) continue;
    std::vector<SideSeries> added;
    for (const SideSeries& series : side->series()) {
      if (series.name.metric != rule.metric || series.runs.empty()) continue;
      SideSeries statistic = series;
      statistic.name.metric = SeriesMetric(rule);
      statistic.aggregates.clear();
      statistic.history.clear();
      for (auto& run : statistic.runs) run = {StatisticOf(run, rule.statistic)};
      added.push_back(std::move(statistic));
    }
    for (SideSeries& series : added) (void)side->Add(std::move(series));
  }
}

absl::StatusOr<std::vector<GateResult>> JudgeGates(const std::vector<GateRule>& rules,
                                                   const GateInput& input) {
  std::vector<GateResult> results;
  for (const GateRule& rule : rules) BF_RETURN_IF_ERROR(JudgeOne(rule, input, &results));
  return results;
}

}  // namespace benchfleet
