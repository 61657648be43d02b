#include "benchctl/proving_html.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "benchctl/html.h"
#include "benchctl/json_out.h"
#include "benchctl/page_parts.h"
#include "benchctl/proving_chart.h"
#include "benchctl/proving_text.h"

namespace benchfleet {
namespace {

std::string Answers(const ProvingReport& report) {
  std::string text;
  for (const std::string& warning : report.remarks.warnings) {
    text += "<p class=\"bad\">" + EscapeHtml(warning) + "</p>\n";
  }
  if (report.comparisons.empty() && report.across.empty()) return text;
  text += "<ul class=\"answers\">\n";
  for (const auto* comparisons : {&report.comparisons, &report.across}) {
    for (const ProvingComparison& comparison : *comparisons) {
      text += "<li>" + EscapeHtml(BreakEvenSentence(comparison, NameMarks::kPlain));
      for (const std::string& detail : BreakEvenDetails(comparison)) {
        text += "<br><span class=\"soft\">" + EscapeHtml(detail) + "</span>";
      }
      text += "</li>\n";
    }
  }
  return text + "</ul>\n";
}

std::string AcrossProvers(const ProvingReport& report) {
  if (report.across.empty()) return "";
  return PageSection(kAcrossTitle, HtmlScroll(RenderHtml(AcrossTable(report))));
}

std::string Facts(const ProvingReport& report) {
  std::vector<Fact> facts = JobFacts(report.job, report.remarks);
  for (const auto& [prover, versions] : report.versions) {
    std::string text;
    for (const std::string& version : versions) text += (text.empty() ? "" : ", ") + version;
    facts.push_back({prover, text});
  }
  for (const auto& [host, findings] : report.evidence) {
    for (const std::string& words : findings) facts.push_back({"evidence of " + host, words});
  }
  facts.push_back({"begun", UtcText(report.job.started_at)});
  facts.push_back({"ended", UtcText(report.job.finished_at)});
  facts.push_back({"by", report.job.submitted_by});
  return PageFacts(facts);
}

// Rows of one circuit, in the order of the block.
std::vector<std::vector<const ProvingRow*>> ByCircuit(const ProvingBlock& block) {
  std::vector<std::vector<const ProvingRow*>> circuits;
  for (const ProvingRow* row : block.rows) {
    if (circuits.empty() || circuits.back()[0]->subject.circuit != row->subject.circuit) {
      circuits.emplace_back();
    }
    circuits.back().push_back(row);
  }
  return circuits;
}

std::string SizeFigures(const ProvingReport& report, const ProvingBlock& block) {
  std::string text;
  for (const std::vector<const ProvingRow*>& rows : ByCircuit(block)) {
    const SizePicture picture = ProvingSizePlot(rows, report.comparisons);
    text += PageFigure(rows[0]->subject.circuit +
                           " — time against constraints; the break-even is "
                           "dashed, its interval shaded",
                       PageLegend(picture.curves), picture.svg);
  }
  return text;
}

std::string BlockSection(const ProvingReport& report, const ProvingBlock& block) {
  std::string text = HtmlScroll(RenderHtml(ModesTable(block))) + SizeFigures(report, block);
  if (!block.phases.empty()) {
    text += PageFigure("Where the time goes", PageLegend(block.phases),
                       ProvingPhasePlot(block.rows, block.phases));
    std::string tables = HtmlScroll(RenderHtml(PhasesTable(block)));
    if (const Table parts = PartsTable(block); !parts.rows.empty()) {
      tables += HtmlScroll(RenderHtml(parts));
    }
    text += "<details><summary>Phases in figures</summary>\n" + tables + "</details>\n";
  }
  return PageSection(block.title, text);
}

std::string Network(const ProvingReport& report) {
  if (report.comparisons.empty()) return "";
  return PageSection(
      "Break-even of the network",
      PageFigure("The bandwidth from which remote is faster, with its interval; a ring is the rate "
                 "that was measured",
                 "", ProvingRatePlot(report.comparisons)) +
          HtmlScroll(RenderHtml(NetworkTable(report))));
}

}  // namespace

std::string RenderProvingHtml(const ProvingReport& report) {
  std::string body = "<h1>" + EscapeHtml(report.job.name) + "</h1>\n";
  if (!report.job.message.empty()) {
    body += "<p class=\"soft\">" + EscapeHtml(report.job.message) + "</p>\n";
  }
  body += Answers(report) + Facts(report);
  for (const ProvingBlock& block : BlocksOf(report)) body += BlockSection(report, block);
  body += AcrossProvers(report) + Network(report);
  for (const std::string& note : ProvingFootnotes(report)) {
    body += "<p class=\"foot\">" + EscapeHtml(note) + "</p>\n";
  }
  body += PageRemarks(report.remarks) + PageHosts(report.hosts);
  return HtmlPage(report.job.name + " — Benchfleet", body);
}

}  // namespace benchfleet
