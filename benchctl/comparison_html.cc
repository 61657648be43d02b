#include "benchctl/comparison_html.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_format.h"
#include "benchctl/comparison_text.h"
#include "benchctl/html.h"
#include "benchctl/report_text.h"

namespace benchfleet {
namespace {

// In SVG units; the picture scales to the page.
constexpr double kWidth = 1080;
constexpr double kLeft = 340;   // labels
constexpr double kRight = 150;  // verdicts
constexpr double kRowHeight = 26;
constexpr double kTop = 30;
constexpr size_t kLinesPerPlot = 120;
constexpr double kLeastReach = 0.01;

const char* ColorOf(const ComparisonRow& row) {
  switch (row.judgement.comparison.verdict) {
    case Verdict::kRegressed:
      return row.blessing.empty() ? "var(--bad)" : "var(--soft)";
    case Verdict::kImproved:
      return "var(--good)";
    case Verdict::kUnchanged:
      return "var(--ink)";
    case Verdict::kUndecided:
      return "var(--soft)";
  }
  return "var(--ink)";
}

bool Drawable(const ComparisonRow& row) {
  const Comparison& c = row.judgement.comparison;
  return c.judgeable && !c.on_differences && c.ratio_interval.low > 0 &&
         std::isfinite(c.ratio_interval.high);
}

// From logarithms of ratios to horizontal positions; even to both sides of no change.
struct RatioAxis {
  double reach = kLeastReach;
  double At(double log_ratio) const {
    const double share = std::clamp(log_ratio / reach, -1.0, 1.0);
    return kLeft + (kWidth - kLeft - kRight) * (share + 1) / 2;
  }
};

// So far that every estimate is on the picture, and three quarters of the intervals whole.
RatioAxis AxisFor(const std::vector<const ComparisonRow*>& rows) {
  std::vector<double> ends;
  double reach = kLeastReach;
  for (const ComparisonRow* row : rows) {
    const Comparison& c = row->judgement.comparison;
    reach = std::max(reach, std::abs(c.log_shift));
    ends.push_back(std::max(std::abs(std::log(c.ratio_interval.low)),
                            std::abs(std::log(c.ratio_interval.high))));
  }
  std::sort(ends.begin(), ends.end());
  const double usual = ends[(ends.size() - 1) * 3 / 4];
  return {1.08 * std::max(reach, usual)};
}

std::string Ticks(const RatioAxis& axis, double bottom) {
  const double reach = std::expm1(axis.reach);
  double step = std::pow(10, std::floor(std::log10(reach)));
  if (reach / step < 2) step /= 2;
  if (reach / step > 5) step *= 2;
  std::string text;
  const auto tick = [&](double percent, const char* style) {
    const double x = axis.At(std::log1p(percent));
    text += absl::StrFormat(
        "<line class=\"%s\" x1=\"%.1f\" y1=\"%g\" x2=\"%.1f\" y2=\"%.1f\"/>"
        "<text class=\"tick mid\" x=\"%.1f\" y=\"14\">%s</text>\n",
        style, x, kTop - 8, x, bottom, x,
        percent == 0 ? "no change" : absl::StrFormat("%+.3g%%", 100 * percent));
  };
  for (double at = step; at < reach; at += step) {
    tick(at, "grid");
    if (at < 1 && std::abs(std::log1p(-at)) < axis.reach) tick(-at, "grid");
  }
  tick(0, "row");
  return text;
}

std::string Line(const ComparisonRow& row, const RatioAxis& axis, double y, bool with_host) {
  const Comparison& c = row.judgement.comparison;
  std::string label = row.series.workload + " " +
                      ParametersText(NameOfBoth(row.base_series, row.series).parameters);
  if (with_host) label = row.host + "  " + label;
  const char* color = ColorOf(row);
  const double low = axis.At(std::log(c.ratio_interval.low));
  const double high = axis.At(std::log(c.ratio_interval.high));
  return absl::StrFormat(
      "<text class=\"end\" x=\"%g\" y=\"%.1f\">%s</text>"
      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"3\" "
      "stroke-linecap=\"round\" opacity=\".45\"/>"
      "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" fill=\"%s\"/>"
      "<text x=\"%g\" y=\"%.1f\" style=\"fill:%s\">%s</text>\n",
      kLeft - 14, y + 4, EscapeHtml(Shorten(label, 52)), low, y, high, y, color,
      axis.At(c.log_shift), y, color, kWidth - kRight + 14, y + 4, color,
      EscapeHtml(VerdictWord(row)));
}

std::string Facts(const ComparisonReport& report) {
  std::string text = "<dl class=\"facts\">\n";
  for (const Verdict verdict :
       {Verdict::kRegressed, Verdict::kImproved, Verdict::kUnchanged, Verdict::kUndecided}) {
    const size_t count = report.Count(verdict);
    const char* style = count == 0                       ? ""
                        : verdict == Verdict::kRegressed ? " class=\"bad\""
                        : verdict == Verdict::kImproved  ? " class=\"good\""
                                                         : "";
    text += absl::StrFormat("<div><dt>%s</dt><dd%s>%d</dd></div>\n", VerdictName(verdict), style,
                            count);
  }
  return text + "</dl>\n";
}

std::string List(const char* title, const std::vector<std::string>& lines, const char* style) {
  if (lines.empty()) return "";
  std::string text =
      absl::StrFormat("<section class=\"panel\">\n<p class=\"%s\">%s</p>\n", style, title);
  for (const std::string& line : lines) text += "<p>" + EscapeHtml(line) + "</p>\n";
  return text + "</section>\n";
}

}  // namespace

std::string IntervalPlot(const ComparisonGroup& group, const LadderOptions& options) {
  std::vector<const ComparisonRow*> rows;
  for (const ComparisonRow* row : group.rows) {
    if (Drawable(*row) && rows.size() < kLinesPerPlot) rows.push_back(row);
  }
  if (rows.empty()) return "";
  const bool with_host = std::ranges::any_of(
      rows, [&](const ComparisonRow* row) { return row->host != rows[0]->host; });
  const RatioAxis axis = AxisFor(rows);
  const double bottom = kTop + kRowHeight * static_cast<double>(rows.size());
  const double margin = options.verdict.equivalence;
  std::string body = absl::StrFormat(
      "<rect class=\"interval\" x=\"%.1f\" y=\"%g\" width=\"%.1f\" height=\"%.1f\"/>\n",
      axis.At(-margin), kTop - 8, axis.At(margin) - axis.At(-margin), bottom - kTop + 8);
  body += Ticks(axis, bottom);
  for (size_t i = 0; i < rows.size(); ++i) {
    body += Line(*rows[i], axis, kTop + kRowHeight * (static_cast<double>(i) + 0.5), with_host);
  }
  return absl::StrFormat("<svg viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"%s\">\n%s</svg>\n",
                         kWidth, bottom + 6, EscapeHtml("changes of " + group.metric), body);
}

std::string ComparisonDetails(const ComparisonReport& report, const char* heading,
                              size_t rows_max) {
  std::string body =
      List("Suspects: what else changed between the sides", SuspectLines(report), "bad");
  ReasonNotes notes;
  const bool with_hosts = HasSeveralHosts(report);
  for (ComparisonGroup& group : GroupsOf(report)) {
    const size_t more = group.rows.size() - std::min(group.rows.size(), rows_max);
    group.rows.resize(group.rows.size() - more);
    body += absl::StrFormat("<section>\n<%s>%s</%s>\n%s", heading, EscapeHtml(GroupTitle(group)),
                            heading, HtmlScroll(RenderHtml(GroupTable(group, with_hosts, &notes))));
    if (more > 0) {
      body += absl::StrFormat("<p class=\"foot\">%d more rows: --format csv or json</p>\n", more);
    }
    const std::string plot = IntervalPlot(group, report.options.ladder);
    if (!plot.empty()) {
      body +=
          "<figure class=\"panel\"><figcaption>new against base, 95 % intervals; within the band "
          "is unchanged</figcaption>\n" +
          plot + "</figure>\n";
    }
    body += "</section>\n";
  }
  for (size_t i = 0; i < notes.lines().size(); ++i) {
    body += absl::StrFormat("<p class=\"foot\">[%d] %s</p>\n", i + 1, EscapeHtml(notes.lines()[i]));
  }
  body += List("Not compared", UnmatchedLines(report), "soft");
  for (const std::string& line : RateLines(report)) {
    body += "<p class=\"foot\">" + EscapeHtml(line) + "</p>\n";
  }
  return body;
}

std::string ComparisonBody(const ComparisonReport& report) {
  return absl::StrFormat("<h1>%s</h1>\n<p class=\"soft\">base: %s &nbsp; new: %s</p>\n",
                         EscapeHtml(CountsText(report)), EscapeHtml(report.baseline),
                         EscapeHtml(report.candidate)) +
         Facts(report) + ComparisonDetails(report, "h2", kComparisonRowsMax);
}

std::string RenderComparisonHtml(const ComparisonReport& report) {
  return HtmlPage("Comparison — Benchfleet", ComparisonBody(report));
}

}  // namespace benchfleet
