#include "coordinator/selector.h"

#include "base/status.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

const std::string kName = "tee-1";
const StringMap kLabels = {{"kind", "tee"}, {"zone", "eu-west-1a"}};
const StringMap kFields = {{"cpu.vendor", "AuthenticAMD"}, {"cpufreq.governor", "absent"}};

bool Matches(std::string_view text) {
  const auto selector = Selector::Parse(text);
  EXPECT_TRUE(selector.ok()) << Message(selector.status());
  return selector.ok() && selector->Matches({kName, kLabels, kFields});
}

TEST(SelectorTest, EveryTermMustHold) {
  EXPECT_TRUE(Matches(""));
  EXPECT_TRUE(Matches("kind=tee"));
  EXPECT_TRUE(Matches("kind=tee, cpu.vendor=AuthenticAMD"));
  EXPECT_FALSE(Matches("kind=tee,cpu.vendor=GenuineIntel"));
  EXPECT_TRUE(Matches("name=tee-1"));
  EXPECT_FALSE(Matches("kind=local"));
}

TEST(SelectorTest, DiffersPresentAndPatterns) {
  EXPECT_TRUE(Matches("kind!=local"));
  EXPECT_TRUE(Matches("nowhere!=local"));
  EXPECT_FALSE(Matches("kind!=t*"));
  EXPECT_TRUE(Matches("zone"));
  EXPECT_FALSE(Matches("region"));
  EXPECT_FALSE(Matches("cpufreq.governor"));  // absent is not a value to select by
  EXPECT_TRUE(Matches("zone=eu-*"));
  EXPECT_TRUE(Matches("zone=*west*a"));
  EXPECT_FALSE(Matches("zone=*west*b"));
}

TEST(SelectorTest, BadTermsAreNamed) {
  EXPECT_EQ(
      Message(Selector::Parse("kind=tee,=x").status()),
      "selector 'kind=tee,=x' has the term '=x' (expected key=value, key!=value or key, joined by "
      "commas)");
  EXPECT_EQ(Message(Selector::Parse("kind=tee,").status()),
            "selector 'kind=tee,' ends with a comma");
  EXPECT_FALSE(Selector::Parse("a,,b").ok());
}

TEST(SelectorTest, TheNearestKeyOrValueIsOffered) {
  const std::string other = "laptop";
  const StringMap other_labels = {{"kind", "local"}};
  const StringMap other_fields = {{"cpu.vendor", "GenuineIntel"}};
  const auto why = [&](const std::string& selector) {
    return WhyNoneFits(*Selector::Parse(selector),
                       {{kName, kLabels, kFields}, {other, other_labels, other_fields}});
  };
  EXPECT_EQ(why("cpu.vendr=AMD"), "no host has 'cpu.vendr' (did you mean 'cpu.vendor'?)");
  EXPECT_EQ(why("knd=local"), "no host has 'knd' (did you mean 'kind'?)");
  EXPECT_EQ(why("kind=loca"),
            "no host has kind=loca, expected one of local, tee (did you mean 'local'?)");
  EXPECT_EQ(why("name=laptop,zon"), "no host has 'zon' (did you mean 'zone'?)");
  EXPECT_EQ(why("kind!=*"), "every host has kind=*");
  EXPECT_EQ(why("kind=local,zone"), "none has all of it");
}

TEST(SelectorTest, ManyStarsEndSoon) {
  EXPECT_FALSE(MatchesPattern(std::string(60, 'a'), "*a*a*a*b"));
}

}  // namespace
}  // namespace benchfleet
