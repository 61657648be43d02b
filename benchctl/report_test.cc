#include "benchctl/report.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "benchctl/budget.h"
#include "benchctl/canned.h"
#include "benchctl/cli_harness.h"
#include "benchctl/golden.h"
#include "benchctl/report_text.h"
#include "benchctl/test_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/chunk.h"
#include "proto/condition_names.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;

Report Build(const JobResults& results) {
  auto report = BuildReport(results);
  EXPECT_TRUE(report.ok()) << report.status();
  return *std::move(report);
}

const ReportRow* Find(const Report& report, const std::string& host, const std::string& workload,
                      const std::string& metric, const std::string& size = "") {
  for (const ReportRow& row : report.rows) {
    const auto found = row.parameters.find("size");
    const bool fits = size.empty() || (found != row.parameters.end() && found->second == size);
    if (row.host == host && row.workload == workload && row.metric.name == metric && fits) {
      return &row;
    }
  }
  return nullptr;
}

TEST(ReportTest, RowsStandByHostThenAsTheJobListsThem) {
  const Report report = Build(CannedSweep());
  std::vector<std::string> order;
  for (const ReportRow& row : report.rows) {
    if (row.main) order.push_back(row.host + " " + FormatParameters(row.parameters));
  }
  EXPECT_THAT(order, ElementsAre("local-1 circuit=age prover=ultrahonk-bb", "local-1 size=1KiB",
                                 "local-1 size=64KiB", "vm-2 circuit=age prover=ultrahonk-bb",
                                 "vm-2 size=1KiB", "vm-2 size=64KiB"));
}

TEST(ReportTest, OnlyGoodRunsAndWarmSamplesCount) {
  const Report report = Build(CannedSweep());
  const ReportRow* local = Find(report, "local-1", "proving.prove", "latency");
  ASSERT_NE(local, nullptr);
  EXPECT_EQ(local->runs, 3u);
  EXPECT_EQ(local->summary.n, 30u);  // 3 runs of 10; the warm-up is left out
  EXPECT_LT(local->summary.max, 227e6 * 1.06);
  const ReportRow* remote = Find(report, "vm-2", "proving.prove", "latency");
  EXPECT_EQ(remote->runs, 2u);  // one timed out
  const ReportRow* again = Find(report, "vm-2", "crypto.sha256", "latency", "1KiB");
  EXPECT_EQ(again->runs, 3u);  // the lost one was done again
  EXPECT_EQ(report.remarks.failed.size(), 2u);
}

TEST(ReportTest, PhasesAndDerivedMetricsAreRowsOfTheSameCell) {
  const Report report = Build(CannedSweep());
  std::vector<std::string> metrics;
  for (const ReportRow& row : report.rows) {
    if (row.host == "local-1" && row.workload == "proving.prove")
      metrics.push_back(row.metric.name);
  }
  EXPECT_THAT(metrics, ElementsAre("latency", "witness", "prove", "verify", "proof_size"));
  const ReportRow* latency = Find(report, "local-1", "crypto.sha256", "latency", "64KiB");
  const ReportRow* rate = Find(report, "local-1", "crypto.sha256", "throughput", "64KiB");
  ASSERT_NE(rate, nullptr);
  EXPECT_NEAR(rate->summary.max, 65536 / (latency->summary.min / 1e9), 1);
  EXPECT_EQ(rate->summary.n, latency->summary.n);
}

TEST(ReportTest, ConditionsAreThoseOfTheHost) {
  const Report report = Build(CannedSweep());
  ASSERT_EQ(report.conditions.size(), 2u);
  EXPECT_EQ(report.conditions[0].host, "local-1");
  EXPECT_EQ(report.conditions[0].clock_pair_ns, 23.4);
  EXPECT_EQ(report.conditions[1].clock_pair_ns, 41.75);
  EXPECT_EQ(report.conditions[0].runs, 9u);
  EXPECT_EQ(report.conditions[0].disturbed, 1u);
  EXPECT_EQ(report.conditions[0].states.size(), 1u);
}

TEST(ReportTest, AnInsecureSetUpIsSaidWithTheFigures) {
  JobResults results = CannedSweep();
  EXPECT_TRUE(Build(results).remarks.warnings.empty());
  for (RunData& run : results.runs) {
    if (run.result.workload == "proving.prove")
      run.result.finished.facts["prover.setup"] = "INSECURE";
  }
  const Report report = Build(results);
  EXPECT_THAT(report.remarks.warnings, ElementsAre("proving.prove: INSECURE"));
  EXPECT_THAT(Footnotes(report), testing::Contains("proving.prove: INSECURE"));
}

TEST(ReportTest, RunsThatWereNotQuietAreNotedByKind) {
  JobResults results = CannedSweep();
  Report report = Build(results);
  EXPECT_EQ(DisturbanceNote(report.remarks),
            "1 of 17 runs were not quiet (local-1 1), for example: other processes used 31.4 % of "
            "the CPU time (limit 5.0 %)");
  EXPECT_THAT(Footnotes(report), testing::Contains(DisturbanceNote(report.remarks)));
  results.runs[0].result.finished.after.quiet = false;
  results.runs[0].result.finished.after.quiet_reason = "other processes used 7.0 % of the CPU time";
  results.runs[1].result.finished.after.quiet = false;
  results.runs[1].result.finished.after.quiet_reason = "CPUs were throttled for heat";
  RunFinished& brief = results.runs[2].result.finished;
  brief.after.quiet = false;
  brief.after.quiet_reason = "12 ms are too short to tell foreign CPU time by 10 ms ticks";
  brief.after.values[kQuietUnknown] = 1;
  report = Build(results);
  EXPECT_EQ(report.remarks.disturbed.size(), 3u);
  EXPECT_EQ(report.remarks.conditions_unknown, 1u);
  EXPECT_THAT(DisturbanceNote(report.remarks), testing::HasSubstr("(local-1 1, vm-2 2)"));
  EXPECT_THAT(DisturbanceNote(report.remarks), testing::HasSubstr("heat; other"));
}

TEST(ReportTest, IntervalsCountRunsAndNotSamples) {
  JobResults results = CannedSweep();
  const auto width = [](const Report& report) {
    for (const ReportRow& row : report.rows) {
      if (row.host != "local-1" || row.metric.name != "latency") continue;
      const auto size = row.parameters.find("size");
      if (size == row.parameters.end() || size->second != "1KiB") continue;
      EXPECT_TRUE(row.interval_over_runs);
      EXPECT_LT(row.summary.median_interval->low, row.summary.median);
      EXPECT_GT(row.summary.median_interval->high, row.summary.median);
      return row.summary.median_interval->high / row.summary.median_interval->low;
    }
    return 0.0;
  };
  EXPECT_LT(width(*BuildReport(results)), 1.05);
  // One run of the three is half as slow again: the samples' own interval would not see it.
  for (RunData& run : results.runs) {
    if (run.result.host != "local-1" || run.result.repetition != 0) continue;
    const auto size = run.result.parameters.find("size");
    if (size == run.result.parameters.end() || size->second != "1KiB") continue;
    for (SampleChunk& chunk : run.chunks) {
      auto values = DecodeIntegers(chunk);
      ASSERT_TRUE(values.ok()) << values.status();
      for (int64_t& value : *values) value += value / 2;
      chunk.payload = EncodeDeltaVarint(*values);
    }
  }
  EXPECT_GT(width(*BuildReport(results)), 1.3);
  // A single run has its samples alone, and the report says so.
  std::erase_if(results.runs, [](const RunData& run) { return run.result.repetition != 0; });
  const Report single = *BuildReport(results);
  for (const ReportRow& row : single.rows) EXPECT_FALSE(row.interval_over_runs);
  EXPECT_THAT(Footnotes(single), testing::Contains(testing::HasSubstr("of one run's samples")));
}

// Samples of one cell that take half as long again where `slow` says so, by their place in the run.
void SlowDown(const std::string& size, bool (*slow)(size_t), JobResults* results) {
  for (RunData& run : results->runs) {
    const auto found = run.result.parameters.find("size");
    if (found == run.result.parameters.end() || found->second != size) continue;
    for (SampleChunk& chunk : run.chunks) {
      if (chunk.warmup) continue;
      auto values = DecodeIntegers(chunk);
      ASSERT_TRUE(values.ok()) << values.status();
      for (size_t i = 0; i < values->size(); ++i) {
        if (slow(i)) (*values)[i] += (*values)[i] / 2;
      }
      chunk.payload = EncodeDeltaVarint(*values);
    }
  }
}

TEST(ReportTest, WhatAMedianHidesIsNoted) {
  JobResults results = CannedSweep();
  for (const std::string& note : Footnotes(*BuildReport(results))) {
    EXPECT_THAT(note, testing::Not(testing::AnyOf(testing::HasSubstr("humps"),
                                                  testing::HasSubstr("settle"))));
  }
  SlowDown(
      "1KiB", [](size_t i) { return i % 3 == 0; }, &results);
  SlowDown(
      "64KiB", [](size_t i) { return i < 13; }, &results);
  const std::vector<std::string> notes = Footnotes(*BuildReport(results));
  EXPECT_THAT(notes, testing::Contains(testing::AllOf(
                         testing::HasSubstr("several humps"),
                         testing::ContainsRegex("local-1 crypto.sha256 size=1KiB 6[0-9]+ ns "
                                                "\\(6[5-7] %\\), 9[0-9]+ ns \\(3[3-5] %\\)"))));
  EXPECT_THAT(notes, testing::Contains(testing::AllOf(
                         testing::HasSubstr("do not settle at once"),
                         testing::ContainsRegex("local-1 crypto.sha256 size=64KiB 3 of 3 runs: 3 "
                                                "with a warm-up until sample 1[0-9]"))));
}

TEST(ReportTest, ProcessorTimeAndPartsOfPartsAreNoPhases) {
  const auto is_phase = [](const char* name, const char* unit) {
    return IsPhase({name, unit, Direction::kLowerIsBetter, "", 0});
  };
  EXPECT_TRUE(is_phase("prove", "ns"));
  EXPECT_FALSE(is_phase("prove_cpu", "ns"));
  EXPECT_FALSE(is_phase("prove/sumcheck", "ns"));
  EXPECT_FALSE(is_phase("network_rtt", "ns"));
  EXPECT_FALSE(is_phase("sent_bytes", "B"));
}

TEST(ReportTest, AMetricThatNobodyDeclaredIsShownAll) {
  JobResults results = CannedSweep();
  for (RunData& run : results.runs) run.result.metrics.clear();
  const Report report = Build(results);
  EXPECT_NE(Find(report, "local-1", "proving.prove", "proof_size"), nullptr);
  EXPECT_TRUE(Find(report, "local-1", "proving.prove", "latency")->main);
}

TEST(ReportTest, DamagedSamplesAreAnErrorThatNamesTheRun) {
  JobResults results = CannedSweep();
  results.runs[1].chunks[1].payload.pop_back();
  const auto report = BuildReport(results);
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(Message(report.status()), ::testing::HasSubstr("run 102"));
}

TEST(ReportTest, AggregatesHaveAMeanAndClaimNoMore) {
  JobResults results = CannedSweep();
  results.runs.resize(2);
  results.job.source = "old.json";
  for (size_t i = 0; i < 2; ++i) {
    RunResult& run = results.runs[i].result;
    results.runs[i].chunks.clear();
    run.workload = "sort";
    run.parameters = {};
    run.metrics = {{"latency", "ns", Direction::kLowerIsBetter, "", 0}};
    MetricSummary summary;
    summary.metric = "latency";
    summary.aggregate_only = true;
    summary.count = i == 0 ? 10 : 30;
    summary.mean = i == 0 ? 4e6 : 8e6;
    summary.min = 3e6;
    summary.max = 9e6;
    summary.stddev = 1e6;
    run.summaries = {summary};
  }
  const Report report = Build(results);
  ASSERT_EQ(report.rows.size(), 1u);
  const Summary& s = report.rows[0].summary;
  EXPECT_EQ(s.n, 40u);
  EXPECT_DOUBLE_EQ(s.mean, 7e6);
  // Total squares: 9 + 29 (of a variance of 1 ms^2 each), and 10 x 30/40 x 4^2 between.
  EXPECT_NEAR(s.stddev, 1e6 * std::sqrt((9 + 29 + 120.0) / 39), 1);
  EXPECT_TRUE(std::isnan(s.median));
  EXPECT_TRUE(std::isnan(s.p95));
  EXPECT_FALSE(s.median_interval.has_value());
  ExpectGolden("report_aggregate.txt", RenderReportText(report, Style()));
}

TEST(BudgetTest, LimitsReadInTheMetricsUnit) {
  EXPECT_EQ(*ParseLimit("1500ms", "ns"), 1.5e9);
  EXPECT_EQ(*ParseLimit("1500", "ns"), 1500);
  EXPECT_EQ(*ParseLimit("85MB", "B"), 85e6);
  EXPECT_EQ(*ParseLimit("100MiB/s", "B/s"), 104857600);
  EXPECT_EQ(*ParseLimit("10k/s", "1/s"), 10000);
  EXPECT_EQ(*ParseLimit("2.5 M/s", "1/s"), 2.5e6);
  EXPECT_EQ(*ParseLimit("0.1", ""), 0.1);
  EXPECT_EQ(Message(ParseLimit("85MB", "ns").status()),
            "'85MB' is not a limit in 'ns' (expected a number or a duration as 1500ms)");
  EXPECT_FALSE(ParseLimit("10ms", "").ok());
  EXPECT_FALSE(ParseLimit("inf", "ns").ok());
}

TEST(BudgetTest, EveryRowOfTheMetricIsJudged) {
  JobResults results = CannedSweep();
  results.job.spec.budgets = {{"prove", "p95", "250ms", ""},
                              {"throughput", "median", "", "800MiB/s"},
                              {"rss_peak", "", "85MiB", ""},
                              {"latency", "p90", "1s", "10ns"}};
  const Report report = Build(results);
  EXPECT_FALSE(report.budgets_held());
  ExpectGolden("report_budgets.txt", RenderReportText(report, Style()));
  results.job.spec.budgets = {{"latency", "max", "10s", ""}};
  EXPECT_TRUE(Build(results).budgets_held());
}

TEST(BudgetTest, MemoryIsJudgedOverRuns) {
  JobResults results = CannedSweep();
  results.runs.resize(2);
  results.runs[1] = results.runs[0];
  results.runs[1].result.finished.usage.max_rss_bytes = 90'000'000;
  results.job.spec.budgets = {{"rss_peak", "", "89MB", ""}, {"rss_peak", "min", "", "88MB"}};
  const Report report = Build(results);
  ASSERT_EQ(report.budgets.size(), 2u);
  EXPECT_EQ(report.budgets[0].actual, 90e6);
  EXPECT_EQ(report.budgets[0].state, BudgetState::kBroken);
  EXPECT_EQ(report.budgets[1].actual, 88e6);
  EXPECT_EQ(report.budgets[1].state, BudgetState::kHeld);
}

TEST(BudgetTest, AWorkloadsOwnFigureOfMemoryGoesBeforeThatOfItsRunner) {
  JobResults results = CannedSweep();
  results.runs.resize(1);
  SampleChunk chunk = results.runs[0].chunks.back();
  chunk.metric = "rss_peak";
  chunk.payload = EncodeFloat64(std::vector<double>{1e6, 3e6});
  chunk.count = 2;
  results.runs[0].chunks.push_back(chunk);
  results.runs[0].result.metrics.push_back({"rss_peak", "B", Direction::kLowerIsBetter, "", 0});
  results.job.spec.budgets = {{"rss_peak", "", "3MB", ""}, {"rss_peak", "median", "2MB", ""}};
  const Report report = Build(results);
  ASSERT_EQ(report.budgets.size(), 2u);
  EXPECT_EQ(report.budgets[0].actual, 3e6);
  EXPECT_EQ(report.budgets[1].actual, 2e6);
  EXPECT_TRUE(report.budgets_held());
  const std::string table = RenderText(ReportTable(report, 50));
  EXPECT_EQ(table.find("rss_peak"), std::string::npos);  // it is the column
  EXPECT_NE(table.find("2.86 MiB"), std::string::npos);
}

TEST(BudgetTest, WhatNobodyMeasuredIsNotHeld) {
  JobResults results = CannedSweep();
  results.job.spec.budgets = {{"memory", "median", "1", ""}};
  const Report report = Build(results);
  ASSERT_EQ(report.budgets.size(), 1u);
  EXPECT_EQ(report.budgets[0].state, BudgetState::kNotMeasured);
  EXPECT_FALSE(report.budgets_held());
}

TEST(BudgetTest, ALimitInAnotherUnitIsNotJudgedAndHidesNothing) {
  JobResults results = CannedSweep();
  const size_t rows = BuildReport(results)->rows.size();
  results.job.spec.budgets = {{"prove", "p95", "85MB", ""}};
  const Report report = *BuildReport(results);
  EXPECT_EQ(report.rows.size(), rows);
  EXPECT_EQ(report.budgets[0].state, BudgetState::kNotJudged);
  EXPECT_EQ(report.budgets[0].reason,
            "'85MB' is not a limit in 'ns' (expected a number or a duration as 1500ms)");
  EXPECT_FALSE(report.budgets_held());
  CliHarness cli;
  cli.fleet.results[12].job.spec.budgets = results.job.spec.budgets;
  EXPECT_EQ(cli.Run({"report", "12"}), 3);
  EXPECT_THAT(cli.out, testing::HasSubstr("NOT JUDGED"));
  EXPECT_EQ(cli.Run({"report", "12", "--format", "json"}), 3);
  EXPECT_EQ(nlohmann::json::parse(cli.out)["budgets"][0]["state"], "not judged");
  EXPECT_EQ(cli.Run({"export", "12"}), 0) << cli.err;
}

TEST(ReportCommandTest, TheTableThatAStrangerSees) {
  CliHarness cli;
  ExpectGolden("report.txt", cli.Transcript({"report", "12"}));
  ExpectGolden("report.md", cli.Transcript({"report", "12", "--format", "markdown"}));
  ExpectGolden("report.csv", cli.Transcript({"report", "12", "--format", "csv"}));
  ExpectGolden("report.json", cli.Transcript({"report", "12", "--format", "json"}));
}

TEST(ReportCommandTest, WithoutAnythingAskedTheJobBeforeItIsTheBase) {
  CliHarness cli;
  const auto json = [&cli](const std::vector<std::string>& arguments) {
    EXPECT_EQ(cli.Run(arguments), 0) << cli.err;
    return nlohmann::json::parse(cli.out);
  };
  auto alone = json({"report", "12", "--format", "json"});
  EXPECT_EQ(
      alone["verdicts"]["none_because"],
      "no earlier job is called 'first-sweep' (--baseline or --against names something else)");
  EXPECT_EQ(alone["trends"]["none_because"], "no earlier job measured any of these series");
  // An older one, one that measured nothing, and a newer one.
  for (const uint64_t id : {9, 10, 11, 20}) {
    JobStatus job = CannedStatus(id, "first-sweep", State::kDone, id == 11 ? 0 : 16, 18);
    job.created_at += absl::Hours(static_cast<int>(id) - 12);
    cli.fleet.jobs.push_back(job);
    cli.fleet.results[id] = cli.fleet.results[12];
    cli.fleet.results[id].job.status = job;
  }
  EXPECT_EQ(json({"report", "12", "--format", "json"})["verdicts"]["against"], "10");
  EXPECT_EQ(json({"report", "12", "--against", "9", "--format", "json"})["verdicts"]["against"],
            "9");
}

TEST(ReportCommandTest, ABaselineThatWasAskedForMustBeThere) {
  CliHarness cli;
  EXPECT_EQ(cli.Run({"report", "12", "--baseline", "main"}), 1);
  EXPECT_THAT(cli.err, testing::HasSubstr("there is no baseline 'main'"));
  cli.fleet.baselines.push_back({"main", {JobId{12}}, {}, "", "alice", "", CannedNow(), false});
  EXPECT_EQ(cli.Run({"report", "12", "--baseline", "main"}), 0) << cli.err;
  EXPECT_THAT(cli.out, testing::HasSubstr("verdicts against baseline main: "));
  EXPECT_EQ(cli.Run({"report", "12", "--baseline", "main", "--against", "9"}), 2);
  EXPECT_EQ(cli.Run({"report", "12", "--kind", "proving", "--baseline", "main"}), 1);
}

TEST(ReportCommandTest, ABrokenBudgetExitsWithThree) {
  CliHarness cli;
  EXPECT_EQ(cli.Run({"report", "12"}), 0);
  cli.fleet.results[12].job.spec.budgets = {{"latency", "median", "1ns", ""}};
  EXPECT_EQ(cli.Run({"report", "12"}), 3);
  EXPECT_EQ(cli.Run({"report", "12", "--format", "json"}), 3);
  EXPECT_EQ(nlohmann::json::parse(cli.out)["budgets_held"], false);
}

TEST(ReportCommandTest, ToAFileAndNothingOnStdout) {
  CliHarness cli;
  const std::string path = TestDirectory() + "/report.md";
  EXPECT_EQ(cli.Run({"report", "12", "--format", "markdown", "--output", path}), 0);
  EXPECT_EQ(cli.out, "");
  EXPECT_EQ(cli.err, "wrote " + path + "\n");
  EXPECT_EQ(cli.Run({"report", "12", "--output", "/no/such/dir/report.txt"}), 1);
  EXPECT_EQ(cli.err, "benchctl: writing '/no/such/dir/report.txt': No such file or directory\n");
}

TEST(FormatRangeTest, AsManyDigitsAsTellTheEndsApart) {
  EXPECT_EQ(FormatRange({1.234e6, 1.312e6}, "ns"), "1.23–1.31 ms");
  EXPECT_EQ(FormatRange({1.2341e6, 1.2348e6}, "ns"), "1.234–1.235 ms");
  EXPECT_EQ(FormatRange({999e3, 1.2e6}, "ns"), "0.999–1.20 ms");
  EXPECT_EQ(FormatRange({5, 5}, "ns"), "5.00–5.00 ns");
  EXPECT_EQ(FormatRange({0, 5}, "ns"), "0–5.00 ns");
  EXPECT_EQ(FormatRange({14080, 14080}, "B"), "13.8–13.8 KiB");
  EXPECT_EQ(FormatRange({10000, 12000}, "1/s"), "10.0–12.0 k/s");
  EXPECT_EQ(FormatRange({1.5, 2.5}, "points"), "1.50–2.50 points");
}

}  // namespace
}  // namespace benchfleet
