#include "analysis/across_report.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "base/text.h"

namespace benchfleet {
namespace {

// The series of one metric: across hosts, with what rows show of them.
struct MetricSuite {
  std::vector<AcrossSeries> series;
  std::vector<SeriesName> names;
};

using MetricKey = std::pair<std::string, std::string>;  // metric, unit

bool Positive(const SideSeries& series) {
  const auto positive = [](double value) { return std::isfinite(value) && value > 0; };
  for (const auto& run : series.runs) {
    if (!std::ranges::all_of(run, positive)) return false;
  }
  return std::ranges::all_of(series.aggregates, positive, &AggregateRun::mean);
}

std::vector<AcrossHost> HostsOf(const Side& side) {
  std::map<std::pair<std::string, std::string>, AcrossHost> hosts;
  for (const SideSeries& series : side.series()) {
    AcrossHost& host = hosts[{series.host, series.identity}];
    host = {.name = series.host, .identity = series.identity, .machine = series.machine};
  }
  std::vector<AcrossHost> result;
  for (auto& [key, host] : hosts) result.push_back(std::move(host));
  return result;
}

absl::StatusOr<size_t> FindBase(const std::vector<AcrossHost>& hosts, const std::string& name) {
  if (name.empty()) return 0;
  std::vector<std::string> names;
  for (size_t i = 0; i < hosts.size(); ++i) {
    if (hosts[i].name == name) return i;
    names.push_back(hosts[i].name);
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("no host '%s' measured anything here%s", name, DidYouMean(name, names)));
}

std::vector<DifferingField> Differing(const Side& side, const std::vector<AcrossHost>& hosts) {
  std::set<std::string> names;
  const auto& hardware = side.hardware();
  for (const auto& [identity, fields] : hardware) {
    for (const auto& [name, value] : fields) names.insert(name);
  }
  std::vector<DifferingField> result;
  for (const std::string& name : names) {
    DifferingField field{.name = name, .values = {}};
    std::set<std::string> distinct;
    for (const AcrossHost& host : hosts) {
      const auto known = hardware.find(host.identity);
      std::string value;
      if (known != hardware.end() && known->second.contains(name)) value = known->second.at(name);
      distinct.insert(value);
      field.values.push_back(std::move(value));
    }
    if (distinct.size() > 1) result.push_back(std::move(field));
  }
  return result;
}

// Sorts the side's series into metrics, workloads and hosts.
std::map<MetricKey, MetricSuite> Suites(const Side& side, AcrossReport* report) {
  std::map<MetricKey, std::map<SeriesName, std::vector<const SideSeries*>>> sorted;
  std::map<std::string, std::set<SeriesName>> left_out;  // by metric and reason
  for (const SideSeries& series : side.series()) {
    if (series.better == Better::kNeither) {
      left_out[series.name.metric + ": neither direction is better"].insert(series.name);
    } else if (!Positive(series)) {
      left_out[series.name.metric + ": a value is 0, negative or no number"].insert(series.name);
    } else {
      sorted[{series.name.metric, series.unit}][series.name].push_back(&series);
    }
  }
  for (const auto& [why, names] : left_out) {
    report->left_out.push_back(names.size() == 1
                                   ? names.begin()->workload + " " + why
                                   : absl::StrFormat("%d workloads' %s", names.size(), why));
  }

  std::map<MetricKey, MetricSuite> suites;
  for (const auto& [key, names] : sorted) {
    MetricSuite& suite = suites[key];
    for (const auto& [name, all] : names) {
      AcrossSeries series{.name = SeriesText(name),
                          .lower_is_better = all.front()->better == Better::kLower,
                          .hosts = {}};
      series.hosts.resize(report->hosts.size());
      for (const SideSeries* one : all) {
        const auto host = std::ranges::find_if(report->hosts, [one](const AcrossHost& candidate) {
          return candidate.name == one->host && candidate.identity == one->identity;
        });
        HostMeasurements& measured =
            series.hosts[static_cast<size_t>(host - report->hosts.begin())];
        measured = {.runs = one->runs, .aggregates = one->aggregates};
      }
      suite.series.push_back(std::move(series));
      suite.names.push_back(name);
    }
  }
  return suites;
}

absl::StatusOr<std::vector<AcrossRow>> MakeRows(const MetricSuite& suite,
                                                const AcrossOptions& options) {
  BF_ASSIGN_OR_RETURN(const std::vector<HostLogLevels> levels, SuiteLevels(suite.series, options));
  std::vector<AcrossRow> rows;
  for (size_t i = 0; i < suite.series.size(); ++i) {
    AcrossRow row{.series = suite.names[i], .levels = {}, .runs = {}, .against_base = {}};
    const double sign = suite.series[i].lower_is_better ? 1 : -1;
    for (size_t host = 0; host < levels[i].size(); ++host) {
      const auto& level = levels[i][host];
      row.levels.push_back(level ? std::optional(std::exp(sign * level->value)) : std::nullopt);
      row.runs.push_back(suite.series[i].hosts[host].runs.size() +
                         suite.series[i].hosts[host].aggregates.size());
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

// The suite without its canary, and the canary.
std::pair<MetricSuite, std::vector<AcrossSeries>> TakeCanary(
    MetricSuite all, const std::function<bool(const SeriesName&)>& is_canary) {
  if (!is_canary) return {std::move(all), {}};
  MetricSuite suite;
  std::vector<AcrossSeries> canary;
  for (size_t i = 0; i < all.series.size(); ++i) {
    if (is_canary(all.names[i])) {
      canary.push_back(std::move(all.series[i]));
    } else {
      suite.series.push_back(std::move(all.series[i]));
      suite.names.push_back(std::move(all.names[i]));
    }
  }
  return {std::move(suite), std::move(canary)};
}

absl::Status FillRatios(const MetricSuite& suite, const std::vector<AcrossSeries>& canary,
                        const AcrossReport& report, AcrossGroup* group) {
  for (size_t host = 0; host < report.hosts.size(); ++host) {
    // A host that lacks the canary is shown as it is measured nowhere: without ratios.
    auto compared = CompareHosts(suite.series, canary, report.base, host, report.options);
    if (absl::IsNotFound(compared.status())) {
      compared = HostComparison{};
      compared->series.resize(suite.series.size());
    }
    BF_RETURN_IF_ERROR(compared.status());
    const bool is_base = host == report.base;
    const CostRatio one{.ratio = 1, .interval = {.low = 1, .high = 1}, .log = {}};
    for (size_t i = 0; i < group->rows.size(); ++i) {
      auto& ratio = compared->series[i];
      group->rows[i].against_base.push_back(is_base && ratio ? std::optional(one) : ratio);
    }
    group->geometric_means.push_back(
        is_base && compared->geometric_mean ? std::optional(one) : compared->geometric_mean);
    group->compared.push_back(compared->compared);
  }
  return absl::OkStatus();
}

absl::StatusOr<AcrossGroup> MakeGroup(const MetricKey& key, MetricSuite all,
                                      const AcrossRequest& request, const AcrossReport& report) {
  AcrossGroup group;
  group.metric = key.first;
  group.unit = key.second;
  group.better = all.series.front().lower_is_better ? Better::kLower : Better::kHigher;
  auto [suite, canary] = TakeCanary(std::move(all), request.canary);
  if (request.canary) {
    group.normalised = canary.empty()
                           ? "no canary workload has this metric: not normalised"
                           : absl::StrFormat("normalised by %d canary workload%s", canary.size(),
                                             canary.size() == 1 ? "" : "s");
  }
  if (suite.series.empty()) return group;
  BF_ASSIGN_OR_RETURN(group.rows, MakeRows(suite, report.options));
  BF_RETURN_IF_ERROR(FillRatios(suite, canary, report, &group));
  if (!canary.empty()) {
    group.ranking_reason = "ranks are of hosts as they are, without --canary";
    return group;
  }
  auto ranking = RankHosts(suite.series, report.options);
  if (ranking.ok()) {
    group.ranking = *std::move(ranking);
  } else {
    group.ranking_reason = std::string(ranking.status().message());
  }
  return group;
}

// Only the hosts of one identity, all metrics together: one machine that is off is off in many.
absl::StatusOr<SameIdentity> FindOff(const std::map<MetricKey, MetricSuite>& suites,
                                     SameIdentity same, const AcrossOptions& options) {
  std::vector<AcrossSeries> series;
  std::vector<SeriesName> names;
  for (const auto& [key, suite] : suites) {
    for (size_t i = 0; i < suite.series.size(); ++i) {
      AcrossSeries part{.name = suite.series[i].name,
                        .lower_is_better = suite.series[i].lower_is_better,
                        .hosts = {}};
      for (const size_t host : same.hosts) part.hosts.push_back(suite.series[i].hosts[host]);
      series.push_back(std::move(part));
      names.push_back(suite.names[i]);
    }
  }
  BF_ASSIGN_OR_RETURN(const HostOutlierReport found, FindHostOutliers(series, options));
  same.reason = found.reason;
  for (const HostOutlier& outlier : found.outliers) {
    same.off.push_back({.host = same.hosts[outlier.host],
                        .series = names[outlier.series],
                        .ratio = outlier.ratio,
                        .adjusted_p = outlier.adjusted_p});
  }
  return same;
}

}  // namespace

absl::StatusOr<AcrossReport> CompareAcrossHosts(const Side& side, const AcrossRequest& request) {
  AcrossReport report;
  report.side = side.name();
  report.options = request.options;
  report.hosts = HostsOf(side);
  if (report.hosts.size() < 2) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s has results of %s, expected two hosts or more to compare across", side.name(),
        report.hosts.empty() ? "no host" : "one host, " + report.hosts.front().name));
  }
  BF_ASSIGN_OR_RETURN(report.base, FindBase(report.hosts, request.base));
  report.differing = Differing(side, report.hosts);
  const std::map<MetricKey, MetricSuite> suites = Suites(side, &report);
  for (const auto& [key, suite] : suites) {
    BF_ASSIGN_OR_RETURN(AcrossGroup group, MakeGroup(key, suite, request, report));
    if (!group.rows.empty()) report.groups.push_back(std::move(group));
  }
  std::map<std::string, std::vector<size_t>> by_identity;
  for (size_t host = 0; host < report.hosts.size(); ++host) {
    by_identity[report.hosts[host].identity].push_back(host);
  }
  for (auto& [identity, hosts] : by_identity) {
    if (identity.empty() || hosts.size() < 2) continue;
    SameIdentity same{.identity = identity, .hosts = std::move(hosts), .off = {}, .reason = ""};
    BF_ASSIGN_OR_RETURN(same, FindOff(suites, std::move(same), report.options));
    report.same_identity.push_back(std::move(same));
  }
  return report;
}

}  // namespace benchfleet
