#include "benchctl/report.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/status.h"
#include "benchctl/budget.h"
#include "benchctl/place_text.h"
#include "benchctl/report_intervals.h"
#include "benchctl/report_shapes.h"
#include "benchctl/side_of_results.h"

namespace benchfleet {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

using CellKey = std::tuple<std::string, std::string, StringMap>;  // host, workload, parameters

// The successful runs of one task, pooled.
struct Cell {
  std::vector<ReportRow> rows;  // in the order in which the metrics were declared
  std::vector<double> rss_bytes;
  std::string identity;
};

ReportRow* RowOf(Cell* cell, const RunResult& run, const Metric& metric) {
  for (ReportRow& row : cell->rows) {
    if (row.metric.name == metric.name && row.metric.unit == metric.unit) return &row;
  }
  ReportRow& row = cell->rows.emplace_back();
  row.host = PlaceText(run);
  row.workload = run.workload;
  row.parameters = run.parameters;
  row.metric = metric;
  return &row;
}

// What two sets of values have in common when only their moments are known.
void Merge(const MetricSummary& from, Summary* to) {
  const auto n1 = static_cast<double>(to->n);
  const auto n2 = static_cast<double>(from.count);
  if (n2 == 0) return;
  if (n1 == 0) {
    to->n = from.count;
    to->min = from.min;
    to->max = from.max;
    to->mean = from.mean;
    to->stddev = from.stddev;
    // Zero is how the wire says "not known" here: no aggregate has a median of nothing.
    to->median = from.median > 0 ? from.median : kUnknown;
    to->p95 = from.p95 > 0 ? from.p95 : kUnknown;
    to->p99 = from.p99 > 0 ? from.p99 : kUnknown;
    return;
  }
  const double n = n1 + n2;
  const double difference = from.mean - to->mean;
  const double squares = (n1 - 1) * to->stddev * to->stddev + (n2 - 1) * from.stddev * from.stddev +
                         difference * difference * n1 * n2 / n;
  to->n += from.count;
  to->min = std::min(to->min, from.min);
  to->max = std::max(to->max, from.max);
  to->mean += difference * n2 / n;
  to->stddev = std::sqrt(squares / (n - 1));
  to->median = to->p95 = to->p99 = kUnknown;
}

const Metric* FindMetric(const RunResult& run, const std::string& name) {
  for (const Metric& metric : run.metrics) {
    if (metric.name == name) return &metric;
  }
  return nullptr;
}

Metric Undeclared(const std::string& name) {
  Metric metric;
  metric.name = name;
  metric.direction = Direction::kUnspecified;
  return metric;
}

absl::Status AddRun(const RunData& run, Cell* cell) {
  const RunResult& result = run.result;
  const auto rss = static_cast<double>(result.finished.usage.max_rss_bytes);
  if (rss > 0) cell->rss_bytes.push_back(rss);
  BF_ASSIGN_OR_RETURN(auto samples, SamplesOf(run));
  // Declared metrics first, in their order; then what came undeclared.
  std::vector<Metric> metrics = result.metrics;
  for (const auto& [name, values] : samples) {
    if (FindMetric(result, name) == nullptr) {
      metrics.push_back(Undeclared(name));
    }
  }
  for (const Metric& metric : metrics) {
    const auto found = samples.find(metric.name);
    if (found == samples.end() || found->second.empty()) continue;
    ReportRow* row = RowOf(cell, result, metric);
    ++row->runs;
    row->samples.insert(row->samples.end(), found->second.begin(), found->second.end());
    row->run_ends.push_back(row->samples.size());
  }
  for (const MetricSummary& summary : result.summaries) {
    if (!summary.aggregate_only) continue;
    const Metric* metric = FindMetric(result, summary.metric);
    ReportRow* row = RowOf(cell, result, metric != nullptr ? *metric : Undeclared(summary.metric));
    row->aggregate_only = true;
    ++row->runs;
    Merge(summary, &row->summary);
  }
  return absl::OkStatus();
}

void FinishCell(Cell* cell) {
  for (const ReportRow& row : cell->rows) {
    if (row.metric.name == kRssPeakMetric && !row.samples.empty()) cell->rss_bytes = row.samples;
  }
  size_t main = cell->rows.size();
  for (size_t i = 0; i < cell->rows.size(); ++i) {
    ReportRow& row = cell->rows[i];
    row.rss_bytes = cell->rss_bytes;
    row.identity = cell->identity;
    if (!row.samples.empty()) {
      row.summary = Summarize(row.samples);
      row.aggregate_only = false;
    }
    if (row.metric.name == "latency" && main == cell->rows.size()) main = i;
  }
  for (size_t i = 0; i < cell->rows.size() && main == cell->rows.size(); ++i) {
    if (cell->rows[i].metric.derived_from.empty()) main = i;
  }
  if (main == cell->rows.size()) main = 0;
  if (cell->rows.empty()) return;
  cell->rows[main].main = true;
  std::rotate(cell->rows.begin(), cell->rows.begin() + static_cast<std::ptrdiff_t>(main),
              cell->rows.begin() + static_cast<std::ptrdiff_t>(main) + 1);
}

// Where the job lists this cell: its workload's position, then that of each parameter's value.
std::vector<size_t> PlaceInSpec(const JobSpec& spec, const std::string& workload,
                                const StringMap& parameters) {
  for (size_t w = 0; w < spec.workloads.size(); ++w) {
    const WorkloadSelection& selection = spec.workloads[w];
    if (selection.name != workload) continue;
    std::vector<size_t> place = {w};
    bool fits = true;
    for (const auto& [name, values] : selection.parameters) {
      const auto actual = parameters.find(name);
      const auto at = actual == parameters.end()
                          ? values.end()
                          : std::find(values.begin(), values.end(), actual->second);
      fits = fits && at != values.end();
      place.push_back(static_cast<size_t>(at - values.begin()));
    }
    if (fits) return place;
  }
  return {spec.workloads.size()};
}

// The conditions of each host, with what their figures are computed from.
struct Conditions {
  std::map<std::string, HostConditions> hosts;
  std::map<std::string, std::vector<double>> clocks;

  void Note(const RunResult& run) {
    HostConditions& host = hosts[run.host];
    host.host = run.host;
    ++host.runs;
    const Quiet quiet = QuietnessOf(run);
    if (quiet == Quiet::kNo) ++host.disturbed;
    if (quiet == Quiet::kUnknown) ++host.unknown;
    if (!run.finished.state_digest.empty()) host.states.insert(run.finished.state_digest);
    const auto fact = run.finished.facts.find("clock_pair_ns");
    if (fact == run.finished.facts.end()) return;
    char* end = nullptr;
    const double value = std::strtod(fact->second.c_str(), &end);
    if (*end == '\0' && end != fact->second.c_str() && std::isfinite(value)) {
      clocks[run.host].push_back(value);
    }
  }

  std::vector<HostConditions> Finish() {
    std::vector<HostConditions> all;
    for (auto& [name, host] : hosts) {
      if (const auto found = clocks.find(name); found != clocks.end()) {
        host.clock_pair_ns = MedianOf(found->second);
      }
      all.push_back(std::move(host));
    }
    return all;
  }
};

bool HasEnded(const RunResult& run) { return run.finished.outcome != Outcome::kUnspecified; }

}  // namespace

const char* BudgetStateName(BudgetState state) {
  switch (state) {
    case BudgetState::kHeld:
      return "held";
    case BudgetState::kBroken:
      return "broken";
    case BudgetState::kNotMeasured:
      return "not measured";
    case BudgetState::kNotJudged:
      return "not judged";
  }
  return "";
}

bool IsPhase(const Metric& metric) {
  static const std::set<std::string> kOthers = {"user_time", "system_time", "cpu_time",
                                                "network_rtt", "set_up"};
  return metric.unit == "ns" && metric.derived_from.empty() && !metric.name.ends_with("_cpu") &&
         !metric.name.ends_with("_latency") && metric.name.find('/') == std::string::npos &&
         kOthers.count(metric.name) == 0;
}

std::optional<double> ReportRow::rss_peak_bytes() const {
  if (rss_bytes.empty()) return std::nullopt;
  return *std::max_element(rss_bytes.begin(), rss_bytes.end());
}

absl::StatusOr<Report> BuildReport(const JobResults& results) {
  Report report;
  report.job = results.job.status;
  report.spec = results.job.spec;
  report.source = results.job.source;
  report.hosts = results.job.hosts;
  std::map<CellKey, Cell> cells;
  Conditions conditions;
  for (const RunData& run : results.runs) {
    if (!HasEnded(run.result)) continue;
    if (!NoteRun(run.result, &report.remarks)) continue;
    conditions.Note(run.result);
    Cell& cell = cells[{PlaceText(run.result), run.result.workload, run.result.parameters}];
    if (cell.identity.empty()) cell.identity = SeriesIdentity(results, run.result);
    BF_RETURN_IF_ERROR(AddRun(run, &cell));
  }
  report.conditions = conditions.Finish();
  using Placed = std::tuple<std::string, std::vector<size_t>, CellKey>;
  std::vector<std::pair<Placed, Cell*>> order;
  for (auto& [key, cell] : cells) {
    FinishCell(&cell);
    const auto& [host, workload, parameters] = key;
    order.push_back({{host, PlaceInSpec(report.spec, workload, parameters), key}, &cell});
  }
  std::sort(order.begin(), order.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [place, cell] : order) {
    for (ReportRow& row : cell->rows) report.rows.push_back(std::move(row));
  }
  BF_RETURN_IF_ERROR(SetIntervals(&report.rows));
  BF_RETURN_IF_ERROR(AddShapes(&report));
  JudgeBudgets(&report);
  return report;
}

}  // namespace benchfleet
