#include "benchctl/budget.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "base/status.h"
#include "base/text.h"

namespace benchfleet {
namespace {

constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

std::optional<double> BareNumber(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

bool TakeSuffix(std::string_view* text, std::string_view suffix) {
  if (!text->ends_with(suffix)) return false;
  text->remove_suffix(suffix.size());
  return true;
}

// "10k/s"
std::optional<double> Rate(std::string_view text) {
  if (!TakeSuffix(&text, "/s")) return std::nullopt;
  double factor = 1;
  if (TakeSuffix(&text, "k")) factor = 1e3;
  if (TakeSuffix(&text, "M")) factor = 1e6;
  if (TakeSuffix(&text, "G")) factor = 1e9;
  while (text.ends_with(' ')) text.remove_suffix(1);
  const std::optional<double> number = BareNumber(text);
  if (!number) return std::nullopt;
  return *number * factor;
}

std::optional<double> InUnit(std::string_view text, std::string_view unit) {
  if (unit == "ns") {
    const auto duration = ParseDuration(text);
    if (duration.ok() && *duration != absl::InfiniteDuration()) {
      return absl::ToDoubleNanoseconds(*duration);
    }
  } else if (unit == "B") {
    const auto bytes = ParseBytes(text);
    if (bytes.ok()) return static_cast<double>(*bytes);
  } else if (unit == "B/s") {
    if (!TakeSuffix(&text, "/s")) return std::nullopt;
    const auto bytes = ParseBytes(text);
    if (bytes.ok()) return static_cast<double>(*bytes);
  } else if (unit == "1/s") {
    return Rate(text);
  }
  return std::nullopt;
}

const char* ExampleOf(std::string_view unit) {
  if (unit == "ns") return "a duration as 1500ms";
  if (unit == "B") return "a size as 85MB";
  if (unit == "B/s") return "a rate as 100MiB/s";
  if (unit == "1/s") return "a rate as 10k/s";
  return "a number";
}

std::string DefaultStatistic(const Budget& budget) {
  if (!budget.statistic.empty()) return budget.statistic;
  return budget.metric == kRssPeakMetric ? "max" : "median";
}

double StatisticOf(const Summary& summary, const std::vector<double>& samples,
                   const std::string& statistic) {
  if (statistic == "median") return summary.median;
  if (statistic == "mean") return summary.mean;
  if (statistic == "min") return summary.min;
  if (statistic == "max") return summary.max;
  if (statistic == "p95") return summary.p95;
  if (statistic == "p99") return summary.p99;
  if (statistic == "p90") return Quantile(samples, 0.9).value_or(kNotMeasured);
  return kNotMeasured;
}

absl::StatusOr<bool> Holds(const Budget& budget, const std::string& unit, double actual) {
  bool holds = true;
  if (!budget.max.empty()) {
    BF_ASSIGN_OR_RETURN(const double limit, ParseLimit(budget.max, unit));
    holds = actual <= limit;
  }
  if (!budget.min.empty()) {
    BF_ASSIGN_OR_RETURN(const double limit, ParseLimit(budget.min, unit));
    holds = holds && actual >= limit;
  }
  return holds;
}

BudgetVerdict Judge(const Budget& budget, const ReportRow& row, std::string unit, double actual) {
  BudgetVerdict verdict;
  verdict.budget = budget;
  verdict.host = row.host;
  verdict.workload = row.workload;
  verdict.parameters = row.parameters;
  verdict.unit = std::move(unit);
  verdict.actual = actual;
  if (!std::isfinite(actual)) {
    verdict.reason = row.aggregate_only ? "imported without samples" : "no sample";
    return verdict;
  }
  const absl::StatusOr<bool> holds = Holds(budget, verdict.unit, actual);
  if (!holds.ok()) {
    verdict.state = BudgetState::kNotJudged;
    verdict.reason = Message(holds.status());
    return verdict;
  }
  verdict.state = *holds ? BudgetState::kHeld : BudgetState::kBroken;
  return verdict;
}

}  // namespace

const std::vector<std::string>& StatisticNames() {
  static const auto* const kNames =
      new std::vector<std::string>{"median", "mean", "min", "max", "p90", "p95", "p99"};
  return *kNames;
}

absl::StatusOr<double> ParseLimit(std::string_view text, std::string_view unit) {
  if (const std::optional<double> number = BareNumber(text)) return *number;
  if (const std::optional<double> value = InUnit(text, unit)) return *value;
  return absl::InvalidArgumentError(absl::StrFormat(
      "'%s' is not a limit in '%s' (expected a number or %s)", text, unit, ExampleOf(unit)));
}

absl::Status CheckLimit(std::string_view text) {
  if (BareNumber(text)) return absl::OkStatus();
  for (const char* unit : {"ns", "B", "B/s", "1/s"}) {
    if (InUnit(text, unit)) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "'%s' is not a limit (expected for example 1500ms, 85MB, 100MiB/s, 10k/s or 0.1)", text));
}

void JudgeBudgets(Report* report) {
  for (Budget budget : report->spec.budgets) {
    budget.statistic = DefaultStatistic(budget);
    bool measured = false;
    for (const ReportRow& row : report->rows) {
      std::optional<BudgetVerdict> verdict;
      if (budget.metric == kRssPeakMetric && row.main && !row.rss_bytes.empty()) {
        verdict = Judge(budget, row, "B",
                        StatisticOf(Summarize(row.rss_bytes), row.rss_bytes, budget.statistic));
      } else if (row.metric.name == budget.metric && budget.metric != kRssPeakMetric) {
        verdict = Judge(budget, row, row.metric.unit,
                        StatisticOf(row.summary, row.samples, budget.statistic));
      }
      if (!verdict) continue;
      measured = true;
      report->budgets.push_back(*std::move(verdict));
    }
    if (!measured) {
      BudgetVerdict verdict;
      verdict.budget = budget;
      verdict.actual = kNotMeasured;
      verdict.reason = "no run that succeeded has this metric";
      report->budgets.push_back(std::move(verdict));
    }
  }
}

bool Report::budgets_held() const {
  for (const BudgetVerdict& verdict : budgets) {
    if (verdict.state != BudgetState::kHeld) return false;
  }
  return true;
}

}  // namespace benchfleet
