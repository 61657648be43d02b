#include "benchctl/proving_json.h"

#include <cmath>
#include <utility>

#include "benchctl/json_parts.h"
#include "benchctl/proving_text.h"

namespace benchfleet {
namespace {

using json::Json;
using json::Number;
using json::Range;

const char* OutcomeWord(SizeOutcome outcome) {
  switch (outcome) {
    case SizeOutcome::kCrossing:
      return "crossing";
    case SizeOutcome::kAlwaysFaster:
      return "always_faster";
    case SizeOutcome::kAlwaysSlower:
      return "always_slower";
    case SizeOutcome::kSingleSize:
      return "single_size";
    case SizeOutcome::kUndecided:
      break;
  }
  return "undecided";
}

const char* OutcomeWord(LimitOutcome outcome) {
  switch (outcome) {
    case LimitOutcome::kFound:
      return "found";
    case LimitOutcome::kNever:
      return "never";
    case LimitOutcome::kUndecided:
      return "undecided";
    case LimitOutcome::kUnknown:
      break;
  }
  return "unknown";
}

Json Ratio(const std::optional<RatioEstimate>& ratio) {
  if (!ratio) return nullptr;
  return {{"value", Number(ratio->value)}, {"interval_95", Range(ratio->interval)}};
}

Json Limit(const NetworkLimit& limit) {
  const bool found = limit.outcome == LimitOutcome::kFound;
  return {{"outcome", OutcomeWord(limit.outcome)},
          {"value", found ? Number(limit.value) : Json(nullptr)},
          {"interval_95", Range(limit.interval)},
          {"extrapolated", limit.extrapolated},
          {"reason", limit.reason}};
}

Json Size(const ProvingSubject& subject) {
  return subject.size.empty() ? Json(nullptr) : Json(subject.size);
}

Json Row(const ProvingRow& row) {
  Json phases = Json::array();
  for (const ProvingPhase& phase : row.phases) {
    phases.push_back({{"name", phase.name},
                      {"part_of", phase.part_of.empty() ? Json(nullptr) : Json(phase.part_of)},
                      {"median_ns", Number(phase.value)},
                      {"interval_95_ns", Range(phase.interval)}});
  }
  return {{"prover", row.subject.prover},
          {"circuit", row.subject.circuit},
          {"size", Size(row.subject)},
          {"parameters", row.subject.others},
          {"mode", row.setting.mode},
          {"client", row.setting.sides.client},
          {"server", row.setting.sides.server},
          {"network", row.setting.network},
          {"connection", row.setting.connection},
          {"runs", row.latency.runs},
          {"n", row.latency.samples},
          {"median_ns", Number(row.latency.value)},
          {"interval_95_ns", Range(row.latency.interval)},
          {"speed_up", Ratio(row.speed_up)},
          {"phases", std::move(phases)},
          {"prover_rss_peak_bytes", Number(row.prover_rss_bytes)},
          {"medians", row.medians}};
}

Json ComparisonOf(const ProvingComparison& comparison) {
  Json sizes = Json::array();
  for (const ComparedSize& size : comparison.sizes) {
    sizes.push_back({{"size", Size(size.subject)},
                     {"local_ns", Number(size.local)},
                     {"remote_ns", Number(size.remote)},
                     {"speed_up", Ratio(size.speed_up)},
                     {"bytes", size.bytes > 0 ? Number(size.bytes) : Json(nullptr)},
                     {"measured_rate_bytes_per_s", Number(size.measured_rate)},
                     {"measured_round_trip_ns", Number(size.measured_round_trip)},
                     {"break_even_rate_bytes_per_s", Limit(size.rate)},
                     {"break_even_round_trip_ns", Limit(size.round_trip)}});
  }
  const BreakEvenSize& found = comparison.break_even;
  const bool open_low = found.interval && std::isinf(found.interval->low);
  const bool open_high = found.interval && std::isinf(found.interval->high);
  return {{"prover", comparison.subject.prover},
          {"local_prover", comparison.local_prover},
          {"circuit", comparison.subject.circuit},
          {"parameters", comparison.subject.others},
          {"client", comparison.remote.sides.client},
          {"server", comparison.remote.sides.server},
          {"network", comparison.remote.network},
          {"connection", comparison.remote.connection},
          {"sentence", BreakEvenSentence(comparison, NameMarks::kPlain)},
          {"details", BreakEvenDetails(comparison)},
          {"break_even_size",
           {{"outcome", OutcomeWord(found.outcome)},
            {"log2_size", Number(found.log2_size)},
            {"interval_95", Range(found.interval)},
            {"may_lie_below", open_low},
            {"may_lie_above", open_high},
            {"faster_above", found.faster_above},
            {"crossings", found.crossings},
            {"reason", found.reason}}},
          {"single_run", comparison.single_run},
          {"sizes", std::move(sizes)},
          {"not_compared", comparison.one_sided}};
}

}  // namespace

std::string RenderProvingJson(const ProvingReport& report) {
  Json rows = Json::array();
  for (const ProvingRow& row : report.rows) rows.push_back(Row(row));
  const auto all = [](const std::vector<ProvingComparison>& comparisons) {
    Json list = Json::array();
    for (const ProvingComparison& comparison : comparisons)
      list.push_back(ComparisonOf(comparison));
    return list;
  };
  return json::Dump({{"kind", "proving"},
                     {"job", json::Job(report.job)},
                     {"source", report.source},
                     {"hosts", json::Machines(report.hosts)},
                     {"prover_versions", report.versions},
                     {"evidence", report.evidence},
                     {"warnings", report.remarks.warnings},
                     {"comparisons", all(report.comparisons)},
                     {"across_provers", all(report.across)},
                     {"rows", std::move(rows)},
                     {"failed_runs", json::FailedRuns(report.remarks.failed)},
                     {"disturbed_runs", json::DisturbedRuns(report.remarks.disturbed)},
                     {"conditions_unknown", report.remarks.conditions_unknown},
                     {"runs_of_other_workloads", report.other_runs},
                     {"budgets_held", report.budgets_held}});
}

}  // namespace benchfleet
