#include "benchctl/report_html.h"

#include <vector>

#include "benchctl/canned.h"
#include "benchctl/golden.h"
#include "benchctl/html_check.h"
#include "benchctl/report_chart.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Render(const JobResults& results) {
  const auto report = BuildReport(results);
  EXPECT_TRUE(report.ok()) << report.status();
  return RenderReportHtml(*report);
}

TEST(ReportHtmlTest, ThePage) {
  JobResults results = CannedSweep();
  results.job.spec.budgets = {{"prove", "p95", "250ms", ""}};
  const std::string html = Render(results);
  EXPECT_EQ(UnbalancedTag(html), "");
  ExpectGolden("report.html", WithoutStyle(html));
}

TEST(ReportHtmlTest, NothingIsFetched) {
  const std::string html = Render(CannedSweep());
  for (const char* word : {"http://", "https://", "src=", "href=", "@import", "url(", "<script"}) {
    EXPECT_THAT(html, Not(HasSubstr(word)));
  }
}

TEST(ReportHtmlTest, TextFromHostsCannotBecomeMarkup) {
  JobResults results = CannedSweep();
  const std::string evil = "<script>alert('x')</script>&\"";
  results.job.status.name = evil;
  results.job.status.message = evil;
  results.job.hosts[0].labels["kind"] = evil;
  results.job.hosts[0].fingerprint.fields["cpu.model_name"] = evil;
  for (RunData& run : results.runs) {
    run.result.host = evil;
    run.result.parameters["p"] = evil;
    run.result.finished.message = evil;
    for (Metric& metric : run.result.metrics) metric.unit = metric.unit == "B" ? evil : metric.unit;
  }
  const std::string html = Render(results);
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_EQ(UnbalancedTag(html), "");
}

TEST(ReportHtmlTest, AJobWithoutResultsIsAPageToo) {
  JobResults results = CannedSweep();
  results.runs.clear();
  const std::string html = Render(results);
  EXPECT_THAT(html, HasSubstr("No run has succeeded yet"));
  EXPECT_THAT(html, Not(HasSubstr("<svg")));
  EXPECT_EQ(UnbalancedTag(html), "");
}

TEST(ReportHtmlTest, ConstantAndZeroSamplesAreDrawn) {
  ReportRow row;
  row.host = "h";
  row.workload = "w";
  row.metric = {"latency", "ns", Direction::kLowerIsBetter, "", 0};
  for (const std::vector<double>& samples :
       std::vector<std::vector<double>>{{5, 5, 5}, {0, 0}, {0, 1e12}, {-3, 4}, {1e-150, 1e149}}) {
    row.samples = samples;
    row.summary = Summarize(samples);
    const std::string svg = StripPlot({&row}, {"h"});
    EXPECT_THAT(svg, HasSubstr("<svg"));
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
    EXPECT_THAT(svg, Not(HasSubstr("inf")));
  }
}

TEST(ReportHtmlTest, ManySamplesAreThinnedAndTheExtremesKept) {
  ReportRow row;
  row.host = "h";
  row.metric = {"latency", "ns", Direction::kLowerIsBetter, "", 0};
  for (int i = 0; i < 100000; ++i) row.samples.push_back(100 + i % 7);
  row.samples[500] = 1;
  row.samples[501] = 999;
  row.summary = Summarize(row.samples);
  const std::string svg = StripPlot({&row}, {"h"});
  EXPECT_LT(svg.size(), 12000u);
  EXPECT_THAT(svg, HasSubstr("M324."));  // near the left end of the axis
  EXPECT_THAT(svg, HasSubstr("M937."));  // and near its right end
}

}  // namespace
}  // namespace benchfleet
