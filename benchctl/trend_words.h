// How series, revisions, shifts and incidents are spoken of, and incidents as tables. Pure
// functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "benchctl/table.h"
#include "benchctl/trend.h"

namespace benchfleet {

// Of an incident or a series in a line of text.
inline constexpr size_t kHostsNamed = 3;

// "s17": how a person names a series.
std::string SeriesNumber(SeriesId id);
// "crypto.sha256 size=1KiB latency"
std::string SeriesTitle(const Series& series);
// "local-1, local-2 and 3 more"
std::string NamesText(const std::vector<std::string>& names, size_t most);
// At most twelve characters of a hash; other names up to 24.
std::string ShortRevision(const std::string& revision);
std::string MinuteText(absl::Time time);  // "2026-11-21 07:00", in UTC
std::string DayText(absl::Time time);     // "2026-11-21", "-" where it is not known
// "+12.3 %", "+3.2 ns" where ratios make no sense.
std::string ShiftText(const TrendShift& shift, std::string_view unit);
// "(+11.2 % to +13.4 %)"
std::string ShiftIntervalText(const TrendShift& shift, std::string_view unit);
const char* ShiftKindName(ShiftKind kind);  // "worse", "better", "changed"
// "local-1: kernel.release 6.1.0-40 -> 6.1.0-41"
std::string SuspectText(const ChangedHost& suspect);
// "acknowledged by ada: known", "withdrawn by bob: it is not that"
std::string SaidText(const Acknowledgement& said);
// The same of the newest; "new" where nothing was said, "new again, withdrawn by ..."
std::string AcknowledgedText(const TrendIncident& incident);

Table IncidentTable(const TrendReport& report, bool with_acknowledged);
// The series of one incident, the largest shift first.
Table IncidentParts(const TrendReport& report, const TrendIncident& incident);
std::string IncidentHeadline(const TrendReport& report, const TrendIncident& incident);

}  // namespace benchfleet
