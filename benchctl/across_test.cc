#include <nlohmann/json.hpp>

#include "benchctl/cli_harness.h"
#include "benchctl/golden.h"
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
