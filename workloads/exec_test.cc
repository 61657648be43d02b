#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"
#include "workloads/builtins.h"
#include "workloads/printed_metrics.h"
#include "workloads/testing.h"

namespace benchfleet {
namespace {

class ScratchDir {
 public:
  ScratchDir() {
    std::string pattern = testing::TempDir() + "/workloads-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~ScratchDir() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(ExecTest, MeasuresACommand) {
  const CollectingSink sink = RunBuiltin("exec", {{"argv", R"(["true"])"}});
  ASSERT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  for (const char* metric : {"latency", "user_time", "system_time", "rss_peak"}) {
    EXPECT_EQ(sink.Values(metric).size(), 3u) << metric;
  }
  EXPECT_GT(sink.Values("latency").front(), 0);
}

// A child's maximum resident set is at least that of the process it was started from: this test's
// ballast would show if it were the runner that starts programs.
TEST(ExecTest, PeakMemoryIsTheCommandsOwn) {
  const std::string ballast(100 << 20, 'x');
  const CollectingSink sink = RunBuiltin("exec", {{"argv", R"(["true"])"}});
  ASSERT_EQ(sink.Values("rss_peak").size(), 3u);
  EXPECT_LT(sink.Values("rss_peak").front(), 50e6);
  EXPECT_GT(sink.Values("rss_peak").front(), 100e3);
  EXPECT_EQ(ballast.back(), 'x');
}

TEST(ExecTest, AnUnexpectedExitCodeFailsTheRun) {
  const CollectingSink sink = RunBuiltin("exec", {{"argv", R"(["sh", "-c", "exit 3"])"}});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kFailed);
  EXPECT_EQ(sink.finished()->message, "exec: measuring: sh exited with code 3");
  const CollectingSink expected =
      RunBuiltin("exec", {{"argv", R"(["sh", "-c", "exit 3"])"}, {"expect_exit", "3"}});
  EXPECT_EQ(expected.finished()->outcome, Outcome::kOk) << expected.finished()->message;
}

TEST(ExecTest, ACrashingCommandFailsTheRun) {
  const CollectingSink sink = RunBuiltin("exec", {{"argv", R"(["sh", "-c", "kill -SEGV $$"])"}});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kFailed);
  EXPECT_NE(sink.finished()->message.find("killed by signal 11"), std::string::npos)
      << sink.finished()->message;
}

TEST(ExecTest, AProgramThatIsNotThereIsNotStarted) {
  const CollectingSink sink = RunBuiltin("exec", {{"argv", R"(["no-such-program"])"}});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kNotStarted);
  EXPECT_NE(sink.finished()->message.find("could not start no-such-program"), std::string::npos)
      << sink.finished()->message;
}

TEST(ExecTest, ADigestNamesWhatIsUnderTest) {
  const ScratchDir scratch;
  const auto digest_of = [&](const std::string& argv) {
    const CollectingSink sink = RunBuiltin("exec", {{"argv", argv}, {"cwd", scratch.path()}});
    EXPECT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
    const auto found = sink.finished()->facts.find("artefact.sha256");
    return found == sink.finished()->facts.end() ? std::string() : found->second;
  };
  std::filesystem::copy("/bin/true", scratch.path() + "/prove");
  const std::string plain = digest_of(R"(["./prove"])");
  EXPECT_EQ(plain.size(), 64u);
  EXPECT_EQ(digest_of(R"([")" + scratch.path() + R"(/prove", "--fast"])"), plain);
  std::ofstream(scratch.path() + "/input") << "1";
  const std::string with_input = digest_of(R"(["./prove", "input"])");
  EXPECT_EQ(with_input.size(), 64u);
  EXPECT_NE(with_input, plain);
  std::ofstream(scratch.path() + "/input") << "2";
  EXPECT_NE(digest_of(R"(["./prove", "input"])"), with_input);
  // A system's own programs, shells and scripts run something else: it is that which is under test.
  EXPECT_EQ(digest_of(R"(["sh", "-c", "./prove"])"), "");
  EXPECT_EQ(digest_of(R"(["/usr/bin/env", "./prove"])"), "");
  std::ofstream(scratch.path() + "/script") << "#!/bin/sh\n./prove\n";
  std::filesystem::permissions(scratch.path() + "/script", std::filesystem::perms::all);
  EXPECT_EQ(digest_of(R"(["./script"])"), "");
}

TEST(ExecTest, BadParametersAreNotStarted) {
  for (const StringMap& parameters :
       std::vector<StringMap>{{},
                              {{"argv", "ls"}},
                              {{"argv", "[]"}},
                              {{"argv", R"(["ls"])"}, {"env", "A"}},
                              {{"argv", R"(["ls"])"}, {"env", R"({"A=B": "c"})"}},
                              {{"argv", R"(["ls"])"}, {"expect_exit", "256"}}}) {
    EXPECT_EQ(RunBuiltin("exec", parameters).finished()->outcome, Outcome::kNotStarted);
  }
}

TEST(ExecTest, InputEnvironmentAndFolderReachTheCommand) {
  const ScratchDir scratch;
  const std::string script =
      R"(["sh", "-c", "read line && test $line = hello && test $MODE = fast && )"
      R"(test . -ef $BENCHFLEET_SCRATCH && touch seen"])";
  for (const char* adapter : {"none", "json"}) {
    const CollectingSink sink = RunBuiltin("exec",
                                           {{"argv", script},
                                            {"stdin", "hello\n"},
                                            {"env", R"({"MODE": "fast"})"},
                                            {"adapter", adapter}},
                                           scratch.path());
    EXPECT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
    EXPECT_TRUE(std::filesystem::remove(scratch.path() + "/seen"));
  }
}

TEST(ExecTest, PrintedMetricsBecomeMetricsOfTheRun) {
  const CollectingSink sink = RunBuiltin(
      "exec",
      {{"argv", R"(["printf", "starting\n{\"metric\":\"score\",\"value\":1.5,\"unit\":\"MB\",)"
                R"(\"direction\":\"higher\"}\n{\"metric\":\"steps\",\"value\":7}\n"])"},
       {"adapter", "json"}});
  ASSERT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  EXPECT_EQ(sink.Values("score"), std::vector<double>(3, 1.5));
  EXPECT_EQ(sink.Values("steps"), std::vector<double>(3, 7));
  const Metric score{"score", "MB", Direction::kHigherIsBetter, "", 0};
  EXPECT_EQ(sink.started()->metrics[4], score);
}

TEST(ExecTest, APrintedMetricMustNotHideAMeasuredOne) {
  const CollectingSink sink = RunBuiltin(
      "exec",
      {{"argv", R"(["echo", "{\"metric\":\"latency\",\"value\":1}"])"}, {"adapter", "json"}});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kFailed);
  EXPECT_NE(sink.finished()->message.find("'latency'"), std::string::npos);
}

TEST(ExecTest, AMetricThatComesLateFailsTheRun) {
  const ScratchDir scratch;
  const CollectingSink sink = RunBuiltin(
      "exec",
      {{"argv",
        R"(["sh", "-c", "test -e seen && echo '{\"metric\":\"late\",\"value\":1}'; touch seen"])"},
       {"adapter", "json"}},
      scratch.path());
  EXPECT_EQ(sink.finished()->outcome, Outcome::kFailed);
  EXPECT_NE(sink.finished()->message.find("'late'"), std::string::npos) << sink.finished()->message;
}

TEST(ExecTest, AFloodOfOutputIsBounded) {
  const StringMap flood = {{"argv", R"(["head", "-c", "3000000", "/dev/zero"])"},
                           {"adapter", "json"}};
  const CollectingSink sink = RunBuiltin("exec", flood);
  EXPECT_EQ(sink.finished()->outcome, Outcome::kFailed);
  EXPECT_NE(sink.finished()->message.find("printed 3000000 bytes"), std::string::npos);
}

TEST(PrintedMetricsTest, OtherLinesAreIgnored) {
  const auto values = ParsePrintedMetrics("hello\n{\"a\":1}\n[1]\n{not json\n\n");
  ASSERT_TRUE(values.ok());
  EXPECT_TRUE(values->empty());
}

TEST(PrintedMetricsTest, ASlipIsAnErrorThatNamesTheLine) {
  const std::pair<const char*, const char*> slips[] = {
      {R"({"metric":"a"})", "no number"},
      {R"({"metric":"a","value":"1"})", "no number"},
      {R"({"metric":1,"value":1})", "no text"},
      {R"({"metric":"","value":1})", "empty"},
      {R"({"metric":"a","value":1,"direction":"lowr"})", "did you mean 'lower'"},
      {R"({"metric":"a","value":1e999})", ""},
  };
  for (const auto& [line, reason] : slips) {
    const auto values = ParsePrintedMetrics(std::string("ok\n") + line);
    if (*reason == '\0') {  // not a number to the JSON parser: an ordinary line
      EXPECT_TRUE(values.ok() ? values->empty() : true) << line;
      continue;
    }
    ASSERT_FALSE(values.ok()) << line;
    EXPECT_NE(values.status().message().find("line 2"), std::string::npos);
    EXPECT_NE(values.status().message().find(reason), std::string::npos) << values.status();
  }
}

TEST(ProcessTest, StartsPrograms) {
  EXPECT_EQ(RunBuiltin("process.startup", {}).finished()->outcome, Outcome::kOk);
  const CollectingSink sink = RunBuiltin("process.startup", {{"command", R"(["sh", "-c", ":"])"}});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  EXPECT_EQ(sink.Values(kLatency).size(), 3u);
}

TEST(ProcessTest, AProgramThatIsNotThereOrFailsIsNoMeasurement) {
  EXPECT_EQ(RunBuiltin("process.startup", {{"command", "/no/such"}}).finished()->outcome,
            Outcome::kNotStarted);
  EXPECT_EQ(RunBuiltin("process.startup", {{"command", "/bin/false"}}).finished()->outcome,
            Outcome::kFailed);
  EXPECT_EQ(RunBuiltin("process.startup", {{"command", "[]"}}).finished()->outcome,
            Outcome::kNotStarted);
}

}  // namespace
}  // namespace benchfleet
