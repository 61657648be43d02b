#include "benchctl/proving_html.h"

#include "benchctl/canned_proving.h"
#include "benchctl/golden.h"
#include "benchctl/html_check.h"
#include "benchctl/proving_chart.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Render(const JobResults& results) {
  const auto report = BuildProvingReport(results);
  EXPECT_TRUE(report.ok()) << report.status();
  return RenderProvingHtml(*report);
}

TEST(ProvingHtmlTest, ThePage) {
  const std::string html = Render(CannedProvingSweep());
  EXPECT_EQ(UnbalancedTag(html), "");
  EXPECT_THAT(html, HasSubstr("INSECURE test set-up"));
  ExpectGolden("proving.html", WithoutStyle(html));
}

TEST(ProvingHtmlTest, NothingIsFetched) {
  const std::string html = Render(CannedProvingSweep());
  for (const char* word : {"http://", "https://", "src=", "href=", "@import", "url(", "<script"}) {
    EXPECT_THAT(html, Not(HasSubstr(word)));
  }
}

TEST(ProvingHtmlTest, TextFromRunsCannotBecomeMarkup) {
  JobResults results = CannedProvingSweep();
  const std::string evil = "<script>alert('x')</script>&\"";
  results.job.status.name = evil;
  for (RunData& run : results.runs) {
    run.result.host = evil;
    for (TaskMember& member : run.result.members) member.host += evil;
    run.result.parameters["prover"] = evil;
    run.result.parameters["network"] = evil;
    run.result.parameters["circuit"] += evil;
    run.result.finished.facts["prover.version"] = evil;
    run.result.finished.facts["prover.setup"] = evil;
    for (Metric& metric : run.result.metrics) {
      if (metric.name == "prove/oink") metric.name += evil;
    }
    for (SampleChunk& chunk : run.chunks) {
      if (chunk.metric == "prove/oink") chunk.metric += evil;
    }
  }
  const std::string html = Render(results);
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_EQ(UnbalancedTag(html), "");
}

TEST(ProvingHtmlTest, OneSizeHasNoCurveAndNoCrossing) {
  JobResults results = CannedProvingSweep();
  std::erase_if(results.runs, [](const RunData& run) {
    const auto size = run.result.parameters.find("size");
    return size != run.result.parameters.end() && size->second != "12";
  });
  const std::string html = Render(results);
  EXPECT_THAT(html, Not(HasSubstr("class=\"curve")));
  EXPECT_THAT(html, HasSubstr("at this size"));
  EXPECT_EQ(UnbalancedTag(html), "");
}

}  // namespace
}  // namespace benchfleet
