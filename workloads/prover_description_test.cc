// Descriptions of provers: what is read, what is refused and how, and a prover that is nothing but
// its description.
#include "workloads/prover_description.h"

#include <cstdlib>
#include <filesystem>

#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "workloads/prover_files.h"
#include "workloads/prover_spans.h"
#include "workloads/prover_test_util.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string SourcePath(const std::string& path) {
  return std::string(std::getenv("BENCHFLEET_SOURCE_DIR")) + "/workloads/proving/" + path;
}

constexpr char kSmall[] = R"(name: small
about: a small one
licence: none
programs:
  prover: {path: small-prover, package: small}
identity: ["{prover}"]
versions: {prover: ["{prover}", --version]}
options: {speed: "1"}
circuits:
  age: {size: 3}
set_up:
  - step: the key
    run: ["{prover}", key, "{size}", "{out}/vk", "{option.speed}"]
    makes: {verification_key: vk}
witness: ["{prover}", solve, "{witness}"]
prove: ["{prover}", prove, "{witness}", "{proof}"]
verify: ["{prover}", verify, "{verification_key}", "{proof}"]
warm:
  servants: {all: {run: ["{prover}", serve]}}
  witness: {servant: all, ask: {out: "{witness}"}}
  prove: {servant: all}
  verify: {servant: all}
)";

// kSmall with one text replaced.
std::string Changed(const std::string& from, const std::string& to) {
  std::string text = kSmall;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(ProverDescriptionTest, HoldsWhatTheFileSays) {
  const auto read = ParseProverDescription(kSmall, "x/small.yaml");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->name, "small");
  EXPECT_EQ(read->file, "x/small.yaml");
  ASSERT_EQ(read->programs.size(), 1u);
  EXPECT_EQ(read->programs[0].path, "small-prover");
  EXPECT_EQ(read->circuits.at("age").at("size"), "3");
  ASSERT_EQ(read->set_up.size(), 1u);
  EXPECT_EQ(read->set_up[0].makes.at("verification_key"), "vk");
  EXPECT_THAT(read->prove, ElementsAre("{prover}", "prove", "{witness}", "{proof}"));
  EXPECT_EQ(read->warm.at("witness").ask.at("out"), "{witness}");
  EXPECT_FALSE(read->witness_in_file || read->proof_is_text || read->servants[0].speaks_bb);
}

TEST(ProverDescriptionTest, EveryDescriptionInTheSourceIsSound) {
  for (const char* folder : {"provers", "fake"}) {
    const std::vector<std::string> folders = {SourcePath(folder)};
    for (const std::string& name : ProverNames(folders)) {
      const auto read = FindProverDescription(name, folders);
      EXPECT_TRUE(read.ok()) << read.status();
    }
  }
  EXPECT_THAT(ProverNames({SourcePath("provers")}),
              ElementsAre("fflonk-snarkjs", "groth16-snarkjs", "plonk-snarkjs", "ultrahonk-bb",
                          "ultrahonk-bbjs-wasm"));
}

TEST(ProverDescriptionTest, WhatIsWrongIsNamedWithItsPlace) {
  const struct {
    const char* from;
    const char* to;
    const char* words;
  } rows[] = {
      {"about:", "abuot:", "small.yaml:2:1: a prover has no 'abuot' (did you mean 'about'?)"},
      {"about: a small one\n", "", "small.yaml:1:1: a prover lacks 'about'"},
      {"name: small", "name: large", "small.yaml:1:1: the name is 'large', expected that of"},
      {"about: a small one", "about: [a]", "small.yaml:2:8: a list, expected text"},
      {"package: small}", "packages: x}", "a program has no 'packages' (did you mean 'package'?)"},
      {", package: small}", "}", "small.yaml:5:11: a program lacks 'package'"},
      {"identity: [\"{prover}\"]", "identity: x", "small.yaml:6:11: 'x', expected a list of texts"},
      {"identity: [\"{prover}\"]", "identity: []", "a list, expected a list of texts"},
      {"identity: [\"{prover}\"]", "identity: [\"{provre}\"]",
       "small.yaml:6:12: no placeholder '{provre}' is defined (did you mean 'prover'?)"},
      {"{prover: [\"{prover}\"", "{probe: [\"{prover}\"", "'versions' lacks 'prover'"},
      {"circuits:\n  age: {size: 3}", "circuits: {}", "no circuits, expected a map"},
      {"{size: 3}", "{size: [3]}", "small.yaml:10:15: a list, expected text"},
      {"{size: 3}", "{\"si ze\": 3}", "'si ze' is no name, expected letters, digits and '_'"},
      {"\"{size}\"", "\"{sized}\"", "no placeholder '{sized}' is defined (did you mean 'size'?)"},
      {"{option.speed}", "{option.sped}", "(did you mean 'option.speed'?)"},
      {"{verification_key: vk}", "{key: vk}",
       "the last step of 'set_up' makes no 'verification_key'"},
      {"{verification_key: vk}", "{verification_key: ../vk}",
       "expected the name of a file in {out}"},
      {"\"{witness}\", \"{proof}\"", "\"{out}\", \"{proof}\"", "no placeholder '{out}' is defined"},
      {"set_up:\n  - step", "set_up:\n    step", "a map, expected a list of steps"},
      {"serve]}}", "serve], speaks: morse}}", "'morse', expected 'lines' or 'bb-msgpack'"},
      {"prove: {servant: all}", "prove: {servant: al}",
       "no servant 'al' above (did you mean 'all'?)"},
      {"  prove: {servant: all}\n", "", "'warm' lacks 'prove'"},
      {"options:", "witness_in: cloud\noptions:", "'cloud', expected 'memory' or 'file'"},
      {"options:", "about: again\noptions:", "the key 'about' stands here twice"},
      {"licence: none", "licence: [none", "small.yaml:4:9: bad YAML"},
  };
  for (const auto& row : rows) {
    const auto read = ParseProverDescription(Changed(row.from, row.to), "small.yaml");
    EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument) << row.to;
    EXPECT_THAT(Message(read.status()), HasSubstr(row.words)) << row.to;
  }
  EXPECT_THAT(Message(ParseProverDescription("", "small.yaml").status()),
              HasSubstr("it is empty, expected a prover"));
  EXPECT_THAT(Message(ParseProverDescription("- a\n", "small.yaml").status()),
              HasSubstr("small.yaml:1:1: a prover is a list, expected a map"));
}

TEST(ProverDescriptionTest, PlaceholdersAreFilled) {
  const StringMap values = {{"a", "1"}, {"b.c", "2"}};
  EXPECT_EQ(FillPlaceholders("x{a}y{b.c}", values).value_or("?"), "x1y2");
  EXPECT_EQ(FillPlaceholders("{\"a\": {}} {", values).value_or("?"), "{\"a\": {}} {");
  EXPECT_THAT(Message(FillPlaceholders("{d}", values).status()), HasSubstr("'{d}' has no value"));
  EXPECT_THAT(Message(FillPlaceholders("{provers}/x", values).status()),
              HasSubstr("run deploy/install-provers"));
  EXPECT_THAT(PlaceholdersIn("{a}{b}{c d}"), ElementsAre("a", "b"));
}

TEST(ProverDescriptionTest, SpansAreAddedUpOverTheirParents) {
  const auto spans = ReadSpans(R"({"A": [{"parent": "x", "time": 3}, {"time": 4}], "B": 5})",
                               {{"first", "A"}, {"second", "B"}, {"third", "C"}});
  ASSERT_TRUE(spans.ok()) << spans.status();
  EXPECT_THAT(*spans, ElementsAre(testing::Pair("first", absl::Nanoseconds(7)),
                                  testing::Pair("second", absl::Nanoseconds(5))));
  for (const char* text : {"", "[]", R"({"A": "x"})", R"({"A": [1]})", R"({"A": [{}]})"}) {
    EXPECT_EQ(ReadSpans(text, {{"first", "A"}}).status().code(), absl::StatusCode::kInternal);
  }
}

// Of its own, so that no cache and no installation of the user's is seen.
class FakeDescribedTest : public testing::Test {
 protected:
  const FakeInstallation none_;
  const ScopedVariable nowhere_{"BENCHFLEET_PROVERS", "/nonexistent"};
  const ScopedVariable path_{"BENCHFLEET_PROVER_PATH", SourcePath("fake").c_str()};
};

TEST_F(FakeDescribedTest, ADescriptionIsAllThatAProverNeeds) {
  for (const char* start : {"cold", "warm"}) {
    const CollectingSink sink =
        RunProving({{"prover", "fake"}, {"circuit", "chain"}, {"size", "17"}, {"start", start}});
    ASSERT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
    EXPECT_GE(sink.Values("prove")[0], 20e6);
    EXPECT_EQ(sink.Values("proof_size")[0], 256);
    const StringMap& facts = sink.finished()->facts;
    EXPECT_EQ(facts.at("prover.version"), "fake 1");
    EXPECT_EQ(facts.at("prover.setup"), "INSECURE: it proves nothing");
    EXPECT_EQ(facts.at("option.prove_ms"), "20");
  }
}

TEST_F(FakeDescribedTest, EveryWayToFailIsAnOutcome) {
  const struct {
    const char* how;
    Outcome outcome;
    const char* words;
  } rows[] = {
      {"witness", Outcome::kFailed, "solving the witness of age: "},
      {"prove", Outcome::kFailed, "out of luck"},
      {"crash", Outcome::kFailed, "killed by signal 11"},
      {"proof", Outcome::kInvalid, "age does not verify: the verifier says no"},
      {"verify", Outcome::kInvalid, "the verifier accepts a damaged proof"},
  };
  for (const auto& row : rows) {
    for (const char* start : {"cold", "warm"}) {
      const std::string options = std::string(R"({"prove_ms": "0", "fails": ")") + row.how + "\"}";
      const CollectingSink sink =
          RunProving({{"prover", "fake"}, {"start", start}, {"options", options}});
      EXPECT_EQ(sink.finished()->outcome, row.outcome) << row.how << " " << start;
      EXPECT_THAT(sink.finished()->message, HasSubstr(row.words));
    }
  }
}

TEST_F(FakeDescribedTest, AnOldProofIsNotTakenForANewOne) {
  const CollectingSink sink =
      RunProving({{"prover", "fake"}, {"start", "warm"}, {"options", R"({"fails": "later"})"}});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kFailed);
  EXPECT_THAT(sink.finished()->message, HasSubstr("left no usable result"));
}

TEST_F(FakeDescribedTest, AWitnessInAFileIsRemovedAfterUse) {
  const std::string folder = none_.directory() + "/own";
  std::string text = ReadFileBytes(SourcePath("fake/fake.yaml")).value_or("");
  const std::string from = "witness_in: memory";
  text.replace(text.find(from), from.size(), "witness_in: file");
  none_.Write("own/fake.yaml", text);
  // It must find it there while it proves, and the run's folder must not have it afterwards.
  none_.Write("own/fake_prover.py", ReadFileBytes(SourcePath("fake/fake_prover.py")).value_or(""),
              true);
  const ScopedVariable path("BENCHFLEET_PROVER_PATH", folder.c_str());
  for (const char* start : {"cold", "warm"}) {
    const CollectingSink sink = RunProving({{"prover", "fake"}, {"start", start}});
    EXPECT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  }
}

TEST_F(FakeDescribedTest, AWrongDescriptionIsNotStarted) {
  none_.Write("own/broken.yaml", "name: broken\nspeed: 3\n");
  const ScopedVariable path("BENCHFLEET_PROVER_PATH", (none_.directory() + "/own").c_str());
  CollectingSink sink = RunProving({{"prover", "broken"}});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kNotStarted);
  EXPECT_THAT(sink.finished()->message, HasSubstr("own/broken.yaml:2:1: a prover has no 'speed'"));
  sink = RunProving({{"prover", "fake"}});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kNotStarted);
  EXPECT_THAT(sink.finished()->message, HasSubstr("no prover 'fake' is described here"));
}

}  // namespace
}  // namespace benchfleet
