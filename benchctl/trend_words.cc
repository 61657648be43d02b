#include "benchctl/trend_words.h"

#include <cmath>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "proto/parameters_text.h"

namespace benchfleet {
namespace {}  // namespace

std::string SeriesNumber(SeriesId id) { return absl::StrFormat("s%d", id.value); }

std::string SeriesTitle(const Series& series) {
  const std::string parameters = ParametersText(series.key.parameters);
  return series.key.workload + (parameters.empty() ? "" : " " + parameters) + " " +
         series.key.metric;
}

std::string NamesText(const std::vector<std::string>& names, size_t most) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < most; ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > most) text += absl::StrFormat(" and %d more", names.size() - most);
  return text;
}

std::string ShortRevision(const std::string& revision) {
  const bool hash =
      revision.size() >= 20 && revision.find_first_not_of("0123456789abcdef") == std::string::npos;
  return hash ? revision.substr(0, 12) : Shorten(revision, 24);
}

std::string MinuteText(absl::Time time) {
  if (time == absl::InfinitePast()) return "-";
  return absl::FormatTime("%Y-%m-%d %H:%M", time, absl::UTCTimeZone());
}

std::string DayText(absl::Time time) {
  if (time == absl::InfinitePast()) return "-";
  return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone());
}

std::string ShiftText(const TrendShift& shift, std::string_view unit) {
  const double relative = shift.relative();
  if (shift.level.logarithmic && std::isfinite(relative)) {
    return absl::StrFormat("%+.3g %%", 100 * relative);
  }
  const double difference = shift.level.after - shift.level.before;
  return (difference < 0 ? "-" : "+") + FormatValue(std::abs(difference), unit);
}

std::string ShiftIntervalText(const TrendShift& shift, std::string_view unit) {
  if (const auto range = shift.relative_interval()) {
    return absl::StrFormat("(%+.3g %% to %+.3g %%)", 100 * range->low, 100 * range->high);
  }
  return "(" + FormatValue(shift.level.shift.low, unit) + " to " +
         FormatValue(shift.level.shift.high, unit) + ")";
}

const char* ShiftKindName(ShiftKind kind) {
  switch (kind) {
    case ShiftKind::kWorse:
      return "worse";
    case ShiftKind::kBetter:
      return "better";
    case ShiftKind::kNeutral:
      return "changed";
  }
  return "changed";
}

std::string SuspectText(const ChangedHost& suspect) {
  if (suspect.fields.empty()) return suspect.host + ": its state is another, fields not known";
  std::string text = suspect.host + ":";
  for (size_t i = 0; i < suspect.fields.size(); ++i) {
    const FieldChange& field = suspect.fields[i];
    text +=
        absl::StrFormat("%s %s %s -> %s", i == 0 ? "" : ",", field.name, field.before, field.after);
  }
  return text;
}

std::string SaidText(const Acknowledgement& said) {
  return (said.withdrawn ? "withdrawn by " : "acknowledged by ") +
         (said.author.empty() ? said.acknowledged_by : said.author) +
         (said.reason.empty() ? "" : ": " + said.reason);
}

std::string AcknowledgedText(const TrendIncident& incident) {
  if (incident.said.empty()) return "new";
  return (incident.acknowledged ? "" : "new again, ") + SaidText(incident.said.back());
}

std::string IncidentHeadline(const TrendReport& report, const TrendIncident& incident) {
  const TrendIncident::Part& worst = incident.parts.front();
  const SeriesTrend& trend = report.series[worst.series];
  return absl::StrFormat(
      "%s at %s (%s): %d series on %s, most %s in %s", IncidentKindName(incident.kind),
      ShortRevision(incident.revision), DayText(incident.at), incident.parts.size(),
      NamesText(incident.hosts, kHostsNamed),
      ShiftText(trend.shifts[worst.shift], trend.series.key.unit), SeriesTitle(trend.series));
}

Table IncidentTable(const TrendReport& report, bool with_acknowledged) {
  Table table{{{"incident"},
               {"kind"},
               {"revision"},
               {"after"},
               {"date"},
               {"series", true},
               {"hosts"},
               {"most", true},
               {"in"},
               {"state"}},
              {}};
  for (const TrendIncident& incident : report.incidents) {
    if (incident.acknowledged && !with_acknowledged) continue;
    const SeriesTrend& trend = report.series[incident.parts.front().series];
    const TrendShift& shift = trend.shifts[incident.parts.front().shift];
    table.rows.push_back({incident.name, IncidentKindName(incident.kind),
                          ShortRevision(incident.revision), ShortRevision(incident.before),
                          DayText(incident.at), absl::StrFormat("%d", incident.parts.size()),
                          NamesText(incident.hosts, kHostsNamed),
                          ShiftText(shift, trend.series.key.unit), SeriesTitle(trend.series),
                          AcknowledgedText(incident)});
  }
  return table;
}

Table IncidentParts(const TrendReport& report, const TrendIncident& incident) {
  Table table{{{"series"},
               {"what"},
               {"hosts"},
               {"revision"},
               {"before", true},
               {"after", true},
               {"shift", true},
               {"interval"},
               {""},
               {"suspects"}},
              {}};
  for (const TrendIncident::Part& part : incident.parts) {
    const SeriesTrend& trend = report.series[part.series];
    const TrendShift& shift = trend.shifts[part.shift];
    const std::string& unit = trend.series.key.unit;
    std::string suspects;
    for (const ChangedHost& suspect : shift.suspects) {
      suspects += (suspects.empty() ? "" : "; ") + SuspectText(suspect);
    }
    table.rows.push_back({SeriesNumber(trend.series.id), SeriesTitle(trend.series),
                          NamesText(trend.hosts, kHostsNamed),
                          ShortRevision(trend.points[shift.index].revision),
                          FormatValue(shift.level.before, unit),
                          FormatValue(shift.level.after, unit), ShiftText(shift, unit),
                          ShiftIntervalText(shift, unit), ShiftKindName(shift.kind), suspects});
  }
  return table;
}

}  // namespace benchfleet
