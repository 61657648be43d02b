#include "benchctl/report_html.h"

#include <vector>

#include "base/ids.h"
#include "benchctl/canned.h"
#include "benchctl/cli_harness.h"
#include "benchctl/distribution_chart.h"
#include "benchctl/golden.h"
#include "benchctl/html_check.h"
#include "benchctl/report_chart.h"
#include "benchctl/trend_canned.h"
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

TEST(ReportHtmlTest, WhatTheStoreKnowsIsOnThePage) {
  CliHarness cli;
  AddCannedHistory(&cli.fleet);
  for (SeriesHistory& history : cli.fleet.history) {
    history.points.back().job = JobId{12};  // the sweep is the newest of each series
  }
  cli.fleet.jobs.push_back(CannedStatus(11, "first-sweep", State::kDone, 16, 18));
  cli.fleet.jobs.back().created_at -= absl::Hours(24);
  cli.fleet.results[11] = cli.fleet.results[12];
  cli.fleet.results[11].job.status = cli.fleet.jobs.back();
  ASSERT_EQ(cli.Run({"report", "12", "--format", "html"}), 0) << cli.err;
  EXPECT_EQ(UnbalancedTag(cli.out), "");
  EXPECT_THAT(cli.out, HasSubstr("against job 11 first-sweep (a1b2c3d4e5f60718): "));
  EXPECT_THAT(cli.out, HasSubstr("2 of 5 series changed"));
  EXPECT_THAT(cli.out, HasSubstr("class=\"spark\""));
  ExpectGolden("report_context.txt", cli.Transcript({"report", "12"}));
  ExpectGolden("report_context.md", cli.Transcript({"report", "12", "--format", "markdown"}));
  ExpectGolden("report_context.csv", cli.Transcript({"report", "12", "--format", "csv"}));
}

ReportRow ManySamples(const std::string& parameter, double center, size_t n) {
  ReportRow row;
  row.host = "h";
  row.workload = "w";
  row.parameters = {{"p", parameter}};
  row.metric = {"latency", "ns", Direction::kLowerIsBetter, "", 0};
  row.main = true;
  for (size_t i = 0; i < n; ++i) {
    row.samples.push_back(center * (1 + 0.01 * static_cast<double>(i % 17)));
  }
  row.summary = Summarize(row.samples);
  return row;
}

TEST(ReportHtmlTest, HundredsOfCellsAreAPageOfBoundedSize) {
  JobResults results = CannedSweep();
  results.runs.clear();
  Report report = *BuildReport(results);
  for (int i = 0; i < 3000; ++i) {
    report.rows.push_back(ManySamples(std::to_string(i), 1000 + i, 60));
  }
  const std::string html = RenderReportHtml(report);
  EXPECT_LT(html.size(), 2'500'000u);
  EXPECT_EQ(UnbalancedTag(html), "");
  EXPECT_THAT(html, HasSubstr("1000 more rows: --format csv or json"));
  EXPECT_THAT(html, HasSubstr("2880 more lines are not drawn"));
}

TEST(ReportHtmlTest, CellsFarApartHaveAxesOfTheirOwn) {
  const ReportRow small = ManySamples("1", 100, 60);
  const ReportRow near = ManySamples("2", 300, 60);
  const ReportRow large = ManySamples("3", 9000, 60);
  EXPECT_THAT(SamplePanels({&small, &near}), testing::SizeIs(1));
  EXPECT_THAT(SamplePanels({&small, &near, &large}), testing::SizeIs(3));
  ReportRow count = small;
  count.metric = {"served", "", Direction::kNeutral, "", 0};
  EXPECT_THAT(SamplePanels({&small, &count}), testing::SizeIs(1));
  EXPECT_THAT(SamplePanels({&small, &count})[0].rows, testing::SizeIs(1));
}

std::string PlotOf(const std::vector<double>& samples) {
  const Summary summary = Summarize(samples);
  return DistributionPlot({{"line", "figure", 0, &summary, &samples}}, "ns", "samples");
}

TEST(DistributionChartTest, ConstantAndZeroSamplesAreDrawn) {
  for (const std::vector<double>& samples : std::vector<std::vector<double>>{
           {5, 5, 5}, {0, 0}, {0, 1e12}, {-3, 4}, {1e-150, 1e149}, std::vector<double>(500, 7)}) {
    const std::string svg = PlotOf(samples);
    EXPECT_THAT(svg, HasSubstr("<svg"));
    EXPECT_THAT(svg, HasSubstr("dots"));
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
    EXPECT_THAT(svg, Not(HasSubstr("inf")));
  }
}

TEST(DistributionChartTest, FewSamplesAreDotsAndManyAViolin) {
  std::vector<double> samples;
  for (size_t i = 0; i < kViolinFrom; ++i) samples.push_back(100 + static_cast<double>(i));
  EXPECT_THAT(PlotOf(samples), HasSubstr("class=\"violin\""));
  samples.pop_back();
  const std::string strip = PlotOf(samples);
  EXPECT_THAT(strip, Not(HasSubstr("class=\"violin\"")));
  EXPECT_THAT(strip, HasSubstr("class=\"dots\""));
}

TEST(DistributionChartTest, AMillionSamplesAreAsLargeAsAThousand) {
  std::vector<double> samples;
  Random random(1);
  for (int i = 0; i < 1'000'000; ++i) samples.push_back(100 + 30 * random.Uniform());
  samples[500] = 1;
  samples[501] = 99'000;
  const std::string svg = PlotOf(samples);
  EXPECT_LT(svg.size(), 14'000u);
  // What the axis leaves out is told.
  EXPECT_THAT(svg, HasSubstr("+1 to 99.0 us"));
  EXPECT_THAT(svg, HasSubstr("1000000 samples, 1.00 ns to 99.0 us"));
}

}  // namespace
}  // namespace benchfleet
