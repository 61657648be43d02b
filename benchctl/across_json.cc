#include "benchctl/across_text.h"
#include "benchctl/json_parts.h"

namespace benchfleet {
namespace {

using json::Json;

Json ToJson(const std::optional<CostRatio>& ratio) {
  if (!ratio) return nullptr;
  return {{"ratio", json::Number(ratio->ratio)}, {"interval", json::Range(ratio->interval)}};
}

Json ToJson(const AcrossReport& report, const AcrossRow& row) {
  Json hosts = Json::array();
  for (size_t host = 0; host < report.hosts.size(); ++host) {
    if (!row.levels[host]) continue;
    hosts.push_back({{"host", report.hosts[host].name},
                     {"level", json::Number(row.levels[host])},
                     {"runs", row.runs[host]},
                     {"cost", ToJson(row.against_base[host])}});
  }
  return {{"workload", row.series.workload},
          {"parameters", row.series.parameters},
          {"hosts", std::move(hosts)}};
}

Json ToJson(const AcrossReport& report, const AcrossGroup& group) {
  Json means = Json::array();
  for (size_t host = 0; host < report.hosts.size(); ++host) {
    means.push_back({{"host", report.hosts[host].name},
                     {"workloads", group.compared[host]},
                     {"cost", ToJson(group.geometric_means[host])}});
  }
  Json ranking = Json::array();
  if (group.ranking) {
    for (const RankedHost& ranked : group.ranking->hosts) {
      ranking.push_back({{"rank", ranked.rank},
                         {"host", report.hosts[ranked.host].name},
                         {"against_first", ToJson(ranked.against_first)}});
    }
  }
  Json rows = Json::array();
  for (const AcrossRow& row : group.rows) rows.push_back(ToJson(report, row));
  return {{"metric", group.metric},
          {"unit", group.unit},
          {"better", group.better == Better::kLower ? "lower" : "higher"},
          {"normalised", group.normalised},
          {"geometric_means", std::move(means)},
          {"ranking", std::move(ranking)},
          {"no_ranking_because", group.ranking_reason},
          {"rows", std::move(rows)}};
}

Json ToJson(const AcrossReport& report, const SameIdentity& same) {
  Json hosts = Json::array();
  for (const size_t host : same.hosts) hosts.push_back(report.hosts[host].name);
  Json off = Json::array();
  for (const auto& finding : same.off) {
    off.push_back({{"host", report.hosts[finding.host].name},
                   {"workload", finding.series.workload},
                   {"parameters", finding.series.parameters},
                   {"metric", finding.series.metric},
                   {"cost_ratio", json::Number(finding.ratio)},
                   {"adjusted_p", json::Number(finding.adjusted_p)}});
  }
  return {{"identity_digest", same.identity},
          {"hosts", std::move(hosts)},
          {"off", std::move(off)},
          {"not_tested_because", same.reason}};
}

}  // namespace

std::string AcrossJson(const AcrossReport& report) {
  Json hosts = Json::array();
  for (const AcrossHost& host : report.hosts) {
    hosts.push_back(
        {{"name", host.name}, {"identity_digest", host.identity}, {"machine", host.machine}});
  }
  Json differing = Json::array();
  for (const DifferingField& field : report.differing) {
    differing.push_back({{"field", field.name}, {"values", field.values}});
  }
  Json groups = Json::array();
  for (const AcrossGroup& group : report.groups) groups.push_back(ToJson(report, group));
  Json same = Json::array();
  for (const SameIdentity& one : report.same_identity) same.push_back(ToJson(report, one));
  return json::Dump({{"side", report.side},
                     {"base", report.hosts[report.base].name},
                     {"level", report.options.level},
                     {"alpha", report.options.alpha},
                     {"hosts", std::move(hosts)},
                     {"differing_fields", std::move(differing)},
                     {"metrics", std::move(groups)},
                     {"same_identity", std::move(same)},
                     {"left_out", report.left_out}});
}

}  // namespace benchfleet
