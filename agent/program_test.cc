// bench-agent as a person starts it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/certificate.h"
#include "base/subprocess.h"

namespace benchfleet {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest() : directory_(::testing::TempDir() + "program_test") {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    spawner_ = *Spawner::Start();
    const std::string bin = std::getenv("BENCHFLEET_BIN_DIR");
    agent_ = bin + "/bench-agent";
    // A list, and no run: enough for an agent without a coordinator.
    WriteFile("runner", "#!/bin/sh\necho '{\"workloads\":[{\"name\":\"none\"}]}'\n");
    std::filesystem::permissions(directory_ + "/runner", std::filesystem::perms::owner_all);
  }
  ~ProgramTest() override {
    spawner_ = nullptr;
    std::filesystem::remove_all(directory_);
  }

  std::string WriteFile(const std::string& name, const std::string& text) {
    const std::string path = directory_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  std::vector<std::string> Arguments(std::vector<std::string> more) {
    std::vector<std::string> arguments = {agent_, "--state-dir", state_dir_, "--runner", runner_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  CommandResult Run(const std::vector<std::string>& more) {
    auto result = RunCommand(*spawner_, Arguments(more));
    EXPECT_TRUE(result.ok()) << result.status();
    return *std::move(result);
  }
  // Its one complaint.
  std::string Refusal(const std::vector<std::string>& more) {
    const CommandResult result = Run(more);
    EXPECT_FALSE(result.timed_out);
    EXPECT_EQ(result.exit.code, 1);
    return result.errors.Text();
  }
  std::string Certificate(const std::string& role, const std::string& name) {
    const auto authority = *MakeAuthority("fleet", absl::Hours(24), absl::Now());
    CertificateRequest request;
    request.identity = {role, name};
    request.validity = absl::Hours(1);
    const auto issued = *IssueCertificate(authority, request, absl::Now());
    WriteFile("ca.pem", authority.certificate_pem);
    WriteFile("key.pem", issued.key_pem);
    return WriteFile("cert.pem", issued.certificate_pem);
  }
  std::vector<std::string> Tls(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--ca", directory_ + "/ca.pem", "--cert", directory_ + "/cert.pem",
                             "--key", directory_ + "/key.pem"});
    return more;
  }

  const std::string directory_;
  std::string agent_;
  std::string state_dir_ = directory_ + "/state";
  std::string runner_ = directory_ + "/runner";
  std::unique_ptr<Spawner> spawner_;
};

TEST_F(ProgramTest, HelpAndVersion) {
  const CommandResult help = Run({"--help"});
  EXPECT_TRUE(help.succeeded());
  EXPECT_THAT(help.output.Text(), HasSubstr("BENCHFLEET_AGENT_STATE_DIR"));
  EXPECT_TRUE(Run({"--version"}).succeeded());
}

TEST_F(ProgramTest, SaysWhatIsMissingInOneLine) {
  EXPECT_THAT(Refusal({}), HasSubstr("fleet CA certificate"));
  Certificate("agent", "alpha");
  EXPECT_THAT(Refusal(Tls({"--name", "beta"})), HasSubstr("--name is 'beta' and the certificate"));
  Certificate("client", "alice");
  EXPECT_THAT(Refusal(Tls()), HasSubstr("is for the role 'client'"));
  EXPECT_THAT(Refusal({"--insecure-plaintext", "--coordinator", "192.0.2.1:7443"}),
              HasSubstr("loopback"));
  EXPECT_THAT(Refusal({"--insecure-plaintext", "--log-level", "chatty"}), HasSubstr("chatty"));
  EXPECT_THAT(Refusal({"--insecure-plaintext", "--spool-limit", "1KiB"}),
              HasSubstr("--spool-limit: at least 4MiB"));
  runner_ = "/no/such/bench-runner";
  EXPECT_THAT(Refusal({"--insecure-plaintext"}), HasSubstr(runner_));
  state_dir_ = "/proc/nowhere";
  EXPECT_THAT(Refusal({"--insecure-plaintext"}), HasSubstr("--state-dir"));
}

TEST_F(ProgramTest, ARunnerWithoutAListIsSaidSo) {
  WriteFile("runner", "#!/bin/sh\necho 'Segmentation fault' >&2\nexit 139\n");
  EXPECT_THAT(Refusal({"--insecure-plaintext"}), HasSubstr("what this host can run"));
  WriteFile("runner", "#!/bin/sh\necho 'not JSON'\n");
  EXPECT_THAT(Refusal({"--insecure-plaintext"}), HasSubstr("what this host can run"));
}

TEST_F(ProgramTest, TermEndsItWithoutACoordinatorAndASecondAgentIsTurnedAway) {
  SpawnRequest request;
  request.argv = Arguments({"--insecure-plaintext", "--coordinator", "127.0.0.1:1", "--name", "a"});
  const auto id = spawner_->Spawn(request);
  ASSERT_TRUE(id.ok()) << id.status();
  while (!std::filesystem::exists(directory_ + "/state/scratch")) {
    ASSERT_FALSE(spawner_->TryWait(*id).has_value());
    absl::SleepFor(absl::Milliseconds(10));
  }
  EXPECT_THAT(Refusal({"--insecure-plaintext"}), HasSubstr("is another agent using it?"));
  ASSERT_TRUE(spawner_->Signal(*id, SIGTERM).ok());
  const auto exit = spawner_->Wait(*id);
  ASSERT_TRUE(exit.ok());
  EXPECT_TRUE(exit->succeeded()) << exit->Describe();
}

}  // namespace
}  // namespace benchfleet
