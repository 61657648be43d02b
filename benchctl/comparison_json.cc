#include "benchctl/comparison_json.h"

#include <nlohmann/json.hpp>

#include "benchctl/json_parts.h"

namespace benchfleet {
namespace {

using json::Json;
using json::Number;

Json Ends(const Interval& interval) {
  return {{"low", Number(interval.low)}, {"high", Number(interval.high)}};
}

Json ToJson(const SideFigure& figure) {
  return {{"host", figure.host},
          {"revision", figure.revision},
          {"runs", figure.runs},
          {"samples", figure.samples},
          {"center", Number(figure.center)},
          {"half_interval", figure.spread ? Number(*figure.spread) : Json(nullptr)},
          {"aggregate_only", figure.aggregate_only}};
}

const char* SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kNone:
      return "none";
    case Severity::kWarning:
      return "warning";
    case Severity::kFailure:
      return "failure";
  }
  return "none";
}

const char* BetterName(Better better) {
  switch (better) {
    case Better::kNeither:
      return "neither";
    case Better::kLower:
      return "lower";
    case Better::kHigher:
      return "higher";
  }
  return "neither";
}

Json ToJson(const ComparisonRow& row) {
  const Judgement& judgement = row.judgement;
  const Comparison& c = judgement.comparison;
  const bool ratio = c.judgeable && !c.on_differences;
  const bool difference = c.judgeable && c.on_differences;
  Json json = {
      {"metric", row.series.metric},
      {"unit", row.unit},
      {"better", BetterName(row.better)},
      {"workload", row.series.workload},
      {"parameters", row.series.parameters},
      {"host", row.host},
      {"machine", row.machine},
      {"identity_digest", row.identity},
      {"baseline", ToJson(row.baseline)},
      {"candidate", ToJson(row.candidate)},
      {"verdict", VerdictName(c.verdict)},
      {"severity", SeverityName(judgement.severity)},
      {"reason", c.reason},
      {"judgeable", c.judgeable},
      {"ratio", ratio ? Number(c.ratio) : Json(nullptr)},
      {"ratio_interval", ratio ? Ends(c.ratio_interval) : Json(nullptr)},
      {"difference", difference ? Number(c.difference) : Json(nullptr)},
      {"difference_interval", difference ? Ends(c.difference_interval) : Json(nullptr)},
      {"p", c.judgeable ? Number(c.p) : Json(nullptr)},
      {"adjusted_p", c.judgeable ? Number(c.adjusted_p) : Json(nullptr)},
      {"minimum_detectable_effect",
       c.minimum_detectable_effect ? Number(*c.minimum_detectable_effect) : Json(nullptr)},
      {"noise_floor", row.noise_floor > 0 ? Number(std::expm1(row.noise_floor)) : Json(nullptr)},
      {"gate_is_blind", judgement.gate_is_blind},
      {"environment_fault", judgement.environment_fault},
      {"suspects", judgement.suspects},
      {"accepted", row.blessing.empty() ? Json(nullptr) : Json(row.blessing)}};
  if (row.base_series != row.series) json["base_parameters"] = row.base_series.parameters;
  return json;
}

Json ToJson(const std::vector<UnmatchedSeries>& unmatched) {
  Json list = Json::array();
  for (const UnmatchedSeries& series : unmatched) {
    list.push_back({{"workload", series.series.workload},
                    {"parameters", series.series.parameters},
                    {"metric", series.series.metric},
                    {"baseline", series.baseline},
                    {"candidate", series.candidate},
                    {"differing", series.differing}});
  }
  return list;
}

}  // namespace

namespace json {

Json OfComparison(const ComparisonReport& report) {
  const LadderOptions& ladder = report.options.ladder;
  Json rows = Json::array();
  for (const ComparisonRow& row : report.rows) rows.push_back(ToJson(row));
  Json means = Json::array();
  for (const GeometricMean& mean : report.means) {
    means.push_back({{"metric", mean.metric},
                     {"unit", mean.unit},
                     {"rows", mean.rows},
                     {"ratio", Number(mean.ratio)},
                     {"interval", mean.interval ? Ends(*mean.interval) : Json(nullptr)}});
  }
  Json suspects = Json::array();
  for (const Suspect& suspect : report.suspects) {
    suspects.push_back({{"what", suspect.what}, {"rows", suspect.rows}});
  }
  return {{"baseline", report.baseline},
          {"candidate", report.candidate},
          {"alpha", ladder.verdict.alpha},
          {"floor", ladder.verdict.floor},
          {"warn", ladder.warn},
          {"fail", ladder.fail},
          {"regressed", report.Count(Verdict::kRegressed)},
          {"improved", report.Count(Verdict::kImproved)},
          {"unchanged", report.Count(Verdict::kUnchanged)},
          {"undecided", report.Count(Verdict::kUndecided)},
          {"suspects", std::move(suspects)},
          {"rows", std::move(rows)},
          {"geometric_means", std::move(means)},
          {"cross_machine", ToJson(report.cross_machine)},
          {"one_sided", ToJson(report.one_sided)}};
}

}  // namespace json

std::string ComparisonJson(const ComparisonReport& report) {
  return json::Dump(json::OfComparison(report));
}

}  // namespace benchfleet
