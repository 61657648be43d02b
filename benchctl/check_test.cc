#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/status.h"
#include "benchctl/check_comment.h"
#include "benchctl/check_junit.h"
#include "benchctl/check_report.h"
#include "benchctl/cli_harness.h"
#include "benchctl/gate_rules.h"
#include "benchctl/gates.h"
#include "benchctl/golden.h"
#include "benchctl/test_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;

constexpr char kBefore[] = "benchctl/testdata/compare/loop-a.json";
constexpr char kAfter[] = "benchctl/testdata/compare/loop-b.json";
constexpr char kRules[] = "benchctl/testdata/compare/budgets.yaml";

class CheckTest : public testing::Test {
 protected:
  CheckTest() {
    if (const char* source = std::getenv("BENCHFLEET_SOURCE_DIR")) {
      std::filesystem::current_path(source);
    }
  }
  ~CheckTest() override { std::filesystem::current_path(before_); }
  std::filesystem::path before_ = std::filesystem::current_path();
  CliHarness cli_;
};

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST_F(CheckTest, RealRunsInEveryFormat) {
  const std::vector<std::string> check = {"check", kAfter,      "--against",
                                          kBefore, "--budgets", kRules};
  ExpectGolden("check_loop.txt", cli_.Transcript(check));
  for (const auto& [format, name] :
       {std::pair{"markdown", "check_loop.md"}, std::pair{"csv", "check_loop.csv"},
        std::pair{"json", "check_loop.json"}}) {
    auto words = check;
    words.insert(words.end(), {"--format", format});
    EXPECT_EQ(cli_.Run(words), 3) << cli_.err;
    ExpectGolden(name, cli_.out);
  }
  auto words = check;
  words.insert(words.end(), {"--format", "html"});
  EXPECT_EQ(cli_.Run(words), 3);
  EXPECT_THAT(cli_.out, HasSubstr("check FAILED: 1 regression, 5 budgets not held"));
  EXPECT_EQ(cli_.out.find("http"), std::string::npos);
}

TEST_F(CheckTest, ForServersAndPullRequests) {
  const std::string junit = TestDirectory() + "/junit.xml";
  const std::string comment = TestDirectory() + "/comment.md";
  EXPECT_EQ(cli_.Run({"check", kAfter, "--against", kBefore, "--budgets", kRules, "--junit", junit,
                      "--markdown", comment}),
            3);
  ExpectGolden("check_junit.xml", ReadAll(junit));
  ExpectGolden("check_comment.md", ReadAll(comment));
  EXPECT_EQ(ReadAll(comment).compare(0, sizeof kCommentMark - 1, kCommentMark), 0);
}

TEST_F(CheckTest, ExitCodes) {
  EXPECT_EQ(cli_.Run({"check", kBefore, "--against", kBefore}), 0) << cli_.err;
  EXPECT_EQ(cli_.Run({"check", kAfter, "--against", kBefore}), 3) << cli_.out;
  // The loss of 29 % passes where 50 % fail.
  EXPECT_EQ(cli_.Run({"check", kAfter, "--against", kBefore, "--fail", "50%"}), 0);
  EXPECT_THAT(cli_.out, HasSubstr("questions are open"));
  EXPECT_EQ(
      cli_.Run({"check", kAfter, "--against", kBefore, "--fail", "50%", "--fail-on-undecided"}), 4);
  EXPECT_EQ(cli_.Run({"check", kAfter, "--against", kBefore, "--fail", "50%", "--metric",
                      "user_time", "--fail-on-undecided"}),
            0)
      << cli_.out;
  EXPECT_EQ(cli_.Run({"check", kAfter, "--budget", "latency < 1s"}), 0) << cli_.out;
  EXPECT_EQ(cli_.Run({"check", kAfter, "--budget", "latency < 1ms"}), 3);
  EXPECT_EQ(cli_.Run({"check", kAfter, "--budget", "speed > 1"}), 3);
  EXPECT_EQ(cli_.Run({"check", kAfter}), 1);
  EXPECT_THAT(cli_.err, HasSubstr("nothing to check"));
  EXPECT_EQ(cli_.Run({"check", kAfter, "--budget", "latency regresses < 5%"}), 1);
  EXPECT_THAT(cli_.err, HasSubstr("needs something to compare with"));
  EXPECT_EQ(cli_.Run({"check", kAfter, "--baseline", "a", "--against", "b"}), 2);
}

TEST_F(CheckTest, RunsThatFailedAreAnErrorRate) {
  // 2 of 19 ended runs of the canned sweep failed; one of the two was its host's fault.
  EXPECT_EQ(cli_.Run({"check", "12", "--budget", "error_rate < 0.1%"}), 3);
  EXPECT_THAT(cli_.out, HasSubstr("mean is 0.3333, above the limit"));
  EXPECT_EQ(cli_.Run({"check", "12", "--budget", "error_rate < 50%", "--budget",
                      "throughput > 400MiB/s for crypto.sha256 size=64KiB"}),
            0)
      << cli_.out;
}

TEST(GateRulesTest, EachFormIsRead) {
  const auto rule = [](const std::string& text) { return *ParseGateRule(text, "here"); };
  GateRule one = rule("p99 < 50ms");
  EXPECT_EQ(one.kind, RuleKind::kAbsolute);
  EXPECT_EQ(one.metric, "latency");
  EXPECT_EQ(one.statistic, "p99");
  EXPECT_EQ(one.limit, "50ms");
  EXPECT_TRUE(one.at_most);
  one = rule("throughput>=10 k/s for crypto.* size=1KiB");
  EXPECT_FALSE(one.at_most);
  EXPECT_EQ(one.metric, "throughput");
  EXPECT_EQ(one.statistic, "");
  EXPECT_EQ(one.limit, "10 k/s");
  EXPECT_EQ(one.workload, "crypto.*");
  EXPECT_EQ(one.parameters, (StringMap{{"size", "1KiB"}}));
  one = rule("p50 of prove regresses < 5%");
  EXPECT_EQ(one.kind, RuleKind::kRelative);
  EXPECT_EQ(one.metric, "prove");
  EXPECT_DOUBLE_EQ(one.share, 0.05);
  one = rule("at least 82% faster than baseline old-engine");
  EXPECT_EQ(one.kind, RuleKind::kClaim);
  EXPECT_EQ(one.side, "baseline:old-engine");
  EXPECT_NEAR(one.ratio, 0.18, 1e-12);
  one = rule("at least 2.5x as fast as rev:abc in prove");
  EXPECT_EQ(one.side, "rev:abc");
  EXPECT_EQ(one.metric, "prove");
  EXPECT_DOUBLE_EQ(one.ratio, 0.4);
}

TEST(GateRulesTest, SlipsAreNamedWithTheirPlace) {
  std::string all;
  for (const char* text : {"p99 << 5",
                           "p99 off latency < 5ms",
                           "speed of latency < 5ms",
                           "latency regreses < 5%",
                           "latency regresses > 5%",
                           "latency regresses < 5",
                           "latency regresses < 5% now",
                           "at leas 5% faster than x",
                           "at least 120% faster than x",
                           "at least 5% fastr than x",
                           "at least x faster than y",
                           "at least 5% faster than",
                           "at least 2x as fat as y",
                           "p999 < 5",
                           "latency <",
                           "latency",
                           "< 5ms",
                           "latency < 5ms for",
                           "",
                           "latency < fast",
                           "latency < 5ms for exec size"}) {
    all +=
        std::string(text) + "\n  " + Message(ParseGateRule(text, "budgets.yaml:3").status()) + "\n";
  }
  for (const char* file : {"budget:\n  - p99 < 5ms\n", "budgets:\n  p99: 5ms\n",
                           "- p99 < 5ms\n- latency regreses < 5%\n", "- [p99]\n", "",
                           "budgets: []\n", "- 'p99 < 5ms\n"}) {
    const auto rules = ParseGateRules(file, "budgets.yaml");
    all += std::string(file) + "  " + Message(rules.status()) + "\n";
  }
  ExpectGolden("budgets_slips.txt", all);
}

TEST(GateRulesTest, ALimitInAnotherUnitIsNotJudgedAndFails) {
  CliHarness cli;
  EXPECT_EQ(cli.Run({"check", "12", "--budget", "latency < 85MB"}), 3);
  EXPECT_THAT(cli.out, testing::HasSubstr("not judged"));
  EXPECT_THAT(cli.out, testing::HasSubstr("'85MB' is not a limit in 'ns' (expected a number or a "
                                          "duration as 1500ms)"));
  EXPECT_EQ(cli.Run({"check", "12", "--budget", "latency < 5%"}), 3);
  EXPECT_THAT(cli.out, testing::HasSubstr("'5%' is not a limit in 'ns'"));
}

SideSeries RatesIn(const char* workload, const char* unit) {
  SideSeries series;
  series.name = {.workload = workload, .parameters = {}, .metric = "throughput"};
  series.unit = unit;
  series.better = Better::kHigher;
  series.runs = {{20'000}};
  return series;
}

TEST(GateRulesTest, ALimitIsJudgedWhereItsUnitFits) {
  Side job("job");
  ASSERT_TRUE(job.Add(RatesIn("hashes", "B/s")).ok());
  ASSERT_TRUE(job.Add(RatesIn("requests", "1/s")).ok());
  const std::vector<GateRule> rules = {*ParseGateRule("throughput > 10k/s", "--budget")};
  const auto results = *JudgeGates(rules, {.job = &job, .claims = {}});
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].series, "requests");
  EXPECT_EQ(results[0].state, GateState::kHeld);
}

TEST(GateRulesTest, AMisspeltWorkloadIsToldAsOne) {
  Side job("job");
  ASSERT_TRUE(job.Add(RatesIn("requests", "1/s")).ok());
  const std::vector<GateRule> rules = {
      *ParseGateRule("throughput > 10k/s for request", "--budget")};
  const auto results = *JudgeGates(rules, {.job = &job, .claims = {}});
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].state, GateState::kNotMeasured);
  EXPECT_EQ(results[0].reason, "no series of 'throughput' for request (did you mean 'requests'?)");
}

// Thousands of rows with names as long as they get, and characters that neither XML nor Markdown
// takes as they are.
CheckReport HugeReport() {
  CheckReport report;
  report.job = "job 1 <b>&\"'\x01\xff";
  report.comparison.emplace();
  for (int i = 0; i < 5000; ++i) {
    ComparisonRow row;
    row.series.workload = "w" + std::to_string(i) + std::string(40, '<') + "\x1b[31m\xef\xbf\xbf";
    row.series.metric = "latency";
    row.unit = "ns";
    row.baseline.runs = row.candidate.runs = 5;
    row.baseline.center = row.candidate.center = 100;
    row.judgement.comparison.baseline_runs = 5;
    row.judgement.comparison.verdict = i % 2 == 0 ? Verdict::kRegressed : Verdict::kUnchanged;
    row.judgement.severity = i % 2 == 0 ? Severity::kFailure : Severity::kNone;
    row.judgement.comparison.reason = "+25 % & more ]]>";
    row.judgement.suspects = {"kernel: " + std::to_string(i) + std::string(100, 'k')};
    report.comparison->rows.push_back(row);
    report.gates.push_back({"p99 < 50ms", "b.yaml:1", GateState::kBroken, row.series.workload,
                            "60 ms", std::string(80, '|'), ""});
  }
  return report;
}

TEST(CheckCommentTest, FitsIntoAComment) {
  const std::string comment = CheckComment(HugeReport());
  EXPECT_LE(comment.size(), 65'536u);
  EXPECT_GT(comment.size(), 10'000u);
  EXPECT_THAT(comment, HasSubstr("more rows like these"));
  EXPECT_THAT(comment, HasSubstr("more budgets"));
  EXPECT_THAT(comment, HasSubstr("FAILED: 2500 regressions, 5000 budgets not held"));
}

TEST(CheckJunitTest, IsWellFormedWhateverTheNamesAre) {
  const std::string path = WriteTestFile("huge.xml", CheckJunit(HugeReport()));
  const std::string command =
      "python3 -c \"import sys, xml.etree.ElementTree as t; r = t.parse(sys.argv[1]).getroot(); "
      "assert r.tag == 'testsuites'; cases = r.findall('testsuite/testcase'); "
      "assert len(cases) == 10000 == int(r.get('tests')), len(cases); "
      "assert len(r.findall('.//failure')) == 7500 == int(r.get('failures'))\" " +
      path;
  std::FILE* python = popen(command.c_str(), "r");
  ASSERT_NE(python, nullptr);
  EXPECT_EQ(WEXITSTATUS(pclose(python)), 0);
}

}  // namespace
}  // namespace benchfleet
