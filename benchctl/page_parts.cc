#include "benchctl/page_parts.h"

#include "absl/strings/str_format.h"
#include "benchctl/chart.h"
#include "benchctl/html.h"
#include "benchctl/table.h"

namespace benchfleet {

std::string PageSection(std::string_view title, std::string_view body) {
  return absl::StrFormat("<section>\n<h2>%s</h2>\n%s</section>\n", EscapeHtml(title), body);
}

std::string PageFigure(std::string_view caption, std::string_view legend, std::string_view svg) {
  if (svg.empty()) return "";
  return absl::StrFormat("<figure class=\"panel\"><figcaption>%s</figcaption>\n%s%s</figure>\n",
                         EscapeHtml(caption), legend, svg);
}

std::string PageLegend(const std::vector<std::string>& names) {
  std::string text = "<div class=\"legend\">";
  for (size_t i = 0; i < names.size(); ++i) {
    text += absl::StrFormat("<span><i style=\"background:%s\"></i>%s</span>", SeriesColor(i),
                            EscapeHtml(names[i]));
  }
  return text + "</div>\n";
}

std::string PageFacts(const std::vector<Fact>& facts) {
  std::string text = "<dl class=\"facts\">\n";
  for (const auto& [name, value] : facts) {
    if (value.empty()) continue;
    text +=
        absl::StrFormat("<div><dt>%s</dt><dd>%s</dd></div>\n", EscapeHtml(name), EscapeHtml(value));
  }
  return text + "</dl>\n";
}

std::vector<Fact> JobFacts(const JobStatus& job, const RunRemarks& remarks) {
  const auto count = [](size_t n) { return n == 0 ? "" : absl::StrFormat("%d", n); };
  return {{"job", absl::StrFormat("%d", job.job.value)},
          {"state", std::string(StateName(job.state))},
          {"revision", job.revision},
          {"runs", absl::StrFormat("%d of %d", job.runs_done, job.runs)},
          {"failed", count(remarks.failed.size())},
          {"not quiet", count(remarks.disturbed.size())}};
}

std::string PageRemarks(const RunRemarks& remarks) {
  std::string text;
  if (!remarks.failed.empty()) {
    text += PageSection("Failed runs (not in the figures)",
                        HtmlScroll(RenderHtml(FailureTable(remarks.failed))));
  }
  if (!remarks.disturbed.empty()) {
    text += PageSection(
        "Runs that were not quiet (in the figures)",
        absl::StrFormat("<p class=\"soft\">%s</p>\n<details><summary>All of them</summary>\n"
                        "%s</details>\n",
                        EscapeHtml(DisturbanceNote(remarks)),
                        HtmlScroll(RenderHtml(DisturbanceTable(remarks.disturbed)))));
  }
  return text;
}

std::string PageHosts(const std::vector<HostStatus>& hosts) {
  if (hosts.empty()) return "";
  Table table{{{"host"},
               {"labels"},
               {"cpu"},
               {"cores", true},
               {"memory", true},
               {"kernel"},
               {"governor"},
               {"identity"},
               {"state"}},
              {}};
  for (const HostStatus& host : hosts) {
    const auto field = [&host](const char* name) {
      const auto found = host.fingerprint.fields.find(name);
      return found == host.fingerprint.fields.end() || found->second == "absent" ? std::string("-")
                                                                                 : found->second;
    };
    std::string labels;
    for (const auto& [key, value] : host.labels) labels += key + "=" + value + " ";
    table.rows.push_back(
        {host.name, labels, field("cpu.model_name"), field("cpu.cores"),
         field("memory.total_gib") == "-" ? "-" : field("memory.total_gib") + " GiB",
         field("kernel.release"), field("cpufreq.governor"),
         host.fingerprint.identity_digest.substr(0, 12),
         host.fingerprint.state_digest.substr(0, 12)});
  }
  std::string text = HtmlScroll(RenderHtml(table));
  for (const HostStatus& host : hosts) {
    if (host.fingerprint.fields.empty()) continue;
    Table fields{{{"field"}, {"value"}}, {}};
    for (const auto& [name, value] : host.fingerprint.fields) {
      fields.rows.push_back({name, Shorten(value, 160)});
    }
    text += absl::StrFormat("<details><summary>Fingerprint of %s</summary>\n%s</details>\n",
                            EscapeHtml(host.name), HtmlScroll(RenderHtml(fields)));
  }
  return PageSection("Hosts", text);
}

}  // namespace benchfleet
