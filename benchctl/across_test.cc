#include <nlohmann/json.hpp>

#include "benchctl/cli_harness.h"
#include "benchctl/golden.h"
#include "benchctl/stored_runs.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;

class AcrossTest : public testing::Test {
 protected:
  CliHarness cli_;
};

TEST_F(AcrossTest, EveryFormat) {
  ExpectGolden("across.txt", cli_.Transcript({"compare", "12", "--across", "hosts"}));
  for (const auto& [format, name] :
       {std::pair{"markdown", "across.md"}, std::pair{"csv", "across.csv"},
        std::pair{"json", "across.json"}}) {
    EXPECT_EQ(cli_.Run({"compare", "12", "--across", "hosts", "--format", format}), 0) << cli_.err;
    ExpectGolden(name, cli_.out);
  }
  EXPECT_EQ(cli_.Run({"compare", "12", "--across", "hosts", "--format", "html"}), 0);
  EXPECT_THAT(cli_.out, HasSubstr("<svg"));
  EXPECT_EQ(cli_.out.find("http"), std::string::npos);
}

TEST_F(AcrossTest, RealStoredRunsInEveryFormat) {
  cli_.fleet.results[12] = StoredMachines();
  ExpectGolden("across_stored.txt", cli_.Transcript({"compare", "12", "--across", "hosts"}));
  for (const auto& [format, name] :
       {std::pair{"markdown", "across_stored.md"}, std::pair{"csv", "across_stored.csv"},
        std::pair{"json", "across_stored.json"}, std::pair{"html", "across_stored.html"}}) {
    EXPECT_EQ(cli_.Run({"compare", "12", "--across", "hosts", "--format", format}), 0) << cli_.err;
    ExpectGolden(name, WithoutStyle(cli_.out));
  }
}

TEST_F(AcrossTest, ReportsOfRealStoredRuns) {
  cli_.fleet.results[12] = StoredMachines();
  ExpectGolden("report_stored.txt", cli_.Transcript({"report", "12"}));
  for (const auto& [format, name] :
       {std::pair{"markdown", "report_stored.md"}, std::pair{"csv", "report_stored.csv"}}) {
    EXPECT_EQ(cli_.Run({"report", "12", "--format", format}), 0) << cli_.err;
    ExpectGolden(name, cli_.out);
  }
}

TEST_F(AcrossTest, AnotherBaseAndACanary) {
  EXPECT_EQ(cli_.Run({"compare", "12", "--across", "hosts", "--base", "vm-2", "--canary",
                      "crypto.*", "--metric", "latency"}),
            0)
      << cli_.err;
  EXPECT_THAT(cli_.out, HasSubstr("cost against vm-2"));
  EXPECT_THAT(cli_.out, HasSubstr("canary workload"));
  EXPECT_EQ(cli_.out.find("crypto.sha256"), std::string::npos);
}

TEST_F(AcrossTest, SlipsAreNamed) {
  EXPECT_EQ(cli_.Run({"compare", "12", "--across", "machines"}), 1);
  EXPECT_THAT(cli_.err, HasSubstr("expected hosts"));
  EXPECT_EQ(cli_.Run({"compare", "12", "--across", "hosts", "--base", "local-11"}), 1);
  EXPECT_THAT(cli_.err, HasSubstr("did you mean 'local-1'"));
  EXPECT_EQ(cli_.Run({"compare", "12"}), 1);
  EXPECT_THAT(cli_.err, HasSubstr("needs two sides"));
}

}  // namespace
}  // namespace benchfleet
