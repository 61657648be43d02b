// benchctl as people meet it: command lines in, text and exit codes out.
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "benchctl/cli_harness.h"
#include "benchctl/golden.h"
#include "benchctl/test_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A variable of the environment for the length of a test.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~ScopedVariable() { unsetenv(name_); }

 private:
  const char* name_;
};

class CliTest : public ::testing::Test {
 protected:
  // No configuration of the person who runs the tests.
  ScopedVariable config_{"BENCHFLEET_CONFIG_DIR", "/no/such/directory"};
  CliHarness cli_;
};

TEST_F(CliTest, HelpOfEveryCommand) {
  std::string text;
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{},
                                             {"submit"},
                                             {"run"},
                                             {"jobs"},
                                             {"watch"},
                                             {"logs"},
                                             {"cancel"},
                                             {"hosts"},
                                             {"hosts", "show"},
                                             {"hosts", "forget"},
                                             {"report"},
                                             {"ca"},
                                             {"ca", "init"},
                                             {"ca", "issue"},
                                             {"completion"},
                                             {"version"}}) {
    std::vector<std::string> arguments = command;
    arguments.push_back("--help");
    text += cli_.Transcript(arguments) + "\n";
  }
  ExpectGolden("help.txt", text);
}

TEST_F(CliTest, SlipsOnTheCommandLine) {
  std::string text;
  for (const std::vector<std::string>& line :
       std::vector<std::vector<std::string>>{{"job"},
                                             {"zebra"},
                                             {"report"},
                                             {"report", "12", "--fromat", "json"},
                                             {"report", "12", "--format", "jsn"},
                                             {"report", "12", "13"},
                                             {"hosts", "shw"},
                                             {"run", "ls", "/bin"},
                                             {"run", "crypto.sha256", "--runs", "many"},
                                             {"run", "crypto.sha256", "--runs", "0"},
                                             {"run", "crypto.sha256", "--param", "size"},
                                             {"run"},
                                             {"run", "x", "--", "y"},
                                             {"run", "x", "--max-time", "10"},
                                             {"jobs", "--limit", "-1"},
                                             {"--config", "/no/such.toml", "jobs"},
                                             {"completion", "tcsh"},
                                             {"ca"},
                                             {"watch", "--all"},
                                             {"jobs", "--name"}}) {
    text += cli_.Transcript(line) + "\n";
  }
  ExpectGolden("slips.txt", text);
}

TEST_F(CliTest, Jobs) {
  ExpectGolden("jobs.txt", cli_.Transcript({"jobs"}));
  ExpectGolden("jobs.md", cli_.Transcript({"jobs", "--format", "markdown"}));
  cli_.Run({"jobs", "--name", "soak", "--format", "json"});
  const nlohmann::json jobs = nlohmann::json::parse(cli_.out);
  ASSERT_EQ(jobs.size(), 1u);
  EXPECT_EQ(jobs[0]["job"], 14);
  EXPECT_EQ(jobs[0]["state"], "failed");
  EXPECT_EQ(jobs[0]["created_at"], "2026-11-21T06:29:00Z");
  EXPECT_THAT(cli_.err, IsEmpty());
}

TEST_F(CliTest, Hosts) {
  ExpectGolden("hosts.txt", cli_.Transcript({"hosts"}));
  ExpectGolden("hosts_show.txt",
               cli_.Transcript({"hosts", "show", "local-1"}) + "\n" +
                   cli_.Transcript({"hosts", "show", "vm-2"}) + "\n" +
                   cli_.Transcript({"hosts", "show", "local-2"}) + "\n" +
                   cli_.Transcript({"hosts", "--match", "name=vm-2", "--format", "csv"}));
  cli_.Run({"hosts", "show", "local-1", "--format", "json"});
  EXPECT_EQ(nlohmann::json::parse(cli_.out)["state_changes"][0]["fields"][1]["after"],
            "performance");
}

TEST_F(CliTest, NothingThereYet) {
  cli_.fleet = FakeFleet();
  ExpectGolden("empty_fleet.txt", cli_.Transcript({"jobs"}) + cli_.Transcript({"hosts"}) +
                                      cli_.Transcript({"hosts", "--match", "kind=tee"}) +
                                      cli_.Transcript({"report", "latest"}) +
                                      cli_.Transcript({"report", "12"}) +
                                      cli_.Transcript({"jobs", "--format", "json"}));
}

TEST_F(CliTest, AJobIsFoundByNumberNameOrLatest) {
  EXPECT_EQ(cli_.Run({"cancel", "13"}), 0);
  EXPECT_EQ(cli_.Run({"cancel", "prove-age", "--reason", "wrong revision"}), 0);
  for (JobStatus& job : cli_.fleet.jobs) {
    if (job.job == JobId{14}) job.created_at += absl::Seconds(1);
  }
  EXPECT_EQ(cli_.Run({"cancel", "latest"}), 0);
  EXPECT_THAT(cli_.fleet.cancelled,
              ElementsAre(std::pair{JobId{13}, ""}, std::pair{JobId{13}, "wrong revision"},
                          std::pair{JobId{14}, ""}));
  EXPECT_EQ(cli_.Run({"cancel", "prove-agee"}), 1);
  EXPECT_EQ(cli_.err,
            "benchctl: no job is called 'prove-agee', expected a job's number, its name or "
            "'latest' (did you mean 'prove-age'?) (see: benchctl jobs)\n");
}

TEST_F(CliTest, DryRunPrintsThePlan) {
  const std::string path = WriteTestFile("plan.yaml", "workloads: [{name: crypto.sha256}]\n");
  EXPECT_EQ(cli_.Run({"submit", path, "--dry-run"}), 0);
  ExpectGolden("plan.txt", cli_.out + cli_.err);
  EXPECT_THAT(cli_.fleet.dry_runs, ElementsAre(true));
  cli_.Run({"submit", path, "--dry-run", "--format", "json"});
  const nlohmann::json plan = nlohmann::json::parse(cli_.out);
  EXPECT_EQ(plan["job"], nullptr);
  EXPECT_EQ(plan["plan"][1]["host_away"], true);
  EXPECT_EQ(plan["plan"][1]["expected_seconds"], nullptr);
}

TEST_F(CliTest, SubmitPrintsTheJobsNumberAlone) {
  const std::string path =
      WriteTestFile("submit.yaml", "name: x-${TAG}\nworkloads: [{name: crypto.sha256}]\n");
  EXPECT_EQ(cli_.Run({"submit", path, "--set", "TAG=a=b"}), 0);
  EXPECT_EQ(cli_.out, "15\n");
  EXPECT_EQ(cli_.err, "4 runs of 2 tasks, about 1m21s and 2 never seen before, seed 42\n");
  ASSERT_EQ(cli_.fleet.submitted.size(), 1u);
  EXPECT_EQ(cli_.fleet.submitted[0].name, "x-a=b");
}

TEST_F(CliTest, ABadJobFileCreatesNothing) {
  const std::string path = WriteTestFile("bad.yaml", "workloads: [{nam: crypto.sha256}]\n");
  EXPECT_EQ(cli_.Run({"submit", path}), 1);
  EXPECT_EQ(cli_.err, "benchctl: " + path +
                          ":1:14: unknown key 'nam' in workloads[0], expected name, parameters, "
                          "command (did you mean 'name'?)\n");
  const std::string good = WriteTestFile("good.yaml", "name: a-${TAG}\nworkloads: [{name: w}]\n");
  EXPECT_EQ(cli_.Run({"submit", good, "--set", "TAG=1", "--set", "TAGS=2"}), 1);
  EXPECT_EQ(cli_.err,
            "benchctl: --set TAGS: '" + good + "' has no ${TAGS} (did you mean 'TAG'?)\n");
  EXPECT_EQ(cli_.Run({"submit", good, "--set", "=1"}), 1);
  EXPECT_THAT(cli_.fleet.submitted, IsEmpty());
}

TEST_F(CliTest, WhatTheCoordinatorRefusesNamesTheFile) {
  const std::string path = WriteTestFile("refused.yaml", "workloads: [{name: w}]\n");
  cli_.fleet.broken = absl::InvalidArgumentError("host 'local-1' has no workload 'w'");
  EXPECT_EQ(cli_.Run({"submit", path}), 1);
  EXPECT_EQ(cli_.err, "benchctl: " + path + ": host 'local-1' has no workload 'w'\n");
  cli_.fleet.broken = absl::InvalidArgumentError("workloads[0].name: host 'local-1' has none");
  EXPECT_EQ(cli_.Run({"submit", path}), 1);
  EXPECT_EQ(cli_.err, "benchctl: " + path + ":1:20: host 'local-1' has none\n");
  // With --on, since without it the hosts are asked for first. A command has no file to point into.
  EXPECT_EQ(cli_.Run({"run", "--on", "kind=local", "w"}), 1);
  EXPECT_EQ(cli_.err, "benchctl: host 'local-1' has none\n");
  EXPECT_THAT(cli_.out, IsEmpty());
}

TEST_F(CliTest, RunMakesAJobOfACommand) {
  cli_.fleet.plays = {{{CannedStatus(15, "sh", State::kDone, 4, 4)}, absl::OkStatus()}};
  cli_.fleet.results[15] = CannedSweep();
  EXPECT_EQ(cli_.Run({"run", "--on", "kind=local", "--runs", "2", "--format", "csv", "--", "sh",
                      "-c", "sha256sum --tag /bin/ls", "--help"}),
            0);
  ASSERT_EQ(cli_.fleet.submitted.size(), 1u);
  const JobSpec& spec = cli_.fleet.submitted[0];
  EXPECT_EQ(spec.name, "sh");
  EXPECT_EQ(spec.workloads[0].name, "exec");
  EXPECT_THAT(spec.workloads[0].command,
              ElementsAre("sh", "-c", "sha256sum --tag /bin/ls", "--help"));
  EXPECT_EQ(spec.hosts[0].match, "kind=local");
  EXPECT_FALSE(spec.hosts[0].connected);  // who is named is waited for
  EXPECT_THAT(cli_.err, Not(HasSubstr("left out")));
  EXPECT_EQ(spec.runs, 2u);
  EXPECT_EQ(spec.measurement.min_samples, 10u);
  EXPECT_EQ(spec.measurement.max_samples, 10u);
  EXPECT_THAT(cli_.out, HasSubstr("12,local-1,proving.prove,"));
}

TEST_F(CliTest, RunSweepsAWorkload) {
  cli_.fleet.plays = {{{CannedStatus(15, "crypto.sha256", State::kDone, 4, 4)}, absl::OkStatus()}};
  cli_.fleet.results[15] = CannedSweep();
  EXPECT_EQ(cli_.Run({"run", "crypto.sha256", "--param", "size=1KiB,64KiB", "--param",
                      "x=", "--samples", "30", "--max-time", "5s"}),
            0);
  const JobSpec& spec = cli_.fleet.submitted[0];
  EXPECT_THAT(spec.workloads[0].parameters.at("size"), ElementsAre("1KiB", "64KiB"));
  EXPECT_THAT(spec.workloads[0].parameters.at("x"), ElementsAre(""));
  EXPECT_EQ(spec.measurement.min_samples, 30u);
  EXPECT_EQ(spec.measurement.max_samples, 0u);
  EXPECT_EQ(spec.measurement.max_time, absl::Seconds(5));
  EXPECT_EQ(spec.hosts[0].match, "");
}

TEST_F(CliTest, RunWithoutSelectorWaitsForNobodyWhoIsAway) {
  cli_.fleet.plays = {{{CannedStatus(15, "sh", State::kDone, 4, 4)}, absl::OkStatus()}};
  cli_.fleet.results[15] = CannedSweep();
  cli_.fleet.hosts.resize(2);
  cli_.fleet.hosts[0].connected = true;
  cli_.fleet.hosts[1].connected = false;
  const std::string away = cli_.fleet.hosts[1].name;
  EXPECT_EQ(cli_.Run({"run", "--", "true"}), 0);
  EXPECT_TRUE(cli_.fleet.submitted.at(0).hosts[0].connected);
  EXPECT_THAT(cli_.err, HasSubstr("left out, because away: " + away +
                                  " (to wait for one: --on name=" + away + ")\n"));
  cli_.fleet.hosts[0].connected = false;
  EXPECT_EQ(cli_.Run({"run", "--", "true"}), 1);
  EXPECT_THAT(cli_.err, HasSubstr("benchctl: no host is connected (away: "));
  EXPECT_EQ(cli_.fleet.submitted.size(), 1u);
}

TEST_F(CliTest, AHostIsForgotten) {
  cli_.fleet.hosts[0].connected = false;
  const std::string name = cli_.fleet.hosts[0].name;
  EXPECT_EQ(cli_.Run({"hosts", "forget", name}), 0);
  EXPECT_THAT(cli_.out, IsEmpty());
  EXPECT_EQ(cli_.err, "host " + name +
                          " is forgotten; what it measured stays, and it is there "
                          "again when its agent connects again\n");
  EXPECT_EQ(cli_.Run({"hosts", "forget", name}), 1);
  EXPECT_EQ(cli_.err, "benchctl: no host is called '" + name + "'\n");
}

TEST_F(CliTest, AFailedJobExitsWithFive) {
  cli_.fleet.plays = {{{CannedStatus(15, "sh", State::kFailed, 1, 4)}, absl::OkStatus()}};
  cli_.fleet.results[15] = CannedSweep();
  EXPECT_EQ(cli_.Run({"run", "--", "false"}), 5);
  cli_.fleet.plays.push_back(
      {{CannedStatus(13, "prove-age", State::kCancelled, 1, 4)}, absl::OkStatus()});
  EXPECT_EQ(cli_.Run({"watch", "13"}), 5);
}

TEST_F(CliTest, EnvironmentTwinsAndTheConfigurationFile) {
  const std::string dir = TestDirectory();
  WriteTestFile("benchctl.toml", "coordinator = \"from.file:1\"\ncert = \"file.pem\"\n");
  ScopedVariable config("BENCHFLEET_CONFIG_DIR", dir);
  cli_.Run({"jobs"});
  EXPECT_EQ(cli_.address, "from.file:1");
  EXPECT_EQ(cli_.tls.ca, dir + "/ca.pem");
  EXPECT_EQ(cli_.tls.certificate, "file.pem");
  EXPECT_EQ(cli_.tls.key, dir + "/client.key");
  ScopedVariable coordinator("BENCHFLEET_COORDINATOR", "from.environment:2");
  ScopedVariable limit("BENCHFLEET_JOBS_LIMIT", "1");
  ScopedVariable format("BENCHFLEET_FORMAT", "json");
  cli_.Run({"jobs"});
  EXPECT_EQ(cli_.address, "from.environment:2");
  EXPECT_EQ(nlohmann::json::parse(cli_.out).size(), 1u);
  cli_.Run({"jobs", "--coordinator", "from.flag:3"});
  EXPECT_EQ(cli_.address, "from.flag:3");
  WriteTestFile("benchctl.toml", "formt = \"json\"\n");
  EXPECT_EQ(cli_.Run({"jobs"}), 2);
  EXPECT_EQ(cli_.err,
            "benchctl: the configuration file names the unknown flag 'formt' (did you mean "
            "'format'?) (see: benchctl jobs --help)\n");
}

TEST_F(CliTest, ATwinIsReadByItsOwnCommandAndNamedWhenItIsWrong) {
  ScopedVariable runs("BENCHFLEET_RUN_RUNS", "abc");
  EXPECT_EQ(cli_.Run({"hosts"}), 0) << cli_.err;
  EXPECT_EQ(cli_.Run({"run", "crypto.sha256"}), 2);
  EXPECT_EQ(cli_.err,
            "benchctl: BENCHFLEET_RUN_RUNS: 'abc' is not a whole number of at most 4294967295 "
            "(see: benchctl run --help)\n");
  EXPECT_EQ(cli_.Run({"run", "crypto.sha256", "--runs", "abd"}), 2);
  EXPECT_THAT(cli_.err, HasSubstr("benchctl: --runs: 'abd' is not a whole number"));
  {
    ScopedVariable no_color("BENCHFLEET_NO_COLOR", "maybe");
    EXPECT_EQ(cli_.Run({"hosts"}), 2);
    EXPECT_EQ(cli_.err,
              "benchctl: BENCHFLEET_NO_COLOR: 'maybe' is neither true nor false (see: benchctl "
              "hosts --help)\n");
  }
  ScopedVariable no_color("BENCHFLEET_NO_COLOR", "true");
  EXPECT_EQ(cli_.Run({"hosts"}), 0) << cli_.err;
  ScopedVariable format("BENCHFLEET_FORMAT", "jsn");
  EXPECT_EQ(cli_.Run({"hosts"}), 2);
  EXPECT_THAT(cli_.err, HasSubstr("BENCHFLEET_FORMAT: 'jsn' is not one of table, json"));
  EXPECT_EQ(cli_.Run({"hosts", "--format", "json"}), 0) << cli_.err;
}

TEST_F(CliTest, AFormatThatACommandLacksIsRefusedByName) {
  const auto refusal = [&](std::vector<std::string> arguments) {
    EXPECT_EQ(cli_.Run(arguments), 2);
    EXPECT_THAT(cli_.out, IsEmpty());
    return cli_.err;
  };
  EXPECT_EQ(refusal({"watch", "13", "--format", "csv"}),
            "benchctl: --format csv: watch has no such format, expected table or json (see: "
            "benchctl watch --help)\n");
  EXPECT_THAT(refusal({"--format=html", "version"}), HasSubstr("expected table or json"));
  EXPECT_THAT(refusal({"export", "12", "--format", "csv"}), HasSubstr("expected json"));
  EXPECT_THAT(refusal({"submit", "x.yaml", "--format", "csv"}),
              HasSubstr("expected table or json"));
  EXPECT_THAT(refusal({"cancel", "12", "--format", "json"}), HasSubstr("cancel prints no results"));
  // What is preferred in general does not stand in the way.
  ScopedVariable format("BENCHFLEET_FORMAT", "csv");
  EXPECT_EQ(cli_.Run({"version"}), 0);
  EXPECT_THAT(cli_.out, HasSubstr("benchctl "));
  EXPECT_EQ(cli_.Run({"cancel", "12"}), 0) << cli_.err;
}

TEST_F(CliTest, VersionAndHelpAsPeopleTryThem) {
  EXPECT_EQ(cli_.Run({"version"}), 0);
  const std::string version = cli_.out;
  for (const char* flag : {"--version", "-V"}) {
    EXPECT_EQ(cli_.Run({flag}), 0) << flag;
    EXPECT_EQ(cli_.out, version);
    EXPECT_THAT(cli_.err, IsEmpty());
  }
  for (const std::vector<std::string>& path :
       std::vector<std::vector<std::string>>{{}, {"hosts"}, {"hosts", "show"}, {"submit"}}) {
    std::vector<std::string> by_flag = path;
    by_flag.push_back("--help");
    EXPECT_EQ(cli_.Run(by_flag), 0);
    const std::string help = cli_.out;
    std::vector<std::string> by_word = path;
    by_word.insert(by_word.begin(), "help");
    EXPECT_EQ(cli_.Run(by_word), 0) << cli_.err;
    EXPECT_EQ(cli_.out, help);
  }
  EXPECT_EQ(cli_.Run({"help", "hots"}), 2);
  EXPECT_THAT(cli_.err, HasSubstr("unknown command 'hots' (did you mean 'hosts'?)"));
}

TEST_F(CliTest, CompleteAnswersWithWordsAndNeverWithAnError) {
  const auto offers = [&](const std::string& kind, const std::string& prefix) {
    EXPECT_EQ(cli_.Run({"complete", kind, prefix}), 0);
    EXPECT_THAT(cli_.err, IsEmpty());
    return cli_.out;
  };
  EXPECT_EQ(offers("host", "vm"), "vm-2\n");
  EXPECT_THAT(offers("job", ""), HasSubstr("latest\n"));
  EXPECT_THAT(offers("job", "so"), "soak\n");
  EXPECT_EQ(offers("workload", "crypto.sh"), "crypto.sha256\n");
  EXPECT_EQ(offers("selector", "ki"), "kind=\n");
  EXPECT_EQ(offers("selector", "name=vm-2,kind=lo"), "name=vm-2,kind=local\n");
  EXPECT_THAT(offers("selector", "name=vm-2,kind="), HasSubstr("name=vm-2,kind=cloud-vm\n"));
  EXPECT_LE(cli_.fleet.limit, absl::Seconds(1));
  cli_.fleet.broken = absl::UnavailableError("nobody is there");
  EXPECT_EQ(offers("job", ""), "");
}

TEST_F(CliTest, PlaintextIsLoud) {
  cli_.Run({"jobs", "--insecure-plaintext"});
  EXPECT_TRUE(cli_.tls.insecure_plaintext);
  EXPECT_THAT(cli_.err, HasSubstr("WARNING: --insecure-plaintext"));
}

TEST_F(CliTest, ColourIsForTerminalsOnly) {
  cli_.Run({"report", "12"});
  EXPECT_EQ(cli_.out.find('\x1b'), std::string::npos);
  cli_.console.out_is_terminal = true;
  ScopedVariable term("TERM", "xterm");
  cli_.Run({"report", "12"});
  EXPECT_THAT(cli_.out, HasSubstr("\x1b[1m"));
  cli_.Run({"report", "12", "--no-color"});
  EXPECT_EQ(cli_.out.find('\x1b'), std::string::npos);
  ScopedVariable no_color("NO_COLOR", "1");
  cli_.Run({"report", "12"});
  EXPECT_EQ(cli_.out.find('\x1b'), std::string::npos);
}

TEST_F(CliTest, Logs) {
  ExpectGolden("logs.txt", cli_.Transcript({"logs", "12", "--failed"}) +
                               cli_.Transcript({"logs", "12", "--host", "vm-2"}) +
                               cli_.Transcript({"logs", "12", "--host", "nobody"}));
  cli_.Run({"logs", "12", "--format", "json", "--failed"});
  EXPECT_EQ(nlohmann::json::parse(cli_.out)[0]["outcome"], "timed out");
  cli_.Run({"logs", "12", "--format", "csv", "--failed"});
  EXPECT_THAT(cli_.out, HasSubstr("run,host,workload,parameters,repetition,attempt,outcome,message,"
                                  "stdout,stderr\n"));
  EXPECT_THAT(cli_.out, HasSubstr(",timed out,"));
  cli_.Run({"logs", "12", "--format", "markdown", "--failed"});
  EXPECT_THAT(cli_.out, HasSubstr("| timed out |"));
  cli_.Run({"logs", "12", "--format", "html", "--failed"});
  EXPECT_THAT(cli_.out, HasSubstr("<td>timed out</td>"));
}

TEST_F(CliTest, ErrorsOfTheWireAreOneLine) {
  cli_.fleet.broken = absl::UnavailableError("coordinator 127.0.0.1:7443 does not answer");
  for (const std::vector<std::string>& line :
       std::vector<std::vector<std::string>>{{"jobs"},
                                             {"hosts"},
                                             {"hosts", "show", "a"},
                                             {"watch", "1"},
                                             {"report", "latest"},
                                             {"cancel", "1"},
                                             {"logs", "1"},
                                             {"run", "--", "true"}}) {
    EXPECT_EQ(cli_.Run(line), 1) << line[0];
    EXPECT_EQ(cli_.err, "benchctl: coordinator 127.0.0.1:7443 does not answer\n") << line[0];
    EXPECT_THAT(cli_.out, IsEmpty()) << line[0];
  }
}

}  // namespace
}  // namespace benchfleet
