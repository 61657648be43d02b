#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "benchctl/across_text.h"
#include "benchctl/chart.h"
#include "benchctl/html.h"
#include "benchctl/page_parts.h"

namespace benchfleet {
namespace {

// Each host's geometric mean with its interval, a line a host, in the order of the ranking.
std::string MeansPlot(const AcrossReport& report, const AcrossGroup& group) {
  std::vector<size_t> order;
  if (group.ranking) {
    for (const RankedHost& ranked : group.ranking->hosts) order.push_back(ranked.host);
  } else {
    for (size_t host = 0; host < report.hosts.size(); ++host) order.push_back(host);
  }
  std::erase_if(order, [&group](size_t host) { return !group.geometric_means[host]; });
  if (order.size() < 2) return "";
  double low = 1;
  double high = 1;
  for (const size_t host : order) {
    low = std::min(low, group.geometric_means[host]->interval.low);
    high = std::max(high, group.geometric_means[host]->interval.high);
  }
  if (!(low > 0) || !std::isfinite(high)) return "";
  const Axis axis = RowAxis(low, high);
  const double bottom = kChartTop + kChartRowHeight * static_cast<double>(order.size());
  std::string body = TicksAndGrid(axis, bottom, "");
  for (size_t line = 0; line < order.size(); ++line) {
    const size_t host = order[line];
    const CostRatio& mean = *group.geometric_means[host];
    const double y = kChartTop + kChartRowHeight * (static_cast<double>(line) + 0.5);
    const std::string color = SeriesColor(host);
    body += RowLabel(report.hosts[host].name, y) +
            RowFigure(absl::StrFormat("%.3fx", mean.ratio), y) +
            absl::StrFormat(
                "<g><title>%s: %.3f (%.3f to %.3f)</title>"
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
                "stroke-width=\"3\" stroke-linecap=\"round\" opacity=\".45\"/>"
                "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" fill=\"%s\"/></g>\n",
                EscapeHtml(report.hosts[host].name), mean.ratio, mean.interval.low,
                mean.interval.high, axis.At(mean.interval.low), y, axis.At(mean.interval.high), y,
                color, axis.At(mean.ratio), y, color);
  }
  return Svg(bottom + 6, "cost by host, " + group.metric, body);
}

}  // namespace

std::string RenderAcrossHtml(const AcrossReport& report) {
  std::string body =
      absl::StrFormat("<h1>%d hosts of %s</h1>\n", report.hosts.size(), EscapeHtml(report.side));
  for (const std::string& line : SameIdentityLines(report)) {
    body += "<p>" + EscapeHtml(line) + "</p>\n";
  }
  for (const AcrossGroup& group : report.groups) {
    body += PageSection(
        AcrossTitle(report, group),
        HtmlScroll(RenderHtml(RankingTable(report, group))) +
            PageFigure("geometric means, 95 % intervals", "", MeansPlot(report, group)) +
            "<details><summary>by workload</summary>\n" +
            HtmlScroll(RenderHtml(WorkloadTable(report, group))) + "</details>\n");
  }
  if (!report.differing.empty()) {
    body += PageSection("What differs between the machines",
                        HtmlScroll(RenderHtml(DifferingTable(report))));
  }
  for (const std::string& note : AcrossNotes(report)) {
    body += "<p class=\"foot\">" + EscapeHtml(note) + "</p>\n";
  }
  return HtmlPage("Hosts compared — Benchfleet", body);
}

}  // namespace benchfleet
