// Parts that the pages of several reports share. HTML text; whatever comes from outside is escaped.
// Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "benchctl/run_remarks.h"
#include "proto/control.h"

namespace benchfleet {

// `title` is text, `body` is HTML.
std::string PageSection(std::string_view title, std::string_view body);
// "" where there is no picture; `legend` and `svg` are HTML.
std::string PageFigure(std::string_view caption, std::string_view legend, std::string_view svg);
// Names with SeriesColor(0), SeriesColor(1), ...
std::string PageLegend(const std::vector<std::string>& names);

using Fact = std::pair<std::string, std::string>;
// Name and value of each; those without a value are left out.
std::string PageFacts(const std::vector<Fact>& facts);
// Job, state, revision, runs, failed: what every report begins with.
std::vector<Fact> JobFacts(const JobStatus& job, const RunRemarks& remarks);

// The failed runs, those that were not quiet: sections of their own, "" where there are none.
std::string PageRemarks(const RunRemarks& remarks);
// The machines with the key fields of their fingerprints, all fields folded below.
std::string PageHosts(const std::vector<HostStatus>& hosts);

}  // namespace benchfleet
