#include "benchctl/proving_text.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "benchctl/report_text.h"

namespace benchfleet {
namespace {

constexpr double kPartWorthSaying = 0.05;  // of its phase

std::string Bytes(const std::optional<double>& bytes) { return bytes ? FormatBytes(*bytes) : ""; }

std::string Plain(double value) {
  return std::isfinite(value) ? absl::StrFormat("%.12g", value) : "";
}
std::string Plain(const std::optional<double>& value) { return value ? Plain(*value) : ""; }

// The circuit is named where it changes: rows of one circuit and size stand together.
class Changing {
 public:
  std::string Of(const std::string& text) {
    if (text == last_) return "";
    last_ = text;
    return text;
  }

 private:
  std::string last_;
};

const ProvingPhase* PhaseOf(const ProvingRow& row, const std::string& name) {
  for (const ProvingPhase& phase : row.phases) {
    if (phase.name == name) return &phase;
  }
  return nullptr;
}

// Every phase of any row, each row's order kept.
std::vector<std::string> UnionOfPhases(const std::vector<const ProvingRow*>& rows) {
  std::vector<std::string> names;
  for (const ProvingRow* row : rows) {
    size_t at = 0;
    for (const ProvingPhase& phase : row->phases) {
      if (!phase.part_of.empty()) continue;
      const auto found = std::find(names.begin(), names.end(), phase.name);
      if (found != names.end()) {
        at = static_cast<size_t>(found - names.begin()) + 1;
      } else {
        names.insert(names.begin() + static_cast<std::ptrdiff_t>(at++), phase.name);
      }
    }
  }
  return names;
}

std::string OthersText(const StringMap& others) {
  const std::string text = ParametersText(others);
  return text.empty() ? "" : ", " + text;
}

std::vector<std::string> PhaseColumns(const ProvingReport& report) {
  std::vector<const ProvingRow*> rows;
  for (const ProvingRow& row : report.rows) rows.push_back(&row);
  return UnionOfPhases(rows);
}

// A terminal shows the parts of phases nowhere: a prover has dozens of them.
std::string BlockText(const ProvingBlock& block) {
  std::string text = RenderText(ModesTable(block));
  if (!block.phases.empty()) text += "\n" + RenderText(PhasesTable(block));
  return text;
}

std::string BlockMarkdown(const ProvingBlock& block) {
  std::string text = RenderMarkdown(ModesTable(block));
  if (!block.phases.empty()) text += "\n" + RenderMarkdown(PhasesTable(block));
  const Table parts = PartsTable(block);
  if (!parts.rows.empty()) text += "\n" + RenderMarkdown(parts);
  return text;
}

bool HasParts(const ProvingReport& report) {
  return std::any_of(report.rows.begin(), report.rows.end(), [](const ProvingRow& row) {
    return std::any_of(row.phases.begin(), row.phases.end(),
                       [](const ProvingPhase& phase) { return !phase.part_of.empty(); });
  });
}

}  // namespace

std::vector<ProvingBlock> BlocksOf(const ProvingReport& report) {
  std::vector<ProvingBlock> blocks;
  const auto same = [](const ProvingRow& a, const ProvingRow& b) {
    return a.subject.prover == b.subject.prover && a.subject.others == b.subject.others;
  };
  for (const ProvingRow& row : report.rows) {
    if (blocks.empty() || !same(*blocks.back().rows[0], row)) {
      ProvingBlock& block = blocks.emplace_back();
      block.title = row.subject.prover;
      if (const auto found = report.versions.find(row.subject.prover);
          found != report.versions.end()) {
        for (const std::string& version : found->second) block.title += " " + version;
      }
      block.title += OthersText(row.subject.others);
    }
    blocks.back().rows.push_back(&row);
  }
  for (ProvingBlock& block : blocks) block.phases = UnionOfPhases(block.rows);
  return blocks;
}

Table ModesTable(const ProvingBlock& block) {
  Table table{{{"circuit"},
               {"mode"},
               {"where"},
               {"runs", true},
               {"n", true},
               {"median", true},
               {"95% interval", true},
               {"against local", true},
               {"sent", true},
               {"received", true},
               {"rss peak", true}},
              {}};
  Changing circuit;
  for (const ProvingRow* row : block.rows) {
    table.rows.push_back({circuit.Of(row->subject.CircuitText()), row->setting.How(),
                          row->setting.Where(), absl::StrFormat("%d", row->latency.runs),
                          absl::StrFormat("%d", row->latency.samples),
                          FormatNanoseconds(row->latency.value),
                          row->latency.interval ? FormatRange(*row->latency.interval, "ns") : "-",
                          SpeedUpText(row->speed_up), Bytes(row->Median("sent_bytes")),
                          Bytes(row->Median("received_bytes")), Bytes(row->prover_rss_bytes)});
  }
  return table;
}

Table PhasesTable(const ProvingBlock& block) {
  Table table{{{"phases of"}, {"mode"}, {"where"}}, {}};
  for (const std::string& phase : block.phases) table.columns.push_back({phase, true});
  Changing circuit;
  for (const ProvingRow* row : block.rows) {
    std::vector<std::string> cells = {circuit.Of(row->subject.CircuitText()), row->setting.How(),
                                      row->setting.Where()};
    for (const std::string& name : block.phases) {
      const ProvingPhase* phase = PhaseOf(*row, name);
      cells.push_back(phase == nullptr ? "" : FormatNanoseconds(phase->value));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

Table PartsTable(const ProvingBlock& block) {
  Table table{
      {{"parts of"}, {"mode"}, {"where"}, {"part"}, {"median", true}, {"of its phase", true}}, {}};
  Changing circuit;
  for (const ProvingRow* row : block.rows) {
    for (const ProvingPhase& part : row->phases) {
      const ProvingPhase* whole = part.part_of.empty() ? nullptr : PhaseOf(*row, part.part_of);
      if (whole == nullptr || part.value < kPartWorthSaying * whole->value) continue;
      table.rows.push_back({circuit.Of(row->subject.CircuitText()), row->setting.How(),
                            row->setting.Where(), part.name, FormatNanoseconds(part.value),
                            absl::StrFormat("%.0f%%", 100 * part.value / whole->value)});
    }
  }
  return table;
}

Table NetworkTable(const ProvingReport& report) {
  Table table{{{"prover"},
               {"circuit"},
               {"remote"},
               {"where"},
               {"speed-up", true},
               {"rtt", true},
               {"rate", true},
               {"bytes", true},
               {"faster remotely"},
               {"and"}},
              {}};
  for (const ProvingComparison& comparison : report.comparisons) {
    for (const ComparedSize& size : comparison.sizes) {
      const auto measured = [](const std::optional<double>& value, double factor,
                               std::string_view unit) {
        return value ? FormatValue(*value * factor, unit) : std::string("-");
      };
      const bool told = size.round_trip.outcome == LimitOutcome::kFound;
      table.rows.push_back(
          {comparison.subject.prover, size.subject.CircuitText(), comparison.remote.How(),
           comparison.remote.Where(), SpeedUpText(size.speed_up),
           measured(size.measured_round_trip, 1, "ns"), measured(size.measured_rate, 8, "bit/s"),
           size.bytes > 0 ? FormatBytes(size.bytes) : "-",
           (size.rate.outcome == LimitOutcome::kNever ? "never: " : "") + RateText(size.rate),
           told ? RoundTripText(size.round_trip) : ""});
    }
  }
  return table;
}

Table AcrossTable(const ProvingReport& report) {
  Table table{{{"circuit"},
               {"made here by"},
               {"median", true},
               {"made there by"},
               {"over"},
               {"where"},
               {"median", true},
               {"there against here", true}},
              {}};
  Changing circuit;
  for (const ProvingComparison& comparison : report.across) {
    for (const ComparedSize& size : comparison.sizes) {
      table.rows.push_back({circuit.Of(size.subject.CircuitText()), comparison.local_prover,
                            FormatNanoseconds(size.local), comparison.subject.prover,
                            comparison.remote.network, comparison.remote.Where(),
                            FormatNanoseconds(size.remote), SpeedUpText(size.speed_up)});
    }
  }
  return table;
}

std::string ProvingHeadline(const ProvingReport& report) {
  Report general;  // the words are those of every report
  general.job = report.job;
  general.remarks = report.remarks;
  return Headline(general);
}

std::vector<std::string> ProvingFootnotes(const ProvingReport& report) {
  std::vector<std::string> notes;
  if (!IsFinal(report.job.state)) {
    notes.push_back("the job has not ended: figures are of the runs so far");
  }
  notes.push_back(
      "median: of the runs' medians, on a logarithmic scale; intervals 95%, runs as clusters, "
      "their scatter shared by a prover's rows; "
      "against local: above 1 is faster");
  if (const std::string note = DisturbanceNote(report.remarks); !note.empty()) {
    notes.push_back(note);
  }
  for (const auto& [host, findings] : report.evidence) {
    for (const std::string& words : findings) {
      notes.push_back("evidence of " + Printable(host) + ": " + Printable(words));
    }
  }
  if (report.other_runs > 0) {
    notes.push_back(absl::StrFormat("%d runs of other workloads are in the report without --kind",
                                    report.other_runs));
  }
  if (!report.budgets.empty()) {
    notes.push_back("budgets: " + report.budgets + " (the report without --kind lists them)");
  }
  if (!report.source.empty()) notes.push_back("imported from " + Printable(report.source));
  return notes;
}

std::string RenderProvingText(const ProvingReport& report, const Style& style) {
  std::string text = style.Bold(ProvingHeadline(report)) + "\n";
  for (const std::string& warning : report.remarks.warnings) {
    text += style.Yellow(Printable(warning)) + "\n";
  }
  if (!report.comparisons.empty()) text += "\n";
  for (const ProvingComparison& comparison : report.comparisons) {
    text += BreakEvenSentence(comparison, NameMarks::kPlain) + "\n";
    for (const std::string& detail : BreakEvenDetails(comparison)) {
      text += style.Dim("    " + detail) + "\n";
    }
  }
  if (!report.across.empty()) text += "\n";
  for (const ProvingComparison& comparison : report.across) {
    text += BreakEvenSentence(comparison, NameMarks::kPlain) + "\n";
  }
  for (const ProvingBlock& block : BlocksOf(report)) {
    text += "\n" + style.Bold(Printable(block.title)) + "\n" + BlockText(block);
  }
  if (!report.across.empty()) {
    text += "\n" + style.Bold(kAcrossTitle) + "\n" + RenderText(AcrossTable(report));
  }
  if (!report.remarks.failed.empty()) {
    text += "\n" + style.Red("failed runs (not in the figures):") + "\n" +
            RenderText(FailureTable(report.remarks.failed));
  }
  if (HasParts(report)) {
    text += style.Dim("  parts of phases: --format markdown, html or json") + "\n";
  }
  for (const std::string& note : ProvingFootnotes(report)) text += style.Dim("  " + note) + "\n";
  return text;
}

std::string RenderProvingMarkdown(const ProvingReport& report) {
  std::string text = "### " + EscapeHtml(ProvingHeadline(report)) + "\n\n";
  for (const std::string& warning : report.remarks.warnings) {
    text += "> **" + EscapeHtml(warning) + "**\n\n";
  }
  for (const auto* comparisons : {&report.comparisons, &report.across}) {
    for (const ProvingComparison& comparison : *comparisons) {
      text += "- " + EscapeHtml(BreakEvenSentence(comparison, NameMarks::kBackticks)) + "\n";
      for (const std::string& detail : BreakEvenDetails(comparison)) {
        text += "  - " + EscapeHtml(detail) + "\n";
      }
    }
  }
  for (const ProvingBlock& block : BlocksOf(report)) {
    text += "\n#### " + EscapeHtml(block.title) + "\n\n" + BlockMarkdown(block);
  }
  if (!report.across.empty()) {
    text += absl::StrFormat("\n#### %s\n\n", kAcrossTitle) + RenderMarkdown(AcrossTable(report));
  }
  if (!report.comparisons.empty()) {
    text += "\n#### Break-even of the network\n\n" + RenderMarkdown(NetworkTable(report));
  }
  if (!report.remarks.failed.empty()) {
    text += "\n**Failed runs** (not in the figures)\n\n" +
            RenderMarkdown(FailureTable(report.remarks.failed));
  }
  for (const std::string& note : ProvingFootnotes(report)) text += "\n" + EscapeHtml(note) + "\n";
  return text;
}

std::string RenderProvingCsv(const ProvingReport& report) {
  Table table;
  for (const char* title : {"job",
                            "prover",
                            "circuit",
                            "size",
                            "mode",
                            "client",
                            "server",
                            "network",
                            "connection",
                            "parameters",
                            "runs",
                            "n",
                            "median_ns",
                            "interval_low_ns",
                            "interval_high_ns",
                            "speed_up",
                            "speed_up_low",
                            "speed_up_high",
                            "sent_bytes",
                            "received_bytes",
                            "proof_bytes",
                            "prover_rss_peak_bytes",
                            "network_rtt_ns",
                            "network_rate_bytes_per_s"}) {
    table.columns.push_back({title});
  }
  const std::vector<std::string> phases = PhaseColumns(report);
  for (const std::string& phase : phases) table.columns.push_back({phase + "_ns"});
  for (const ProvingRow& row : report.rows) {
    const auto& interval = row.latency.interval;
    const auto speed = row.speed_up ? row.speed_up->interval : std::nullopt;
    const auto end = [](const std::optional<Interval>& of, double Interval::*which) {
      return of ? Plain((*of).*which) : "";
    };
    std::vector<std::string> cells = {absl::StrFormat("%d", report.job.job.value),
                                      row.subject.prover,
                                      row.subject.circuit,
                                      row.subject.size,
                                      row.setting.mode,
                                      row.setting.sides.client,
                                      row.setting.sides.server,
                                      row.setting.network,
                                      row.setting.connection,
                                      ParametersText(row.subject.others),
                                      absl::StrFormat("%d", row.latency.runs),
                                      absl::StrFormat("%d", row.latency.samples),
                                      Plain(row.latency.value),
                                      end(interval, &Interval::low),
                                      end(interval, &Interval::high),
                                      row.speed_up ? Plain(row.speed_up->value) : "",
                                      end(speed, &Interval::low),
                                      end(speed, &Interval::high),
                                      Plain(row.Median("sent_bytes")),
                                      Plain(row.Median("received_bytes")),
                                      Plain(row.Median("proof_size")),
                                      Plain(row.prover_rss_bytes),
                                      Plain(row.Median("network_rtt")),
                                      Plain(row.Median("network_rate"))};
    for (const std::string& name : phases) {
      const ProvingPhase* phase = PhaseOf(row, name);
      cells.push_back(phase == nullptr ? "" : Plain(phase->value));
    }
    table.rows.push_back(std::move(cells));
  }
  return RenderCsv(table);
}

}  // namespace benchfleet
