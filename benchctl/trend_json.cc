#include "benchctl/trend_json.h"

#include "benchctl/json_parts.h"
#include "benchctl/trend_words.h"

namespace benchfleet {
namespace {

using json::Json;
using json::Number;
using json::Range;
using json::When;

Json Numbers(const std::vector<JobId>& jobs) {
  Json list = Json::array();
  for (const JobId job : jobs) list.push_back(job.value);
  return list;
}

Json NameOf(const Series& series) {
  return {{"series", SeriesNumber(series.id)},
          {"workload", series.key.workload},
          {"parameters", series.key.parameters},
          {"metric", series.key.metric},
          {"unit", series.key.unit},
          {"direction", DirectionName(series.direction)},
          {"identity", series.key.identity}};
}

Json SuspectList(const std::vector<ChangedHost>& suspects) {
  Json list = Json::array();
  for (const ChangedHost& suspect : suspects) {
    Json fields = Json::array();
    for (const FieldChange& field : suspect.fields) {
      fields.push_back({{"name", field.name}, {"before", field.before}, {"after", field.after}});
    }
    list.push_back({{"host", suspect.host}, {"fields", std::move(fields)}});
  }
  return list;
}

Json ShiftOf(const SeriesTrend& trend, const TrendShift& shift) {
  const TrendPoint& point = trend.points[shift.index];
  return {{"revision", point.revision},
          {"after_revision", trend.points[shift.index - 1].revision},
          {"at", When(point.at)},
          {"jobs", Numbers(point.jobs)},
          {"index", shift.index},
          {"may_be_off_by", shift.reach},
          {"before", Number(shift.level.before)},
          {"after", Number(shift.level.after)},
          {"relative", Number(shift.relative())},
          {"relative_interval", Range(shift.relative_interval())},
          {"z", Number(shift.z)},
          {"kind", ShiftKindName(shift.kind)},
          {"incident", shift.incident.empty() ? Json(nullptr) : Json(shift.incident)},
          {"blessing", shift.blessing.empty() ? Json(nullptr) : Json(shift.blessing)},
          {"suspects", SuspectList(shift.suspects)}};
}

Json SeriesOf(const SeriesTrend& trend) {
  Json json = NameOf(trend.series);
  json["hosts"] = trend.hosts;
  json["points_by"] = trend.by_job ? "job" : "revision";
  json["logarithmic"] = trend.logarithmic;
  json["noise"] = Number(trend.noise);
  Json points = Json::array();
  for (const TrendPoint& point : trend.points) {
    points.push_back({{"revision", point.revision},
                      {"at", When(point.at)},
                      {"value", Number(point.value)},
                      {"runs", point.medians.size()},
                      {"jobs", Numbers(point.jobs)}});
  }
  json["points"] = std::move(points);
  Json levels = Json::array();
  for (const LevelSegment& level : trend.levels) {
    levels.push_back({{"from", level.start}, {"to", level.end}, {"level", Number(level.level)}});
  }
  json["levels"] = std::move(levels);
  Json shifts = Json::array();
  for (const TrendShift& shift : trend.shifts) shifts.push_back(ShiftOf(trend, shift));
  json["shifts"] = std::move(shifts);
  return json;
}

Json IncidentOf(const TrendReport& report, const TrendIncident& incident) {
  Json parts = Json::array();
  for (const TrendIncident::Part& part : incident.parts) {
    const SeriesTrend& trend = report.series[part.series];
    Json json = NameOf(trend.series);
    json["hosts"] = trend.hosts;
    json["shift"] = ShiftOf(trend, trend.shifts[part.shift]);
    parts.push_back(std::move(json));
  }
  const auto json_of = [](const Acknowledgement& said) -> Json {
    return {{"by", said.acknowledged_by},
            {"author", said.author},
            {"reason", said.reason},
            {"at", When(said.at)}};
  };
  Json acknowledged = incident.acknowledged ? json_of(*incident.acknowledged) : Json(nullptr);
  Json said = Json::array();
  for (const Acknowledgement& one : incident.said) {
    said.push_back(json_of(one));
    said.back()["withdrawn"] = one.withdrawn;
  }
  return {{"incident", incident.name},
          {"kind", IncidentKindName(incident.kind)},
          {"revision", incident.revision},
          {"after_revision", incident.before},
          {"at", When(incident.at)},
          {"hosts", incident.hosts},
          {"acknowledged", std::move(acknowledged)},
          {"said", std::move(said)},
          {"series", std::move(parts)}};
}

Json IncidentList(const TrendReport& report, bool with_acknowledged) {
  Json list = Json::array();
  for (const TrendIncident& incident : report.incidents) {
    if (incident.acknowledged && !with_acknowledged) continue;
    list.push_back(IncidentOf(report, incident));
  }
  return list;
}

}  // namespace

namespace json {

Json OfTrends(const TrendReport& report) {
  Json series = Json::array();
  for (const SeriesTrend& trend : report.series) series.push_back(SeriesOf(trend));
  return {{"series", std::move(series)},
          {"incidents", IncidentList(report, /*with_acknowledged=*/true)},
          {"too_short", report.too_short}};
}

}  // namespace json

std::string TrendJson(const TrendReport& report) { return json::Dump(json::OfTrends(report)); }

std::string IncidentsJson(const TrendReport& report, bool with_acknowledged) {
  return json::Dump({{"incidents", IncidentList(report, with_acknowledged)}});
}

std::string IncidentJson(const TrendReport& report, const TrendIncident& incident) {
  return json::Dump(IncidentOf(report, incident));
}

std::string BaselinesJson(const std::vector<Baseline>& baselines) {
  Json list = Json::array();
  for (const Baseline& baseline : baselines) {
    Json runs = Json::array();
    for (const RunId run : baseline.runs) runs.push_back(run.value);
    list.push_back({{"name", baseline.name},
                    {"jobs", Numbers(baseline.jobs)},
                    {"runs", std::move(runs)},
                    {"set_by", baseline.set_by},
                    {"author", baseline.author},
                    {"reason", baseline.reason},
                    {"set_at", When(baseline.set_at)},
                    {"removed", baseline.removed}});
  }
  return json::Dump({{"baselines", std::move(list)}});
}

}  // namespace benchfleet
