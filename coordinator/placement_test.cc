// Tasks on several hosts; plan_test.cc has those on one.
#include "base/status.h"
#include "coordinator/plan.h"
#include "gmock/gmock.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::vector<PlannableHost> Hosts(const std::vector<std::string>& names) {
  std::vector<PlannableHost> hosts;
  for (const std::string& name : names) {
    PlannableHost host;
    host.host.name = name;
    host.connected = true;
    const ParameterDescription mode{"mode", "", "local", {"local", "remote"}, false};
    host.host.workloads = {
        {"alone", "", {}, {}, "", ""},
        {"echo", "", {}, {}, "", "", {{kClientRole, "", 1, 2}, {kServerRole, "", 1, 1}}},
        {"prove",
         "",
         {mode},
         {},
         "",
         "",
         {{kClientRole, "", 1, 1, "mode", {"remote"}},
          {kServerRole, "", 1, 1, "mode", {"remote"}}}}};
    hosts.push_back(std::move(host));
  }
  return hosts;
}

JobSpec Spec(const std::string& workload, std::vector<HostSelection> hosts) {
  JobSpec spec;
  spec.name = "j";
  spec.workloads = {{workload, {}, {}}};
  spec.hosts = std::move(hosts);
  return spec;
}

std::vector<std::string> Placed(const JobSpec& spec, const std::vector<std::string>& hosts) {
  const auto placed = PlaceTasks(spec, Hosts(hosts));
  EXPECT_TRUE(placed.ok()) << placed.status();
  std::vector<std::string> texts;
  if (!placed.ok()) return texts;
  for (const PlannedTask& task : *placed) {
    const std::string parameters = FormatParameters(task.parameters);
    texts.push_back(task.workload + (parameters.empty() ? "" : " " + parameters) + ": " +
                    FormatMembers(task.host, task.members));
  }
  return texts;
}

std::string Fault(const JobSpec& spec, const std::vector<std::string>& hosts) {
  const auto placed = PlaceTasks(spec, Hosts(hosts));
  return placed.ok() ? "" : Message(placed.status());
}

TEST(PlacementTest, EveryClientMeetsEveryServerAndNobodyMeetsItself) {
  EXPECT_THAT(
      Placed(Spec("echo", {{"", 0, kClientRole}, {"name=b*", 0, kServerRole}}), {"a", "b1", "b2"}),
      ElementsAre("echo: a -> b1", "echo: a -> b2", "echo: b1 -> b2", "echo: b2 -> b1"));
}

TEST(PlacementTest, OnlyConnectedHostsWhereTheJobAsksForThem) {
  std::vector<PlannableHost> hosts = Hosts({"a", "b", "c"});
  hosts[1].connected = false;
  HostSelection selection{"", 0};
  const auto placed = [&] {
    const auto tasks = PlaceTasks(Spec("alone", {selection}), hosts);
    EXPECT_TRUE(tasks.ok()) << tasks.status();
    return tasks.ok() ? tasks->size() : 0;
  };
  EXPECT_EQ(placed(), 3u);
  selection.connected = true;
  EXPECT_EQ(placed(), 2u);
  hosts[0].connected = hosts[2].connected = false;
  EXPECT_EQ(Message(PlaceTasks(Spec("alone", {selection}), hosts).status()),
            "hosts[0].match: none of the 3 hosts that selector '' matches is connected (see: "
            "benchctl hosts)");
}

TEST(PlacementTest, GroupsTakeSeveralHostsOfARole) {
  EXPECT_THAT(Placed(Spec("echo", {{"name=a*", 0, kClientRole, 2}, {"name=b", 0, kServerRole}}),
                     {"a1", "a2", "a3", "a4", "b"}),
              ElementsAre("echo: a1 + a2 -> b", "echo: a3 + a4 -> b"));
  EXPECT_EQ(
      Fault(Spec("echo", {{"name=a*", 0, kClientRole, 2}, {"name=b", 0, kServerRole}}),
            {"a1", "a2", "a3", "b"}),
      "hosts[0].per_task: 3 hosts are selected, which per_task: 2 does not divide (give count: 2)");
  EXPECT_EQ(
      Fault(Spec("echo", {{"name=a*", 0, kClientRole, 3}, {"name=b", 0, kServerRole}}),
            {"a1", "a2", "a3", "b"}),
      "workloads[0]: workload 'echo' takes at most 2 hosts as client in a task, and the job gives "
      "per_task: 3");
}

TEST(PlacementTest, ACellWithoutRolesRunsOnEveryClientAlone) {
  JobSpec spec = Spec("prove", {{"name=a*", 0, kClientRole}, {"name=b", 0, kServerRole}});
  spec.workloads[0].parameters["mode"] = {"local", "remote"};
  EXPECT_THAT(Placed(spec, {"a1", "a2", "b"}),
              ElementsAre("prove mode=local: a1", "prove mode=local: a2",
                          "prove mode=remote: a1 -> b", "prove mode=remote: a2 -> b"));
  // A selection without a role is a client.
  EXPECT_THAT(Placed(Spec("echo", {{"name=a1", 0}, {"name=b", 0, kServerRole}}), {"a1", "b"}),
              ElementsAre("echo: a1 -> b"));
}

TEST(PlacementTest, WhatIsMissingOrOneTooManyIsSaid) {
  EXPECT_THAT(Fault(Spec("echo", {{"", 0}}), {"a", "b"}),
              HasSubstr("workload 'echo' needs a server, and no entry of hosts has that role"));
  EXPECT_THAT(Fault(Spec("echo", {{"", 0, kServerRole}}), {"a", "b"}),
              HasSubstr("workload 'echo' needs a client"));
  EXPECT_EQ(Fault(Spec("alone", {{"name=a", 0}, {"name=b", 0, kServerRole}}), {"a", "b"}),
            "hosts[1].role: role is 'server', and no workload of the job takes a server with these "
            "parameters");
  EXPECT_THAT(Fault(Spec("echo", {{"name=a", 0, kClientRole}, {"name=a", 0, kServerRole}}), {"a"}),
              HasSubstr("host 'a' would be client and server at once"));
  // A misspelt mode takes no server, and the mode is what is wrong.
  JobSpec misspelt = Spec("prove", {{"name=a", 0, kClientRole}, {"name=b", 0, kServerRole}});
  misspelt.workloads[0].parameters["mode"] = {"remot"};
  const std::string remot =
      "does not take mode=remot, expected one of local, remote (did you mean 'remote'?)";
  EXPECT_EQ(Fault(misspelt, {"a", "b"}),
            "workloads[0].parameters.mode: workload 'prove' on host 'a' " + remot);
  misspelt.hosts = {{"name=b", 0, kServerRole}};
  EXPECT_EQ(Fault(misspelt, {"a", "b"}),
            "workloads[0].parameters.mode: workload 'prove' on host 'b' " + remot);
  EXPECT_EQ(Fault(Spec("echo", {{"name=a", 0, "sever"}}), {"a"}),
            "hosts[0].role is 'sever', expected client or server (did you mean 'server'?)");
}

}  // namespace
}  // namespace benchfleet
