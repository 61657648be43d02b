// An AcrossReport as tables for a terminal, as Markdown, CSV, JSON and a page. Pure functions.
#pragma once

#include <string>

#include "analysis/across_report.h"
#include "benchctl/console.h"
#include "benchctl/table.h"

namespace benchfleet {

// "latency, cost against local-1 (1.20x takes a fifth more)"
std::string AcrossTitle(const AcrossReport& report, const AcrossGroup& group);
// Hosts by rank with their geometric means.
Table RankingTable(const AcrossReport& report, const AcrossGroup& group);
// A line for each workload and host.
Table WorkloadTable(const AcrossReport& report, const AcrossGroup& group);
// The fields in which the machines differ, a column a host.
Table DifferingTable(const AcrossReport& report);
// What is said of hosts of one identity, a line each.
std::vector<std::string> SameIdentityLines(const AcrossReport& report);
// What the figures are and what they are not; what was left out.
std::vector<std::string> AcrossNotes(const AcrossReport& report);

std::string RenderAcrossText(const AcrossReport& report, const Style& style);
std::string RenderAcrossMarkdown(const AcrossReport& report);
std::string RenderAcrossCsv(const AcrossReport& report);
std::string RenderAcrossHtml(const AcrossReport& report);
std::string AcrossJson(const AcrossReport& report);

}  // namespace benchfleet
