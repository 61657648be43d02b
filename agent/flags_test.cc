#include "agent/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace benchfleet {
namespace {

using ::testing::HasSubstr;

class FlagsTest : public ::testing::Test {
 protected:
  ~FlagsTest() override {
    for (const std::string& name : set_) unsetenv(name.c_str());
  }
  void SetEnv(const std::string& name, const std::string& value) {
    set_.push_back(name);
    setenv(name.c_str(), value.c_str(), 1);
  }
  static AgentFlags Parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "bench-agent");
    return ParseFlags(static_cast<int>(arguments.size()), arguments.data());
  }
  // What a mistake says, in one line.
  static std::string Mistake(const std::vector<const char*>& arguments) {
    ::testing::internal::CaptureStderr();
    const AgentFlags flags = Parse(arguments);
    const std::string said = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(flags.exit_code, 1) << said;
    return said;
  }

  std::vector<std::string> set_;
};

TEST_F(FlagsTest, Defaults) {
  const AgentFlags flags = Parse({});
  EXPECT_FALSE(flags.exit_code.has_value());
  EXPECT_EQ(flags.options.coordinator, "127.0.0.1:7443");
  EXPECT_EQ(flags.options.state_dir, "/var/lib/benchfleet-agent");
  EXPECT_EQ(flags.options.spool_limit_bytes, 1u << 30);
  EXPECT_EQ(flags.options.drain_timeout, absl::Seconds(60));
  EXPECT_FALSE(flags.options.tls.insecure_plaintext);
}

TEST_F(FlagsTest, CommandLine) {
  const AgentFlags flags = Parse({"--label", "kind=tee", "--label", "rack=a=b", "--spool-limit",
                                  "64MiB", "--drain-timeout", "2m30s"});
  EXPECT_EQ(flags.options.labels, (StringMap{{"kind", "tee"}, {"rack", "a=b"}}));
  EXPECT_EQ(flags.options.spool_limit_bytes, 64u << 20);
  EXPECT_EQ(flags.options.drain_timeout, absl::Seconds(150));
}

TEST_F(FlagsTest, EveryFlagHasATwinInTheEnvironment) {
  SetEnv("BENCHFLEET_AGENT_STATE_DIR", "/srv/state");
  SetEnv("BENCHFLEET_AGENT_LABEL", "kind=local,rack=a");
  SetEnv("BENCHFLEET_AGENT_SPOOL_LIMIT", "8MiB");
  SetEnv("BENCHFLEET_AGENT_INSECURE_PLAINTEXT", "true");
  const AgentFlags flags = Parse({"--spool-limit", "9MiB"});
  EXPECT_EQ(flags.options.state_dir, "/srv/state");
  EXPECT_EQ(flags.options.labels, (StringMap{{"kind", "local"}, {"rack", "a"}}));
  EXPECT_EQ(flags.options.spool_limit_bytes, 9u << 20);  // the command line wins
  EXPECT_TRUE(flags.options.tls.insecure_plaintext);
}

TEST_F(FlagsTest, ConfigFile) {
  const std::string path = ::testing::TempDir() + "flags_test.conf";
  std::ofstream(path) << "coordinator=bench.example.org:7443\nlabel=kind=tee\nstate-dir=/srv/x\n";
  const AgentFlags flags = Parse({"--config", path.c_str(), "--state-dir", "/srv/y"});
  EXPECT_EQ(flags.options.coordinator, "bench.example.org:7443");
  EXPECT_EQ(flags.options.labels, (StringMap{{"kind", "tee"}}));
  EXPECT_EQ(flags.options.state_dir, "/srv/y");
}

TEST_F(FlagsTest, AMisspeltNameInTheConfigFileIsNotPassedOver) {
  const std::string path = ::testing::TempDir() + "flags_test.conf";
  std::ofstream(path) << "lebel=kind=tee\n";
  EXPECT_EQ(Mistake({"--config", path.c_str()}), "bench-agent: --config " + path +
                                                     ": unknown name 'lebel' (did you mean "
                                                     "'label'?)\n");
  EXPECT_THAT(Mistake({"--config", "/no/such/file"}), HasSubstr("/no/such/file"));
}

TEST_F(FlagsTest, MistakesAreNamed) {
  EXPECT_THAT(Mistake({"--label", "tee"}),
              HasSubstr("--label: 'tee' is not of the form key=value"));
  EXPECT_THAT(Mistake({"--spool-limit", "lots"}), HasSubstr("--spool-limit"));
  EXPECT_THAT(Mistake({"--drain-timeout", "60"}), HasSubstr("--drain-timeout"));
  EXPECT_THAT(Mistake({"--stat-dir", "/x"}), HasSubstr("(did you mean '--state-dir'?)"));
}

}  // namespace
}  // namespace benchfleet
