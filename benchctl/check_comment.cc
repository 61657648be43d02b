#include "benchctl/check_comment.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "benchctl/comparison_text.h"

namespace benchfleet {
namespace {

constexpr size_t kLinesMax = 20;  // of suspects, warnings and notes each

// Changed rows before the rest; groups of one metric stay together.
bool IsNews(const ComparisonRow& row, const CheckReport& report) {
  const Verdict verdict = row.judgement.comparison.verdict;
  return verdict == Verdict::kRegressed || verdict == Verdict::kImproved ||
         CannotRuleOutFailure(row, report.comparison->options.ladder.fail);
}

struct Rows {
  bool news = true;
  size_t most = SIZE_MAX;
  ReasonNotes* notes = nullptr;
};

// Tables of the rows that are news, or that are not, at most `most` of them; how many were left
// out.
size_t AppendTables(const CheckReport& report, const Rows& rows, std::string* text) {
  size_t shown = 0;
  size_t left = 0;
  const bool with_hosts = HasSeveralHosts(*report.comparison);
  for (ComparisonGroup group : GroupsOf(*report.comparison)) {
    std::erase_if(group.rows,
                  [&](const ComparisonRow* row) { return IsNews(*row, report) != rows.news; });
    const size_t kept = std::min(group.rows.size(), rows.most - std::min(rows.most, shown));
    left += group.rows.size() - kept;
    group.rows.resize(kept);
    group.mean = nullptr;
    shown += kept;
    if (kept == 0) continue;
    *text += "\n**" + EscapeHtml(GroupTitle(group)) + "**\n\n" +
             RenderMarkdown(GroupTable(group, with_hosts, rows.notes));
  }
  return left;
}

void AppendLines(const std::vector<std::string>& lines, const std::string& before,
                 std::string* text) {
  for (size_t i = 0; i < std::min(lines.size(), kLinesMax); ++i) {
    *text += "\n" + before + EscapeHtml(Shorten(lines[i], 600)) + "\n";
  }
  if (lines.size() > kLinesMax) {
    *text += absl::StrFormat("\nand %d more\n", lines.size() - kLinesMax);
  }
}

void AppendGates(const CheckReport& report, size_t most, std::string* text) {
  std::vector<GateResult> gates = report.gates;
  if (gates.empty()) return;
  std::ranges::stable_partition(
      gates, [](const GateResult& gate) { return gate.state != GateState::kHeld; });
  const size_t kept = std::min(gates.size(), most);
  const size_t left = gates.size() - kept;
  gates.resize(kept);
  *text += "\n**budgets**\n\n" + RenderMarkdown(GatesTable(gates));
  if (left > 0) *text += absl::StrFormat("\nand %d more budgets\n", left);
}

std::string Comment(const CheckReport& report, size_t most) {
  std::string text = std::string(kCommentMark) +
                     "\n### Benchfleet: " + EscapeHtml(CheckHeadline(report)) + "\n\n" +
                     EscapeHtml(report.job);
  if (report.comparison) text += " against " + EscapeHtml(report.comparison->baseline);
  text += "\n";
  if (report.comparison) {
    text += "\n" + CountsText(*report.comparison) + "\n";
    AppendLines(SuspectLines(*report.comparison), "**Suspect:** ", &text);
  }
  AppendGates(report, most, &text);
  if (!report.comparison) return text;
  ReasonNotes notes;
  const size_t left = AppendTables(report, {true, most, &notes}, &text);
  if (left > 0) text += absl::StrFormat("\nand %d more rows like these\n", left);
  std::string rest;
  const size_t cut = AppendTables(report, {false, most, &notes}, &rest);
  if (cut > 0) rest += absl::StrFormat("\nand %d more rows\n", cut);
  if (!rest.empty()) text += "\n<details><summary>the rest</summary>\n" + rest + "\n</details>\n";
  std::vector<std::string> marked;
  for (const std::string& line : notes.lines()) marked.push_back(notes.Mark(line) + " " + line);
  AppendLines(marked, "", &text);
  AppendLines(CheckWarnings(report), "**Warning:** ", &text);
  AppendLines(UnmatchedLines(*report.comparison), "", &text);
  AppendLines(RateLines(*report.comparison), "", &text);
  return text;
}

}  // namespace

std::string CheckComment(const CheckReport& report) {
  size_t most = 2000;
  std::string text = Comment(report, most);
  while (text.size() > kCommentBytesMax && most > 1) {
    most = most * 2 / 3;
    text = Comment(report, most);
  }
  if (text.size() <= kCommentBytesMax) return text;
  return std::string(kCommentMark) + "\n### Benchfleet: " + EscapeHtml(CheckHeadline(report)) +
         "\n";
}

}  // namespace benchfleet
