#include "benchctl/completion.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/status.h"
#include "benchctl/cli_harness.h"
#include "benchctl/test_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

bool Installed(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

std::string ScriptFile(const std::string& shell) {
  CliHarness cli;
  EXPECT_EQ(cli.Run({"completion", shell}), 0) << cli.err;
  const std::string path = TestDirectory() + "/benchctl_completion." + shell;
  std::ofstream(path) << cli.out;
  return path;
}

std::vector<std::string> Lines(const std::string& command) {
  std::vector<std::string> lines;
  std::FILE* pipe = popen(command.c_str(), "r");
  char line[512];
  while (pipe != nullptr && std::fgets(line, sizeof line, pipe) != nullptr) {
    lines.emplace_back(line);
    while (!lines.back().empty() && lines.back().back() == '\n') lines.back().pop_back();
  }
  EXPECT_TRUE(pipe != nullptr && pclose(pipe) == 0) << command;
  return lines;
}

// What bash offers for the words, of which the last one is being written.
// `answers` defines what the program itself says.
std::vector<std::string> BashOffers(const std::string& words,
                                    const std::string& answers = "benchctl() { :; };") {
  const std::string path = ScriptFile("bash");
  return Lines("cd / && bash -c '. " + path + "; COMP_WORDS=(" + words +
               "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); " + answers +
               " _benchctl; "
               "if [ ${#COMPREPLY[@]} -gt 0 ]; then printf \"%s\\n\" \"${COMPREPLY[@]}\"; fi'");
}

TEST(CompletionTest, BashKnowsCommandsFlagsAndValues) {
  if (!Installed("bash")) GTEST_SKIP() << "bash is not installed";
  EXPECT_THAT(BashOffers("benchctl re"), ElementsAre("report"));
  EXPECT_THAT(BashOffers("benchctl ca \"\""), ElementsAre("init", "issue"));
  EXPECT_THAT(BashOffers("benchctl hosts s"), ElementsAre("show"));
  EXPECT_THAT(BashOffers("benchctl ca issue --ro"), ElementsAre("--role"));
  EXPECT_THAT(BashOffers("benchctl ca issue --role c"), ElementsAre("coordinator", "client"));
  EXPECT_THAT(BashOffers("benchctl report 12 --format m"), ElementsAre("markdown"));
  EXPECT_THAT(BashOffers("benchctl --format json rep"), ElementsAre("report"));
  EXPECT_THAT(BashOffers("benchctl --coordinator report wat"), ElementsAre("watch"));
  EXPECT_THAT(BashOffers("benchctl completion \"\""), ElementsAre("bash", "zsh", "fish"));
  EXPECT_THAT(BashOffers("benchctl submit /et"), ElementsAre("/etc"));
  EXPECT_THAT(BashOffers("benchctl report --output /et"), ElementsAre("/etc"));
  EXPECT_THAT(BashOffers("benchctl run -- --f"), ElementsAre());
  EXPECT_THAT(BashOffers("benchctl report 12 --format = m"), ElementsAre("markdown"));
  EXPECT_THAT(BashOffers("benchctl help hos"), ElementsAre("hosts"));
}

TEST(CompletionTest, BashOffersEachFlagOnce) {
  if (!Installed("bash")) GTEST_SKIP() << "bash is not installed";
  for (const char* command : {"", "jobs", "hosts show", "ca issue"}) {
    const auto flags = BashOffers(std::string("benchctl ") + command + " --h");
    EXPECT_EQ(std::count(flags.begin(), flags.end(), "--help"), 1) << command;
  }
}

// bash splits words at '=', so that a selector comes in parts.
TEST(CompletionTest, BashAsksTheProgramForNames) {
  if (!Installed("bash")) GTEST_SKIP() << "bash is not installed";
  const std::string echo = "benchctl() { printf \"%s\\n\" \"$*\"; };";
  EXPECT_THAT(BashOffers("benchctl run cryp", echo), ElementsAre("complete workload cryp"));
  EXPECT_THAT(BashOffers("benchctl cancel \"\"", echo), ElementsAre("complete job "));
  EXPECT_THAT(BashOffers("benchctl hosts show x", echo), ElementsAre("complete host x"));
  EXPECT_THAT(BashOffers("benchctl baseline set main 1", echo), ElementsAre("complete job 1"));
  EXPECT_THAT(BashOffers("benchctl baseline set main 1 2", echo), ElementsAre("complete job 2"));
  EXPECT_THAT(BashOffers("benchctl --coordinator a : 1 logs 1", echo),
              ElementsAre("complete job 1 --coordinator=a:1"));
  const std::string selectors =
      "benchctl() { printf \"kind=tee,cpu.vendor=\\nkind=tee,cpu.cores=\\n\"; };";
  EXPECT_THAT(BashOffers("benchctl run --on kind = tee,cpu", selectors),
              ElementsAre("tee,cpu.vendor=", "tee,cpu.cores="));
  EXPECT_THAT(BashOffers("benchctl run --on = kind = tee,cpu", selectors),
              ElementsAre("tee,cpu.vendor=", "tee,cpu.cores="));
  const std::string values = "benchctl() { printf \"kind=tee\\nkind=local\\n\"; };";
  EXPECT_THAT(BashOffers("benchctl run --on kind =", values), ElementsAre("tee", "local"));
  // Past the last one there is nothing to ask.
  EXPECT_THAT(BashOffers("benchctl cancel 12 --rea", echo), ElementsAre("--reason"));
}

TEST(CompletionTest, ZshTakesTheScript) {
  if (!Installed("zsh")) GTEST_SKIP() << "zsh is not installed";
  EXPECT_EQ(std::system(("zsh -n " + ScriptFile("zsh")).c_str()), 0);
}

TEST(CompletionTest, FishKnowsCommandsFlagsAndValues) {
  if (!Installed("fish")) GTEST_SKIP() << "fish is not installed";
  const std::string path = ScriptFile("fish");
  const auto offers = [&path](const std::string& line) {
    return Lines("cd / && fish --no-config -c 'source " + path + "; complete -C \"" + line +
                 "\"' | cut -f1");
  };
  EXPECT_THAT(offers("benchctl rep"), ElementsAre("report"));
  EXPECT_THAT(offers("benchctl ca i"), ElementsAre("init", "issue"));
  EXPECT_THAT(offers("benchctl report --format m"), ElementsAre("markdown"));
  const auto asked = Lines(
      "cd / && fish --no-config -c 'function benchctl; echo crypto.sha256; "
      "end; source " +
      path + "; complete -C \"benchctl run cry\"' | cut -f1");
  EXPECT_THAT(asked, ElementsAre("crypto.sha256"));
}

TEST(CompletionTest, EveryCommandIsInEveryScript) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    CliHarness cli;
    ASSERT_EQ(cli.Run({"completion", shell}), 0);
    for (const char* word : {"submit", "run", "jobs", "watch", "logs", "cancel", "hosts", "report",
                             "export", "import", "issue", "dry-run", "insecure-plaintext"}) {
      EXPECT_THAT(cli.out, HasSubstr(word)) << shell;
    }
  }
  EXPECT_EQ(Message(CompletionScript({}, "fishy").status()),
            "no completion for 'fishy', expected bash, zsh or fish (did you mean 'fish'?)");
}

}  // namespace
}  // namespace benchfleet
