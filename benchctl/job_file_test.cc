#include "benchctl/job_file.h"

#include <cstdio>
#include <map>

#include "base/ids.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/yaml_tree.h"
#include "benchctl/test_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::optional<std::string> Lookup(const std::string& name) {
  static const std::map<std::string, std::string> kVariables = {
      {"GIT_COMMIT", "a1b2c3d"}, {"RUNS", "7"}, {"EMPTY", ""}, {"COLON", "x: [y"}};
  const auto found = kVariables.find(name);
  return found == kVariables.end() ? std::nullopt : std::optional<std::string>(found->second);
}

absl::StatusOr<JobSpec> Parse(std::string_view text) {
  return ParseJobFile(text, "job.yaml", Lookup);
}

std::string ErrorOf(std::string_view text) {
  const auto parsed = Parse(text);
  return parsed.ok() ? "no error" : Message(parsed.status());
}

TEST(JobFileTest, TheWholeOfAJobFile) {
  const auto spec = Parse(R"(
name: prove-age
revision: ${GIT_COMMIT}
workloads:
  - name: proving.prove
    parameters: {prover: [ultrahonk-bb, groth16-snarkjs], circuit: chain, size: [10, 12, 14]}
  - name: exec
    command: [sh, -c, "sha256sum /bin/ls"]
hosts: [{match: "kind=local"}, {match: "kind=tee", count: 1}]
repetitions: {runs: 5, warmup: 1, min_samples: 10, max_time: 60s, until: {relative_ci: 0.02}}
order: {interleave: false, seed: 18446744073709551615}
budgets: [{metric: latency, statistic: p95, max: 1500ms}, {metric: rss_peak, max: 85MB}]
priority: -3
exclusive: false
timeout: 2m30s
retries: 0
labels: {team: zk}
)");
  ASSERT_TRUE(spec.ok()) << spec.status();
  JobSpec want;
  want.name = "prove-age";
  want.revision = "a1b2c3d";
  want.workloads = {{"proving.prove",
                     {{"prover", {"ultrahonk-bb", "groth16-snarkjs"}},
                      {"circuit", {"chain"}},
                      {"size", {"10", "12", "14"}}},
                     {}},
                    {"exec", {}, {"sh", "-c", "sha256sum /bin/ls"}}};
  want.hosts = {{"kind=local", 0}, {"kind=tee", 1}};
  want.runs = 5;
  want.measurement.warmup = 1;
  want.measurement.min_samples = 10;
  want.measurement.max_time = absl::Seconds(60);
  want.measurement.until_relative_ci = 0.02;
  want.interleave = false;
  want.seed = 18446744073709551615u;
  want.budgets = {{"latency", "p95", "1500ms", ""}, {"rss_peak", "", "85MB", ""}};
  want.priority = -3;
  want.exclusive = false;
  want.timeout = absl::Seconds(150);
  want.retries = 0;
  want.labels = {{"team", "zk"}};
  EXPECT_EQ(*spec, want);
}

TEST(JobFileTest, WhatIsLeftOutHasItsDefault) {
  const auto spec =
      ParseJobFile("workloads: [{name: memory.latency}]", "dir/small-sweep.yaml", Lookup);
  ASSERT_TRUE(spec.ok()) << spec.status();
  JobSpec want;
  want.name = "small-sweep";  // the file's
  want.workloads = {{"memory.latency", {}, {}}};
  want.hosts = {{"", 0}};  // every host
  EXPECT_EQ(*spec, want);
}

TEST(JobFileTest, TextStaysAsItIsWritten) {
  const auto spec = Parse(
      "revision: 1.10\nworkloads: [{name: w, parameters: {a: [1e3, '1e3 ', 0x10, true, 010]}}]");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->revision, "1.10");
  EXPECT_THAT(spec->workloads[0].parameters.at("a"),
              ElementsAre("1e3", "1e3 ", "0x10", "true", "010"));
}

TEST(JobFileTest, AMapAsAValueIsItsCanonicalText) {
  const auto spec = Parse(
      "workloads: [{name: w, parameters: {network: [{rtt: 20ms, loss: 0.1}, {loss: 0}], "
      "mode: {z: 1, a: 2}}}]");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_THAT(spec->workloads[0].parameters.at("network"),
              ElementsAre("loss=0.1,rtt=20ms", "loss=0"));
  EXPECT_THAT(spec->workloads[0].parameters.at("mode"), ElementsAre("a=2,z=1"));
}

TEST(JobFileTest, VariablesFillValuesAndNothingElse) {
  const auto spec = Parse(
      "revision: '${COLON} ${NONE:-none}$$5 $x ${EMPTY}.'\nrepetitions: {runs: \"${RUNS}\"}\n"
      "workloads: [{name: w}]");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->revision, "x: [y none$5 $x .");  // no YAML is made by a variable
  EXPECT_EQ(spec->runs, 7u);
}

TEST(JobFileTest, AnchorsSaveWriting) {
  const auto spec = Parse(
      "workloads:\n  - {name: a, parameters: &p {size: [1, 2]}}\n  - {name: b, parameters: *p}\n");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->workloads[0].parameters, spec->workloads[1].parameters);
}

struct BadFile {
  const char* text;
  const char* message;
};

// Each is refused in one line that says where, what and what else was expected.
const BadFile kBadFiles[] = {
    // ---- nothing of use in it
    {"", "job.yaml:1:1: the file is empty, expected a job with at least workloads"},
    {"# only a remark\n",
     "job.yaml:1:1: the file is empty, expected a job with at least workloads"},
    {"---\n", "job.yaml:1:1: the file is empty, expected a job with at least workloads"},
    {"~", "job.yaml:1:1: the file is empty, expected a job with at least workloads"},
    {"hello",
     "job.yaml:1:1: the job is 'hello', expected a map with the keys name, revision, workloads, "
     "hosts, repetitions, order, budgets, priority, exclusive, timeout, retries, labels"},
    {"[1, 2]",
     "job.yaml:1:1: the job is a list, expected a map with the keys name, revision, workloads, "
     "hosts, repetitions, order, budgets, priority, exclusive, timeout, retries, labels"},
    {"name: x", "job.yaml:1:1: the job has no workloads, expected workloads: [{name: ...}]"},
    {"name: x\nworkloads: []",
     "job.yaml:2:12: workloads is an empty list, expected at least one entry"},
    {"name: x\nworkloads:",
     "job.yaml:2:1: workloads has no value (leave the key out for the default)"},
    {"name: x\nworkloads: [{}]",
     "job.yaml:2:13: workloads[0] has no name, expected the name of a workload (benchctl hosts "
     "show NAME lists them)"},
    // ---- unknown keys
    {"name: x\nworkload: [{name: w}]",
     "job.yaml:2:1: unknown key 'workload', expected name, revision, workloads, hosts, "
     "repetitions, order, budgets, priority, exclusive, timeout, retries, labels (did you mean "
     "'workloads'?)"},
    {"namee: x",
     "job.yaml:1:1: unknown key 'namee', expected name, revision, workloads, hosts, repetitions, "
     "order, budgets, priority, exclusive, timeout, retries, labels (did you mean 'name'?)"},
    {"workloads: [{name: w, paramters: {size: 1}}]",
     "job.yaml:1:23: unknown key 'paramters' in workloads[0], expected name, parameters, command "
     "(did you mean 'parameters'?)"},
    {"workloads: [{name: w}]\nrepetitions: {rums: 3}",
     "job.yaml:2:15: unknown key 'rums' in repetitions, expected runs, warmup, min_samples, "
     "max_samples, max_time, until (did you mean 'runs'?)"},
    {"workloads: [{name: w}]\n<<: {name: y}",
     "job.yaml:2:1: unknown key '<<', expected name, revision, workloads, hosts, repetitions, "
     "order, budgets, priority, exclusive, timeout, retries, labels"},
    {"workloads: [{name: w}]\n\"a\\x1b[31mb\": 1",
     "job.yaml:2:1: unknown key 'a?[31mb', expected name, revision, workloads, hosts, repetitions, "
     "order, budgets, priority, exclusive, timeout, retries, labels"},
    // ---- wrong types
    {"workloads: {name: w}", "job.yaml:1:12: workloads is a map, expected a list"},
    {"workloads: [w]",
     "job.yaml:1:13: workloads[0] is 'w', expected a map with the keys name, parameters, command"},
    {"workloads: w", "job.yaml:1:12: workloads is 'w', expected a list"},
    {"workloads: [{name: [w]}]", "job.yaml:1:20: workloads[0].name is a list, expected text"},
    {"workloads: [{name: w}]\nhosts: {match: a}", "job.yaml:2:8: hosts is a map, expected a list"},
    {"workloads: [{name: w}]\nhosts: [kind=local]",
     "job.yaml:2:9: hosts[0] is 'kind=local', expected a map with the keys match, count, "
     "role, per_task, connected"},
    {"workloads: [{name: net.rtt}]\nhosts:\n  - {match: a, role: clinet}",
     "job.yaml:3:22: hosts[0].role is 'clinet', expected client or server (did you mean "
     "'client'?)"},
    {"workloads: [{name: net.rtt}]\nhosts:\n  - {match: a, role: client, count: 3, per_task: 2}",
     "job.yaml:3:50: hosts[0].per_task is 2 and count 3, expected a multiple of per_task"},
    {"workloads: [{name: w}]\nhosts: []",
     "job.yaml:2:8: hosts is an empty list, expected at least one entry"},
    {"workloads: [{name: w}]\nrepetitions: 5",
     "job.yaml:2:14: repetitions is '5', expected a map with the keys runs, warmup, min_samples, "
     "max_samples, max_time, until"},
    {"workloads: [{name: w}]\nrepetitions: {runs: many}",
     "job.yaml:2:21: repetitions.runs is 'many', expected a whole number from 0 to 4294967295"},
    {"workloads: [{name: w}]\nrepetitions: {runs: 1.5}",
     "job.yaml:2:21: repetitions.runs is '1.5', expected a whole number from 0 to 4294967295"},
    {"workloads: [{name: w}]\nrepetitions: {runs: -1}",
     "job.yaml:2:21: repetitions.runs is '-1', expected a whole number from 0 to 4294967295"},
    {"workloads: [{name: w}]\nrepetitions: {runs: 4294967296}",
     "job.yaml:2:21: repetitions.runs is '4294967296', expected a whole number from 0 to "
     "4294967295"},
    {"workloads: [{name: w}]\nrepetitions: {runs: }",
     "job.yaml:2:15: repetitions.runs has no value (leave the key out for the default)"},
    {"workloads: [{name: w}]\nexclusive: yes",
     "job.yaml:2:12: exclusive is 'yes', expected true or false"},
    {"workloads: [{name: w}]\nrepetitions: {max_time: 60}",
     "job.yaml:2:25: repetitions.max_time is '60', expected a duration with its unit (1500ms, 60s, "
     "2m30s)"},
    {"workloads: [{name: w}]\ntimeout: -5s",
     "job.yaml:2:10: timeout is '-5s', expected a duration with its unit (1500ms, 60s, 2m30s)"},
    {"workloads: [{name: w}]\ntimeout: soon",
     "job.yaml:2:10: timeout is 'soon', expected a duration with its unit (1500ms, 60s, 2m30s)"},
    {"workloads: [{name: w}]\nrepetitions: {until: {relative_ci: narrow}}",
     "job.yaml:2:36: repetitions.until.relative_ci is 'narrow', expected a number"},
    {"workloads: [{name: w}]\nrepetitions: {until: {relative_ci: nan}}",
     "job.yaml:2:36: repetitions.until.relative_ci is 'nan', expected a number"},
    {"workloads: [{name: w}]\nlabels: [a]",
     "job.yaml:2:9: labels is a list, expected a map from names to values"},
    {"workloads: [{name: w}]\nlabels: {a: [1]}",
     "job.yaml:2:13: labels.a is a list, expected text"},
    {"workloads: [{name: w}]\npriority: 2147483648",
     "job.yaml:2:11: priority is '2147483648', expected a whole number from -2147483648 to "
     "2147483647"},
    {"workloads: [{name: exec, command: sh -c true}]",
     "job.yaml:1:35: workloads[0].command is 'sh -c true', expected a list"},
    // ---- parameters
    {"workloads: [{name: w, parameters: {size: []}}]",
     "job.yaml:1:42: workloads[0].parameters.size is an empty list, expected at least one value"},
    {"workloads: [{name: w, parameters: {size: }}]",
     "job.yaml:1:36: workloads[0].parameters.size has no value"},
    {"workloads: [{name: w, parameters: {size: [1, ~]}}]",
     "job.yaml:1:46: workloads[0].parameters.size is nothing, expected a value, a list of values "
     "or a map"},
    {"workloads: [{name: w, parameters: {size: [[1]]}}]",
     "job.yaml:1:43: workloads[0].parameters.size is a list, expected a value, a list of values or "
     "a map"},
    {"workloads: [{name: w, parameters: {size: [64, 1KiB, 64]}}]",
     "job.yaml:1:53: workloads[0].parameters.size lists '64' twice"},
    {"workloads: [{name: w, parameters: {net: {}}}]",
     "job.yaml:1:41: workloads[0].parameters.net is an empty map, expected at least one key"},
    {"workloads: [{name: w, parameters: {net: {a: {b: 1}}}}]",
     "job.yaml:1:45: workloads[0].parameters.net.a is a map, expected a value"},
    {"workloads: [{name: w, parameters: {net: {a: 'x,y'}}}]",
     "job.yaml:1:45: workloads[0].parameters.net.a is 'x,y', expected a value without ','"},
    {"workloads: [{name: w, parameters: {net: {'a=b': x}}}]",
     "job.yaml:1:42: the key 'a=b' in workloads[0].parameters.net has a '=' or ',' in it"},
    {"workloads: [{name: w, parameters: {'': x}}]",
     "job.yaml:1:36: a name in workloads[0].parameters is '', expected 1 to 200 printable bytes"},
    // ---- bounds that are known without a coordinator
    {"name: 12\nworkloads: [{name: w}]",
     "job.yaml:1:7: the job's name is '12', expected one that is no number and not 'latest' (these "
     "name jobs by themselves)"},
    {"name: latest\nworkloads: [{name: w}]",
     "job.yaml:1:7: the job's name is 'latest', expected one that is no number and not 'latest' "
     "(these name jobs by themselves)"},
    {"name: \"a\\nb\"\nworkloads: [{name: w}]",
     "job.yaml:1:7: the job's name is 'a b', expected 1 to 200 printable bytes"},
    {"name: ''\nworkloads: [{name: w}]",
     "job.yaml:1:7: the job's name is '', expected 1 to 200 printable bytes"},
    {"workloads: [{name: w}]\nrepetitions: {runs: 0}",
     "job.yaml:2:21: repetitions.runs is 0, expected at least 1"},
    {"workloads: [{name: w}]\nrepetitions:\n  runs: 3\n  min_samples: 0",
     "job.yaml:4:16: repetitions.min_samples is 0, expected at least 1"},
    {"workloads: [{name: w}]\nrepetitions: {min_samples: 20, max_samples: 10}",
     "job.yaml:2:28: repetitions.min_samples is 20 and max_samples 10, expected no fewer"},
    {"workloads: [{name: w}]\nrepetitions: {max_samples: 4000000000}",
     "job.yaml:2:28: repetitions.max_samples is 4000000000, expected at most 100000000"},
    {"workloads: [{name: w}]\nrepetitions: {until: {relative_ci: 0}}",
     "job.yaml:2:36: repetitions.until.relative_ci is 0, expected a number between 0 and 1 (0.02 "
     "is 2 %)"},
    {"workloads: [{name: w}]\nrepetitions: {until: {relative_ci: 1}}",
     "job.yaml:2:36: repetitions.until.relative_ci is 1, expected a number between 0 and 1 (0.02 "
     "is 2 %)"},
    {"workloads: [{name: w}]\nrepetitions: {until: {relative_ci: -0.1}}",
     "job.yaml:2:36: repetitions.until.relative_ci is -0.1, expected a number between 0 and 1 "
     "(0.02 is 2 %)"},
    {"workloads: [{name: w}]\nrepetitions: {max_time: 0s}",
     "job.yaml:2:25: repetitions.max_time is 0, expected more than 0s and at most a year"},
    {"workloads: [{name: w}]\nrepetitions: {runs: 100001}",
     "job.yaml:2:21: tasks times runs are 1 x 100001 = 100001 on each host, expected at most "
     "100000"},
    {"workloads: [{name: w}]\ntimeout: 0s",
     "job.yaml:2:10: timeout is 0, expected more than 0s and at most a year"},
    {"workloads: [{name: w}]\ntimeout: 9000h",
     "job.yaml:2:10: timeout is 9000h, expected more than 0s and at most a year"},
    {"workloads: [{name: w}]\ntimeout: inf",
     "job.yaml:2:10: timeout is 'inf', expected a duration with its unit (1500ms, 60s, 2m30s)"},
    {"workloads: [{name: w}]\nretries: 11", "job.yaml:2:10: retries is 11, expected at most 10"},
    {"workloads: [{name: w}]\nhosts: [{match: a, count: 0}]",
     "job.yaml:2:27: hosts[0].count is 0, expected at least 1"},
    {"workloads:\n  - name: exec",
     "job.yaml:2:5: workloads[0] is 'exec' without a command, expected command: [PROGRAM, "
     "ARGUMENT, ...]"},
    {"workloads: [{name: exec, command: ['']}]",
     "job.yaml:1:35: workloads[0].command begins with nothing, expected a program"},
    {"workloads: [{name: w, command: [a]}]",
     "job.yaml:1:32: workloads[0].command is for the workload 'exec', not for 'w'"},
    // ---- budgets
    {"workloads: [{name: w}]\nbudgets: [{statistic: p95, max: 1}]",
     "job.yaml:2:11: budgets[0] has no metric, expected for example metric: latency"},
    {"workloads: [{name: w}]\nbudgets: [{metric: latency}]",
     "job.yaml:2:11: budgets[0] has no limit, expected max or min"},
    {"workloads: [{name: w}]\nbudgets:\n- {metric: latency, statistic: medain, max: 1ms}",
     "job.yaml:3:32: budgets[0].statistic is 'medain', expected one of median, mean, min, max, "
     "p90, p95, p99 (did you mean 'median'?)"},
    {"workloads: [{name: w}]\nbudgets: [{metric: latency, max: fast}]",
     "job.yaml:2:34: budgets[0].max: 'fast' is not a limit (expected for example 1500ms, 85MB, "
     "100MiB/s, 10k/s or 0.1)"},
    {"workloads: [{name: w}]\nbudgets: [{metric: rss_peak, max: 85 parsecs}]",
     "job.yaml:2:35: budgets[0].max: '85 parsecs' is not a limit (expected for example 1500ms, "
     "85MB, 100MiB/s, 10k/s or 0.1)"},
    // ---- variables
    {"revision: ${NOBODY}\nworkloads: [{name: w}]",
     "job.yaml:1:11: the variable NOBODY is not set, expected it in the environment or as --set "
     "NOBODY=VALUE"},
    {"revision: ${no good}\nworkloads: [{name: w}]",
     "job.yaml:1:11: '${no good}' is not a variable, expected ${NAME} or ${NAME:-default} ($$ is a "
     "dollar)"},
    {"revision: ${GIT_COMMIT\nworkloads: [{name: w}]",
     "job.yaml:1:11: '${GIT_COMMIT' is not a variable, expected ${NAME} or ${NAME:-default} ($$ is "
     "a dollar)"},
    // ---- YAML
    {"name: x\nname: y\nworkloads: [{name: w}]", "job.yaml:2:1: the key 'name' stands here twice"},
    {"name: [x\n", "job.yaml:2:1: bad YAML: end of sequence flow not found"},
    {"name: 'x\n", "job.yaml:1:7: a quote that is never closed"},
    {"name: x\n\tworkloads: y", "job.yaml:2:1: bad YAML: illegal tab when looking for indentation"},
    {"name: x: y", "job.yaml:1:8: bad YAML: illegal map value"},
    {"a: b\n c: d", "job.yaml:2:3: bad YAML: illegal map value"},
    {"name: x\nworkloads: [{name: w}]\n---\nname: y\n",
     "job.yaml:3:1: a second document, expected one a file"},
    {"name: *nobody",
     "job.yaml:1:7: bad YAML: the referenced anchor is not defined, expected an anchor &NAME above "
     "it"},
    {"workloads: [{name: w}]\nname: 'it''s \n", "job.yaml:2:7: a quote that is never closed"},
    {"workloads: [{name: w}]\nname: &a \"x\\\"\n", "job.yaml:2:7: a quote that is never closed"},
    {"workloads: [{name: !!binary eA==}]",
     "job.yaml:1:20: the tag 'tag:yaml.org,2002:binary' means nothing here, expected plain values"},
    {"workloads: &w [{name: w, parameters: {size: *w}}]",
     "job.yaml:1:45: an alias of an anchor that contains it"},
    {"workloads: !!python/object [{name: w}]",
     "job.yaml:1:12: the tag 'tag:yaml.org,2002:python/object' means nothing here, expected plain "
     "values"},
    {"name: !secret x",
     "job.yaml:1:7: the tag '!secret' means nothing here, expected plain values"},
    {"? [a, b]\n: c", "job.yaml:1:3: a list or map as a key, expected a name"},
    {"~: c", "job.yaml:1:1: a key without a name"},
    {"name: x\xff\n", "job.yaml:1:8: byte 0xff is not UTF-8 text, expected UTF-8"},
    {"name: \xc3\xa4\xc3\xb6\xff\n", "job.yaml:1:9: byte 0xff is not UTF-8 text, expected UTF-8"},
    {"name: \"a\\0b\"\nworkloads: [{name: w}]", "job.yaml:1:7: name is not UTF-8 text without NUL"},
    {"\xff\xfen\x01", "job.yaml:1:1: byte 0xff is not UTF-8 text, expected UTF-8"},
    {"%YAML 9.9\n---\nname: x", "job.yaml:1:1: bad YAML: YAML major version too large"},
    {"{", "job.yaml:1:1: a list or map as a key, expected a name"},
    {"}", "job.yaml:1:1: bad YAML: illegal flow end"},
    {"- - - -",
     "job.yaml:1:1: the job is a list, expected a map with the keys name, revision, workloads, "
     "hosts, repetitions, order, budgets, priority, exclusive, timeout, retries, labels"},
};

class BadFileTest : public ::testing::TestWithParam<BadFile> {};

TEST_P(BadFileTest, IsRefusedInOneLine) {
  const std::string message = ErrorOf(GetParam().text);
  EXPECT_EQ(message, GetParam().message);
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(JobFile, BadFileTest, ::testing::ValuesIn(kBadFiles));

// ---- files made to hurt

TEST(HostileJobFileTest, AliasesCannotBlowUp) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) text += "*a" + before + (k < 9 ? ", " : "]\n");
  }
  EXPECT_EQ(ErrorOf(text), "job.yaml:6:15: more than 200000 values, aliases expanded");
}

TEST(HostileJobFileTest, NestingHasABound) {
  for (const char* open : {"[", "{a: ", "- ", "? "}) {
    std::string text = "workloads:\n  ";
    while (text.size() + 8 < limits::kMaxJobFileBytes) text += open;
    EXPECT_THAT(ErrorOf(text), HasSubstr("job.yaml:2:")) << open;
  }
  EXPECT_THAT(ErrorOf("workloads: " + std::string(40, '[') + std::string(40, ']')),
              HasSubstr("nested deeper than 32 levels"));
}

TEST(HostileJobFileTest, AMatrixAboveTheBoundIsNamedWhereItPassesIt) {
  std::string list;
  for (int i = 0; i < 200; ++i) list += (i == 0 ? "" : ",") + std::to_string(i);
  EXPECT_EQ(ErrorOf("workloads:\n- {name: v}\n- {name: w, parameters: {a: [" + list + "], b: [" +
                    list + "]}}"),
            "job.yaml:3:3: the job has 40001 tasks a host up to here, expected at most 20000");
  std::string wide = "workloads:\n- name: w\n  parameters:\n";
  for (int p = 0; p < 12; ++p) wide += "    p" + std::to_string(p) + ": [" + list + "]\n";
  EXPECT_THAT(ErrorOf(wide), HasSubstr("job.yaml:2:3: the job has at least 4294967296 tasks"));
}

TEST(HostileJobFileTest, AHugeValueIsRefused) {
  EXPECT_EQ(ErrorOf("workloads: [{name: w, parameters: {a: " + std::string(65537, 'x') + "}}]"),
            "job.yaml:1:39: workloads[0].parameters.a has a value of 65537 bytes, expected at most "
            "65536");
}

TEST(HostileJobFileTest, FilesThatAreNoneAreRefusedByName) {
  EXPECT_EQ(Message(JobFile::Read("no/such.yaml", Lookup).status()),
            "opening the job file 'no/such.yaml': No such file or directory");
  EXPECT_EQ(Message(JobFile::Read("/", Lookup).status()),
            "'/' is a directory, expected a job file");
  const std::string path = TestDirectory() + "/huge.yaml";
  std::FILE* file = std::fopen(path.c_str(), "w");
  for (size_t i = 0; i <= limits::kMaxJobFileBytes / 16; ++i) std::fputs("# a long remark\n", file);
  std::fclose(file);
  EXPECT_EQ(Message(JobFile::Read(path, Lookup).status()),
            path + ":1:1: the file has more than 1048576 bytes, expected a job file");
  std::remove(path.c_str());
}

// Every damage to a good file is taken or refused in one line with a position, never worse.
TEST(HostileJobFileTest, DamagedFilesAreTakenOrRefusedInOneLine) {
  const std::string good =
      "name: a\nrevision: ${GIT_COMMIT}\nworkloads:\n  - {name: exec, command: [sh, -c, "
      "\"x\\n\"]}\n"
      "  - name: w\n    parameters: &p {size: [1, '2'], net: {a: 1}}\n  - {name: v, parameters: "
      "*p}\n"
      "repetitions: {runs: 3, max_time: 2s, until: {relative_ci: 0.1}}\n"
      "budgets: [{metric: latency, statistic: p95, max: 5ms}]\nlabels: |-\n  x\n";
  const std::string bytes =
      "[]{}:,&*!|>'\"%@`#?-~$\\\n\t\r \0\xff\xc3"
      "09az<=";
  Random random(20261121);
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text = good;
    for (uint64_t edits = 1 + random.Below(3); edits > 0; --edits) {
      const size_t at = random.Below(text.size());
      const char byte = bytes[random.Below(bytes.size())];
      switch (random.Below(4)) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        case 2:
          text.erase(at, 1 + random.Below(12));
          break;
        default:
          text.insert(at, text.substr(random.Below(text.size()), random.Below(40)));
      }
      if (text.empty()) text = "x";
    }
    const auto parsed = Parse(text);
    if (parsed.ok()) continue;
    ++refused;
    const std::string message = Message(parsed.status());
    ASSERT_EQ(message.rfind("job.yaml:", 0), 0u) << message << "\n" << text;
    ASSERT_EQ(message.find_first_of("\n\r\x1b"), std::string::npos) << message;
    ASSERT_LT(message.size(), 500u) << message;
  }
  EXPECT_GT(refused, 10000);
}

TEST(JobFileTest, WhatTheCoordinatorRefusesStandsAtItsPlace) {
  const auto file = JobFile::Parse(
      "workloads:\n  - name: proving.prove\n    parameters:\n      prover: [bb, ultrahonk-b]\n"
      "hosts:\n  - {match: name=a, role: client}\n",
      "job.yaml", Lookup);
  ASSERT_TRUE(file.ok()) << file.status();
  const auto place = [&](const std::string& path) {
    return Message(file->AtItsPlace(absl::InvalidArgumentError(path + ": no: [a]")));
  };
  EXPECT_EQ(place("workloads[0].parameters.prover[1]"), "job.yaml:4:20: no: [a]");
  EXPECT_EQ(place("workloads[0].parameters.circuit"), "job.yaml:4:7: no: [a]");
  EXPECT_EQ(place("workloads[0].name"), "job.yaml:2:11: no: [a]");
  EXPECT_EQ(place("hosts[0].match"), "job.yaml:6:13: no: [a]");
  EXPECT_EQ(place("the spool"), "job.yaml: the spool: no: [a]");
}

}  // namespace
}  // namespace benchfleet
