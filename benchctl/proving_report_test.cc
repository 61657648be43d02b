#include "benchctl/proving_report.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "benchctl/canned_proving.h"
#include "benchctl/cli_harness.h"
#include "benchctl/golden.h"
#include "benchctl/proving_json.h"
#include "benchctl/proving_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/chunk.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

ProvingReport Build(const JobResults& results) {
  auto report = BuildProvingReport(results);
  EXPECT_TRUE(report.ok()) << report.status();
  return *std::move(report);
}

const ProvingRow* Find(const ProvingReport& report, const std::string& circuit,
                       const std::string& how) {
  for (const ProvingRow& row : report.rows) {
    if (row.subject.CircuitText() == circuit && row.setting.How() == how) return &row;
  }
  return nullptr;
}

const ProvingComparison* Over(const ProvingReport& report, const std::string& network) {
  for (const ProvingComparison& comparison : report.comparisons) {
    if (comparison.remote.network == network) return &comparison;
  }
  return nullptr;
}

TEST(ProvingReportTest, ModesStandSideBySideInTheOrderOfTheJob) {
  const ProvingReport report = Build(CannedProvingSweep());
  std::vector<std::string> order;
  for (size_t i = 0; i < 6; ++i) {
    const ProvingRow& row = report.rows[i];
    order.push_back(row.subject.CircuitText() + " " + row.setting.How() + " " +
                    row.setting.Where());
  }
  EXPECT_THAT(
      order,
      ElementsAre("chain 2^10 local laptop", "chain 2^10 remote lan laptop → tee-1",
                  "chain 2^10 remote wan laptop → tee-1", "chain 2^10 server_only tee-1",
                  "chain 2^10 encryption_only wan laptop → tee-1", "chain 2^12 local laptop"));
  EXPECT_EQ(report.rows.back().subject.prover, "groth16-snarkjs");
}

TEST(ProvingReportTest, FailedAndInvalidRunsAreNamedAndNotCounted) {
  const ProvingReport report = Build(CannedProvingSweep());
  EXPECT_EQ(report.remarks.failed.size(), 2u);
  EXPECT_EQ(Find(report, "chain 2^10", "remote lan")->latency.runs, 4u);
  EXPECT_EQ(Find(report, "chain 2^10", "local")->latency.runs, 5u);
  EXPECT_EQ(Find(report, "chain 2^10", "local")->latency.samples, 20u);
}

TEST(ProvingReportTest, PhasesAreInOrderAndPartsAreNotAddedTwice) {
  const ProvingReport report = Build(CannedProvingSweep());
  const ProvingRow* row = Find(report, "chain 2^12", "remote wan");
  std::vector<std::string> names;
  double sum = 0;
  for (const ProvingPhase& phase : row->phases) {
    names.push_back(phase.name);
    if (phase.part_of.empty()) sum += phase.value;
  }
  EXPECT_THAT(names, ElementsAre("witness", "connect", "attest", "encrypt", "send", "queue",
                                 "decrypt", "prove", "prove/commitments", "prove/sumcheck",
                                 "prove/oink", "return", "verify"));
  EXPECT_NEAR(sum / row->latency.value, 1, 0.02);
  EXPECT_FALSE(row->Median("prove").has_value());  // phases are not repeated below "medians"
  EXPECT_EQ(*row->Median("proof_size"), 14656);
}

TEST(ProvingReportTest, WhatNoPhaseCoversIsOther) {
  JobResults results = CannedProvingSweep();
  for (RunData& run : results.runs) {
    std::erase_if(run.chunks, [](const SampleChunk& chunk) { return chunk.metric == "verify"; });
  }
  const ProvingReport report = Build(results);
  const ProvingPhase& last = Find(report, "chain 2^12", "local")->phases.back();
  EXPECT_EQ(last.name, "other");
  EXPECT_NEAR(last.value, 34e6, 8e6);
}

TEST(ProvingReportTest, NoiseOfTheMediansIsNoPhase) {
  JobResults results = CannedSweep();
  std::erase_if(results.runs, [](const RunData& run) {
    return run.result.workload != "proving.prove" || run.result.host != "local-1";
  });
  const auto chunk = [](const char* metric, const std::vector<double>& values) {
    SampleChunk made;
    made.metric = metric;
    made.count = static_cast<uint32_t>(values.size());
    made.encoding = Encoding::kFloat64;
    made.payload = EncodeFloat64(values);
    return made;
  };
  // The medians of the parts are far from adding up to that of the whole; every iteration does.
  results.runs.resize(1);
  results.runs[0].chunks = {chunk("latency", {30, 50, 70}), chunk("witness", {10, 45, 10}),
                            chunk("prove", {20, 5, 60})};
  const ProvingReport report = Build(results);
  EXPECT_EQ(report.rows[0].phases.size(), 2u);
}

TEST(ProvingReportTest, ARunSaysItselfWhatItsJobLeftToTheDefault) {
  JobResults results = CannedSweep();
  for (RunData& run : results.runs) {
    if (run.result.workload != "proving.prove") continue;
    run.result.parameters = {{"circuit", "chain"}};
    run.result.finished.facts["prover.name"] = "ultrahonk-bb";
    run.result.finished.facts["circuit.name"] = "chain-10";
  }
  EXPECT_EQ(Build(results).rows[0].subject.prover, "ultrahonk-bb");
  EXPECT_EQ(Build(results).rows[0].subject.CircuitText(), "chain 2^10");
}

TEST(ProvingReportTest, SpeedUpsAreAgainstTheClientsOwnProof) {
  const ProvingReport report = Build(CannedProvingSweep());
  EXPECT_FALSE(Find(report, "chain 2^14", "local")->speed_up.has_value());
  const ProvingRow* local = Find(report, "chain 2^14", "local");
  const ProvingRow* remote = Find(report, "chain 2^14", "remote lan");
  EXPECT_DOUBLE_EQ(remote->speed_up->value, local->latency.value / remote->latency.value);
  EXPECT_GT(remote->speed_up->interval->low, 1);
  EXPECT_FALSE(Find(report, "chain 2^14", "encryption_only wan")->speed_up.has_value());
  // The server proves for itself: measured against the one host that is not it.
  EXPECT_GT(Find(report, "chain 2^14", "server_only")->speed_up->value, 2);
}

TEST(ProvingReportTest, LocalRunsOfEveryNetworkAreOneRow) {
  JobResults results = CannedProvingSweep();
  results.runs[0].result.parameters["network"] = "wan";
  results.runs[1].result.parameters["connection"] = "kept";
  EXPECT_EQ(Find(Build(results), "chain 2^10", "local")->latency.runs, 5u);
}

TEST(ProvingReportTest, ServersServeAndTheirClientsMeasure) {
  JobResults results = CannedProvingSweep();
  RunData server = results.runs[10];
  server.result.role = kServerRole;
  server.result.host = "tee-1";
  results.runs.push_back(server);
  EXPECT_EQ(Build(results).rows.size(), Build(CannedProvingSweep()).rows.size());
}

TEST(ProvingReportTest, TheBreakEvenIsFoundAndSaid) {
  const ProvingReport report = Build(CannedProvingSweep());
  ASSERT_EQ(report.comparisons.size(), 3u);
  const ProvingComparison* wan = Over(report, "wan");
  EXPECT_EQ(wan->break_even.outcome, SizeOutcome::kCrossing);
  EXPECT_THAT(BreakEvenSentence(*wan, NameMarks::kBackticks),
              HasSubstr("constraints on, `tee-1` beats `laptop` over `wan` (2^1"));
  EXPECT_EQ(wan->sizes.back().rate.outcome, LimitOutcome::kFound);
  EXPECT_EQ(wan->sizes.front().rate.outcome, LimitOutcome::kNever);
  EXPECT_EQ(wan->sizes.back().round_trip.outcome, LimitOutcome::kFound);
}

TEST(ProvingReportTest, SentencesOfEveryOutcome) {
  ProvingComparison c = *Over(Build(CannedProvingSweep()), "wan");
  const auto said = [&] { return BreakEvenSentence(c, NameMarks::kPlain); };
  c.sizes[0].speed_up = {1 / 3.1, std::nullopt};
  c.sizes[2].speed_up = {1 / 1.8, std::nullopt};
  c.break_even.outcome = SizeOutcome::kAlwaysSlower;
  EXPECT_EQ(said(),
            "ultrahonk-bb chain: no break-even in the measured range over wan: local on laptop is "
            "3.1 times faster at 2^10 and 1.8 times at 2^14 than tee-1");
  c.break_even.outcome = SizeOutcome::kCrossing;
  c.break_even.log2_size = 13.02;
  c.break_even.interval = Interval{12.4, 13.3};
  EXPECT_EQ(said(),
            "ultrahonk-bb chain: from about 2^13 constraints on, tee-1 beats laptop over wan "
            "(2^12.4 to 2^13.3)");
  c.break_even.interval = Interval{-HUGE_VAL, 13.3};
  EXPECT_THAT(said(), HasSubstr("(at most 2^13.3)"));
  EXPECT_THAT(BreakEvenDetails(c)[0], HasSubstr("may lie below"));
  c.break_even.faster_above = false;
  EXPECT_THAT(said(), HasSubstr("up to about 2^13 constraints, tee-1 beats laptop"));
  c.sizes.resize(1);
  c.break_even = {};
  c.break_even.outcome = SizeOutcome::kSingleSize;
  c.sizes[0].speed_up = {1.4, Interval{1.3, 1.5}};
  EXPECT_EQ(said(),
            "ultrahonk-bb chain 2^10: at this size tee-1 is 1.4 (1.3–1.5) times faster than laptop "
            "over wan");
  c.sizes[0].speed_up = {0.5, Interval{0.4, 0.8}};
  EXPECT_THAT(said(), HasSubstr("is 2.0 (1.2–2.5) times slower than"));
  c.sizes[0].speed_up = {1.02, Interval{0.95, 1.09}};
  EXPECT_THAT(said(), HasSubstr("cannot be told apart over wan: the one is 1.02 (0.95–1.09)"));
  c.sizes.clear();
  EXPECT_THAT(said(), HasSubstr("no size was measured both on laptop and with tee-1"));
}

TEST(ProvingReportTest, TheClientsProverIsComparedWithAnotherOfTheServer) {
  JobResults results = CannedProvingSweep();
  ProvingReport report = Build(results);
  ASSERT_EQ(report.across.size(), 2u) << "groth16's age has no partner";
  const ProvingComparison& wan = report.across[1];
  EXPECT_EQ(wan.local_prover, "ultrahonk-bbjs-wasm");
  EXPECT_EQ(wan.subject.prover, "ultrahonk-bb");
  EXPECT_EQ(wan.sizes.size(), 3u);
  EXPECT_THAT(BreakEvenSentence(wan, NameMarks::kPlain),
              HasSubstr("chain: no break-even in the measured range: ultrahonk-bb on tee-1 beats "
                        "ultrahonk-bbjs-wasm on laptop over wan throughout, "));
  ProvingComparison slower = wan;
  slower.break_even.outcome = SizeOutcome::kAlwaysSlower;
  EXPECT_THAT(BreakEvenSentence(slower, NameMarks::kBackticks),
              HasSubstr("over `wan`: `ultrahonk-bbjs-wasm` on `laptop` is "));
  // As many constraints of another key are other work.
  for (RunData& run : results.runs) {
    if (run.result.parameters.at("prover") == "ultrahonk-bbjs-wasm") {
      run.result.finished.facts["keys.sha256"] = "another";
    }
  }
  EXPECT_TRUE(Build(results).across.empty());
  // A circuit without a size is one statement, whoever proves it, and this prover is the client's
  // alone.
  for (RunData& run : results.runs) {
    if (run.result.parameters.count("size") == 0) continue;
    run.result.parameters.erase("size");
    run.result.parameters["circuit"] = "age";
  }
  report = Build(results);
  EXPECT_THAT(BreakEvenSentence(report.across.at(0), NameMarks::kPlain),
              HasSubstr("age: ultrahonk-bb on tee-1 is "));
}

TEST(ProvingReportTest, SizesOfOneSideAreNotComparedAndSaid) {
  JobResults results = CannedProvingSweep();
  std::erase_if(results.runs, [](const RunData& run) {
    return run.result.parameters.at("mode") == "remote" && run.result.parameters.count("size") &&
           run.result.parameters.at("size") == "14";
  });
  const ProvingReport report = Build(results);
  EXPECT_THAT(Over(report, "wan")->one_sided, ElementsAre("chain 2^14 locally alone"));
  EXPECT_EQ(Over(report, "wan")->sizes.size(), 2u);
}

TEST(ProvingReportTest, AJobWithoutProvingRunsIsAClearError) {
  CliHarness cli;
  cli.fleet.results[12].runs.erase(cli.fleet.results[12].runs.begin());
  std::erase_if(cli.fleet.results[12].runs,
                [](const RunData& run) { return run.result.workload == "proving.prove"; });
  EXPECT_EQ(cli.Run({"report", "12", "--kind", "proving"}), 1);
  EXPECT_EQ(
      cli.err,
      "benchctl: job 12 has no results of proving.prove: --kind proving has nothing to show\n");
  JobResults failed = CannedProvingSweep();
  std::erase_if(failed.runs,
                [](const RunData& run) { return run.result.finished.outcome == Outcome::kOk; });
  EXPECT_THAT(std::string(BuildProvingReport(failed).status().message()),
              HasSubstr("no proving run of job 31 has succeeded (benchctl logs 31 --failed"));
}

TEST(ProvingReportTest, AnUnknownKindNamesTheNearest) {
  CliHarness cli;
  EXPECT_NE(cli.Run({"report", "12", "--kind", "provign"}), 0);
  EXPECT_THAT(cli.err, HasSubstr("'provign' is not one of general, proving (did you mean "
                                 "'proving'?)"));
}

TEST(ProvingReportTest, TimesThatAreNotAboveZeroAreRefused) {
  JobResults results = CannedProvingSweep();
  for (SampleChunk& chunk : results.runs[0].chunks) {
    if (chunk.metric != "latency") continue;
    chunk.payload = std::string(chunk.payload.size(), '\0');
  }
  EXPECT_THAT(std::string(BuildProvingReport(results).status().message()),
              HasSubstr("ultrahonk-bb chain 2^10"));
}

TEST(ProvingReportTest, OlderRunsWithoutModesAreLocal) {
  const auto report = BuildProvingReport(CannedSweep());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->rows.size(), 2u);
  EXPECT_TRUE(report->comparisons.empty());
  EXPECT_EQ(report->rows[0].setting.How(), "local");
  EXPECT_GT(report->other_runs, 0u);
}

TEST(ProvingReportTest, WhatAPersonAndAProgramSee) {
  CliHarness cli;
  cli.fleet.jobs.insert(cli.fleet.jobs.begin(),
                        CannedStatus(31, "proving-sweep", State::kDone, 98, 100));
  cli.fleet.results[31] = CannedProvingSweep();
  const std::vector<std::string> command = {"report", "31", "--kind", "proving"};
  const auto as = [&](const char* format) {
    std::vector<std::string> words = command;
    words.insert(words.end(), {"--format", format});
    return words;
  };
  ExpectGolden("proving.txt", cli.Transcript(command));
  ExpectGolden("proving.md", cli.Transcript(as("markdown")));
  ExpectGolden("proving.csv", cli.Transcript(as("csv")));
  ExpectGolden("proving.json", cli.Transcript(as("json")));
  EXPECT_EQ(cli.Run(as("json")), 0);
  const nlohmann::json document = nlohmann::json::parse(cli.out);
  EXPECT_EQ(document["kind"], "proving");
  EXPECT_EQ(document["comparisons"].size(), 3u);
  EXPECT_EQ(document["across_provers"].size(), 2u);
  cli.fleet.results[31].job.spec.budgets = {{"latency", "median", "1ns", ""}};
  EXPECT_EQ(cli.Run(command), 3);
}

}  // namespace
}  // namespace benchfleet
