#include "coordinator/plan.h"

#include <algorithm>
#include <set>

#include "base/status.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

PlannableHost Host(const std::string& name, const std::string& kind, bool connected = true,
                   uint64_t open_runs = 0) {
  PlannableHost host;
  host.host.name = name;
  host.host.labels = {{"kind", kind}};
  host.host.workloads = {{"crypto.sha256",
                          "",
                          {{"size", "", "1KiB", {}, false}, {"mode", "", "a", {"a", "b"}, false}},
                          {},
                          "",
                          ""},
                         {"exec", "", {{"argv", "", "", {}, true}}, {}, "", ""},
                         {"proving.prove", "", {}, {}, "", "bb is not installed"}};
  host.connected = connected;
  host.open_runs = open_runs;
  return host;
}

JobSpec Spec(std::vector<WorkloadSelection> workloads,
             std::vector<HostSelection> hosts = {{"", 0}}) {
  JobSpec spec;
  spec.name = "job";
  spec.workloads = std::move(workloads);
  spec.hosts = std::move(hosts);
  return spec;
}

std::string ErrorOf(const JobSpec& spec, const std::vector<PlannableHost>& hosts) {
  const auto placed = PlaceTasks(spec, hosts);
  return placed.ok() ? "ok" : Message(placed.status());
}

TEST(PlanTest, TheMatrixIsCrossedWithTheHosts) {
  const auto placed = PlaceTasks(
      Spec({{"crypto.sha256", {{"size", {"64", "1KiB", "1MiB"}}, {"mode", {"a", "b"}}}, {}}}),
      {Host("a", "local"), Host("b", "tee")});
  ASSERT_TRUE(placed.ok());
  ASSERT_EQ(placed->size(), 12u);
  EXPECT_EQ((*placed)[0].host, "a");
  EXPECT_EQ((*placed)[11].host, "b");
  std::set<std::string> cells;
  for (const PlannedTask& task : *placed) cells.insert(FormatParameters(task.parameters));
  EXPECT_EQ(cells.size(), 6u);
}

TEST(PlanTest, ACommandBecomesItsArgumentVector) {
  const auto placed =
      PlaceTasks(Spec({{"exec", {}, {"sh", "-c", "echo \"a\\b\"\n"}}}), {Host("a", "local")});
  ASSERT_TRUE(placed.ok()) << Message(placed.status());
  EXPECT_EQ(placed->front().parameters.at("argv"), R"(["sh","-c","echo \"a\\b\"\u000a"])");
}

TEST(PlanTest, CountTakesConnectedAndIdleHostsFirst) {
  const auto placed = PlaceTasks(
      Spec({{"crypto.sha256", {}, {}}}, {{"kind=tee", 2}}),
      {Host("a", "tee", false), Host("b", "tee", true, 5), Host("c", "tee"), Host("d", "local")});
  ASSERT_TRUE(placed.ok());
  ASSERT_EQ(placed->size(), 2u);
  EXPECT_EQ((*placed)[0].host, "b");
  EXPECT_EQ((*placed)[1].host, "c");
}

TEST(PlanTest, AHostSelectedTwiceIsUsedOnce) {
  const auto placed = PlaceTasks(
      Spec({{"crypto.sha256", {}, {}}}, {{"kind=tee", 0}, {"name=a", 0}}), {Host("a", "tee")});
  ASSERT_TRUE(placed.ok());
  EXPECT_EQ(placed->size(), 1u);
}

TEST(PlanTest, ADefaultThatAHostDoesNotHaveMustBeGiven) {
  PlannableHost host = Host("laptop", "local");
  host.host.workloads = {
      {"prove", "", {{"prover", "", "bb", {"bb", "snarkjs"}, false}}, {}, "", ""}};
  EXPECT_EQ(ErrorOf(Spec({{"prove", {}, {}}}), {host}), "ok");
  host.host.workloads[0].parameters[0].allowed = {"snarkjs"};
  EXPECT_EQ(
      ErrorOf(Spec({{"prove", {}, {}}}), {host}),
      "workloads[0]: workload 'prove' needs the parameter 'prover' on host 'laptop', which has "
      "no bb, expected one of snarkjs");
  EXPECT_EQ(ErrorOf(Spec({{"prove", {{"prover", {"snarkjs"}}}, {}}}), {host}), "ok");
}

TEST(PlanTest, MistakesAreNamedWithTheNearestName) {
  const std::vector<PlannableHost> hosts = {Host("laptop", "local")};
  EXPECT_EQ(ErrorOf(Spec({{"crypto.sha265", {}, {}}}), hosts),
            "workloads[0].name: host 'laptop' has no workload 'crypto.sha265' (did you mean "
            "'crypto.sha256'?)");
  EXPECT_EQ(ErrorOf(Spec({{"crypto.sha256", {{"sise", {"1"}}}, {}}}), hosts),
            "workloads[0].parameters.sise: workload 'crypto.sha256' has no parameter 'sise' (did "
            "you mean 'size'?)");
  EXPECT_EQ(ErrorOf(Spec({{"exec", {{"argv", {"[]"}}}, {}},
                          {"crypto.sha256", {{"mode", {"a", "bb"}}}, {}}}),
                    hosts),
            "workloads[1].parameters.mode[1]: workload 'crypto.sha256' on host 'laptop' does not "
            "take mode=bb, expected one of a, b (did you mean 'b'?)");
  EXPECT_EQ(ErrorOf(Spec({{"exec", {}, {}}}), hosts),
            "workloads[0]: workload 'exec' needs the parameter 'argv' (give a command)");
  EXPECT_EQ(ErrorOf(Spec({{"proving.prove", {}, {}}}), hosts),
            "workloads[0]: host 'laptop' cannot run workload 'proving.prove': bb is not installed");
  EXPECT_EQ(ErrorOf(Spec({{"crypto.sha256", {}, {}}}, {{"name=laptob", 0}}), hosts),
            "hosts[0].match: selector 'name=laptob' matches none of the 1 known hosts: no host has "
            "name=laptob, expected laptop (did you mean 'laptop'?) (see: benchctl hosts)");
  EXPECT_EQ(ErrorOf(Spec({{"crypto.sha256", {}, {}}}, {{"", 3}}), hosts),
            "hosts[0].count: selector '' matches 1 hosts and count asks for 3");
  EXPECT_EQ(ErrorOf(Spec({{"crypto.sha256", {}, {}}}), {}),
            "no host is known yet (start a bench-agent first)");
}

TEST(PlanTest, ValuesAreHeldAgainstTheKindThatTheHostSays) {
  std::vector<PlannableHost> hosts = {Host("a", "local")};
  WorkloadDescription& workload = hosts[0].host.workloads.emplace_back();
  workload.name = "proving.fake";
  workload.parameters = {
      {"circuit", "", "age", {"age", "chain"}, false},
      {"size", "", "", {}, false, ParameterKind::kCount, "10", "17", {}, "", "circuit", {"chain"}}};
  const auto error = [&](const std::string& circuit, std::vector<std::string> sizes) {
    return ErrorOf(
        Spec({{"proving.fake", {{"circuit", {circuit}}, {"size", std::move(sizes)}}, {}}}), hosts);
  };
  EXPECT_EQ(error("chain", {"10", "17"}), "ok");
  EXPECT_EQ(error("chain", {"10", "9"}),
            "workloads[0].parameters.size[1]: workload 'proving.fake' on host 'a' does not take "
            "size=9, expected a whole number from 10 to 17");
  EXPECT_EQ(error("chain", {"abc"}),
            "workloads[0].parameters.size: workload 'proving.fake' on host 'a' does not take "
            "size=abc, expected a whole number from 10 to 17");
  EXPECT_EQ(error("age", {"10"}),
            "workloads[0].parameters.size: workload 'proving.fake': parameter 'size': is of use "
            "only with circuit=chain, and circuit is age");
}

TEST(PlanTest, EmptyAndHugeJobsAreRefused) {
  const std::vector<PlannableHost> hosts = {Host("a", "local")};
  EXPECT_EQ(ErrorOf(Spec({}), hosts), "the job names no workload");
  EXPECT_EQ(ErrorOf(Spec({{"crypto.sha256", {{"size", {}}}, {}}}), hosts),
            "parameter 'size' of workload 'crypto.sha256' has no values");
  JobSpec no_runs = Spec({{"crypto.sha256", {}, {}}});
  no_runs.runs = 0;
  EXPECT_EQ(ErrorOf(no_runs, hosts), "repetitions.runs must be at least 1");
  JobSpec many_runs = Spec({{"crypto.sha256", {}, {}}});
  many_runs.runs = 1'000'000;
  EXPECT_NE(ErrorOf(many_runs, hosts).find("the bounds are"), std::string::npos);
  std::vector<std::string> values;
  for (int i = 0; i < 200; ++i) values.push_back(std::to_string(i));
  EXPECT_EQ(
      ErrorOf(Spec({{"crypto.sha256", {{"a", values}, {"b", values}, {"c", values}}, {}}}), hosts),
      "workloads[0].parameters: the parameters of workload 'crypto.sha256' make more than 20000 "
      "cells");
}

TEST(PlanTest, InterleavingIsABlockOfEveryCellPerRepetition) {
  const std::vector<RunSlot> order = OrderRuns(10, 4, true, 7);
  ASSERT_EQ(order.size(), 40u);
  for (uint32_t block = 0; block < 4; ++block) {
    std::set<uint32_t> tasks;
    for (uint32_t i = 0; i < 10; ++i) {
      EXPECT_EQ(order[block * 10 + i].repetition, block);
      tasks.insert(order[block * 10 + i].task);
    }
    EXPECT_EQ(tasks.size(), 10u);
  }
  const auto tasks_of = [](const std::vector<RunSlot>& slots) {
    std::vector<uint32_t> tasks;
    for (const RunSlot& slot : slots) tasks.push_back(slot.task);
    return tasks;
  };
  EXPECT_EQ(tasks_of(OrderRuns(10, 4, true, 7)), tasks_of(order));
  EXPECT_NE(tasks_of(OrderRuns(10, 4, true, 8)), tasks_of(order));
  const std::vector<uint32_t> plain = tasks_of(OrderRuns(3, 2, false, 7));
  EXPECT_EQ(plain, (std::vector<uint32_t>{0, 0, 1, 1, 2, 2}));
}

}  // namespace
}  // namespace benchfleet
