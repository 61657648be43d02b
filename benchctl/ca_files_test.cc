#include "benchctl/ca_files.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/status.h"
#include "benchctl/cli_harness.h"
#include "benchctl/test_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

int ModeOf(const fs::path& path) {
  struct stat info = {};
  EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
  return static_cast<int>(info.st_mode & 0777);
}

class CaFilesTest : public ::testing::Test {
 protected:
  CaFilesTest() {
    std::string pattern = TestDirectory() + "/caXXXXXX";
    dir_ = mkdtemp(pattern.data());
  }
  ~CaFilesTest() override { fs::remove_all(dir_); }

  int Init(const std::string& dir) {
    return cli_.Run({"ca", "init", "--dir", (dir_ / dir).string()});
  }
  int Issue(const std::string& role, const std::string& name, const std::string& out,
            std::vector<std::string> more = {}) {
    std::vector<std::string> line = {
        "ca",     "issue", "--dir", (dir_ / "ca").string(), "--role", role,
        "--name", name,    "--out", (dir_ / out).string()};
    line.insert(line.end(), more.begin(), more.end());
    return cli_.Run(line);
  }

  fs::path dir_;
  CliHarness cli_;
};

TEST_F(CaFilesTest, AFleetIsMadeOfFourCommands) {
  ASSERT_EQ(Init("ca"), 0) << cli_.err;
  ASSERT_EQ(Issue("coordinator", "main", "c", {"--address", "bench.example.org"}), 0) << cli_.err;
  ASSERT_EQ(Issue("agent", "local-1", "a"), 0) << cli_.err;
  ASSERT_EQ(Issue("client", "alice", "cfg", {"--file-name", "client"}), 0) << cli_.err;
  EXPECT_EQ(cli_.out, "");
  EXPECT_EQ(*IdentityOfCertificate(Read(dir_ / "c/main.pem")), (Identity{"coordinator", "main"}));
  EXPECT_EQ(*IdentityOfCertificate(Read(dir_ / "a/local-1.pem")), (Identity{"agent", "local-1"}));
  EXPECT_EQ(*IdentityOfCertificate(Read(dir_ / "cfg/client.pem")), (Identity{"client", "alice"}));
  for (const char* copy : {"c/ca.pem", "a/ca.pem", "cfg/ca.pem"}) {
    EXPECT_EQ(Read(dir_ / copy), Read(dir_ / "ca/ca.pem"));
  }
}

TEST_F(CaFilesTest, KeysAreTheirOwnersAlone) {
  ASSERT_EQ(Init("ca"), 0);
  ASSERT_EQ(Issue("agent", "local-1", "a"), 0);
  EXPECT_EQ(ModeOf(dir_ / "ca/ca.key"), 0600);
  EXPECT_EQ(ModeOf(dir_ / "a/local-1.key"), 0600);
  EXPECT_EQ(ModeOf(dir_ / "ca"), 0700);
}

TEST_F(CaFilesTest, NothingIsOverwritten) {
  ASSERT_EQ(Init("ca"), 0);
  const std::string key = Read(dir_ / "ca/ca.key");
  EXPECT_EQ(Init("ca"), 1);
  EXPECT_EQ(cli_.err, "benchctl: '" + (dir_ / "ca/ca.key").string() +
                          "' exists already and is never overwritten (remove it first, if it is "
                          "really to go)\n");
  EXPECT_EQ(Read(dir_ / "ca/ca.key"), key);
  ASSERT_EQ(Issue("agent", "x", "a"), 0);
  const std::string certificate = Read(dir_ / "a/x.pem");
  EXPECT_EQ(Issue("agent", "x", "a"), 1);
  EXPECT_EQ(Read(dir_ / "a/x.pem"), certificate);
}

TEST_F(CaFilesTest, AFailureLeavesNothingBehind) {
  ASSERT_EQ(Init("ca"), 0);
  fs::create_directory(dir_ / "a");
  std::ofstream(dir_ / "a/x.pem") << "mine";
  EXPECT_EQ(Issue("agent", "x", "a"), 1);
  EXPECT_FALSE(fs::exists(dir_ / "a/x.key"));
  EXPECT_EQ(Read(dir_ / "a/x.pem"), "mine");
  std::ofstream(dir_ / "a/ca.pem") << "of another fleet";
  EXPECT_EQ(Issue("agent", "y", "a"), 1);
  EXPECT_THAT(cli_.err, HasSubstr("is the certificate of another authority"));
  EXPECT_FALSE(fs::exists(dir_ / "a/y.key"));
  EXPECT_FALSE(fs::exists(dir_ / "a/y.pem"));
}

TEST_F(CaFilesTest, SlipsAreNamed) {
  EXPECT_EQ(Issue("agent", "x", "a"), 1);
  EXPECT_THAT(cli_.err, HasSubstr("there is no authority in '"));
  EXPECT_THAT(cli_.err, HasSubstr("(make one with: benchctl ca init --dir "));
  ASSERT_EQ(Init("ca"), 0);
  EXPECT_EQ(Issue("agents", "x", "a"), 2);
  EXPECT_THAT(cli_.err, HasSubstr("--role: 'agents' is not one of agent, coordinator, client (did "
                                  "you mean 'agent'?)"));
  EXPECT_EQ(Issue("agent", "x/y", "a"), 1);
  EXPECT_THAT(cli_.err, HasSubstr("'x/y' is not a name for a certificate"));
  EXPECT_EQ(Issue("agent", "ca", "a"), 1);
  EXPECT_EQ(Issue("client", "x", "a", {"--file-name", "../x"}), 1);
  EXPECT_THAT(cli_.err, HasSubstr("--file-name '../x' is a path"));
  EXPECT_EQ(Issue("agent", "x", "a", {"--validity", "4000d"}), 1);
  EXPECT_THAT(cli_.err, HasSubstr("would outlive its authority"));
  EXPECT_EQ(Issue("agent", "x", "a", {"--validity", "1"}), 2);
  EXPECT_EQ(cli_.Run({"ca", "issue", "--dir", "x"}), 2);
  EXPECT_EQ(cli_.Run({"ca", "init", "--dir", "/proc/no/such"}), 1);
  EXPECT_FALSE(fs::exists(dir_ / "a"));
}

TEST_F(CaFilesTest, ValidityIsInDays) {
  ASSERT_EQ(Init("ca"), 0);
  ASSERT_EQ(Issue("agent", "x", "a", {"--validity", "30d"}), 0);
  EXPECT_EQ(*EndOfCertificate(Read(dir_ / "a/x.pem")), CannedNow() + absl::Hours(24 * 30));
}

}  // namespace
}  // namespace benchfleet
