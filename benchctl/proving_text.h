// A ProvingReport in words, as tables for a terminal and Markdown, and as CSV. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "benchctl/console.h"
#include "benchctl/proving_report.h"
#include "benchctl/table.h"

namespace benchfleet {

// "ultrahonk-bb chain: from about 2^13 constraints on, tee-1 beats laptop over wan (2^12.4 to
// 2^13.3)"; names as they are where `plain`, in backticks otherwise.
enum class NameMarks { kPlain, kBackticks };
std::string BreakEvenSentence(const ProvingComparison& comparison, NameMarks marks);
// What else is to be said of it, a sentence each: bandwidth and round trip, open ends, sizes that
// one side lacks.
std::vector<std::string> BreakEvenDetails(const ProvingComparison& comparison);

// "1.4", "1.02", "31": a ratio with as many digits as it takes to tell it from 1.
std::string TimesText(double ratio);
// "1.40x (1.31–1.49)", "" where there is none.
std::string SpeedUpText(const std::optional<RatioEstimate>& speed_up);
// "from 3.10 Mbit/s on (2.70–3.60 Mbit/s)", or why there is none.
std::string RateText(const NetworkLimit& rate);
std::string RoundTripText(const NetworkLimit& round_trip);

// Rows of one prover and one set of other parameters: they share a table and a scale.
struct ProvingBlock {
  std::string title;  // "ultrahonk-bb 0.82.2, start=warm"
  std::vector<const ProvingRow*> rows;
  std::vector<std::string> phases;  // of any of them, in order, without parts of phases
};
std::vector<ProvingBlock> BlocksOf(const ProvingReport& report);
Table ModesTable(const ProvingBlock& block);
Table PhasesTable(const ProvingBlock& block);
// The parts of phases that take at least a twentieth of their phase; empty where none was measured.
Table PartsTable(const ProvingBlock& block);
// By comparison and size: speed-up, bytes, break-even bandwidth and round trip.
Table NetworkTable(const ProvingReport& report);
// What the client has against another prover of the server, by size; empty where there is none.
Table AcrossTable(const ProvingReport& report);
inline constexpr char kAcrossTitle[] = "The client's prover against another one on the server";

std::vector<std::string> ProvingFootnotes(const ProvingReport& report);
std::string ProvingHeadline(const ProvingReport& report);

std::string RenderProvingText(const ProvingReport& report, const Style& style);
std::string RenderProvingMarkdown(const ProvingReport& report);
// One line per row of the report: plain numbers, nanoseconds and bytes.
std::string RenderProvingCsv(const ProvingReport& report);

}  // namespace benchfleet
