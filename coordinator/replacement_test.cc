#include "coordinator/replacement.h"

#include "gtest/gtest.h"

namespace benchfleet {
namespace {

PlannableHost Host(const std::string& name, const std::string& kind, bool connected = true,
                   uint64_t open_runs = 0) {
  PlannableHost host;
  host.host.name = name;
  host.host.labels = {{"kind", kind}};
  host.host.workloads = {{"work", "", {{"size", "", "1", {}, false}}, {}, "", ""},
                         {"prove", "", {}, {}, "", kind == "tee" ? "" : "no prover"}};
  host.connected = connected;
  host.open_runs = open_runs;
  return host;
}

std::string Replacement(std::vector<HostSelection> selections, const std::string& workload,
                        const std::vector<PlannableHost>& hosts,
                        const std::vector<std::string>& elsewhere = {}) {
  JobSpec spec;
  spec.hosts = std::move(selections);
  const std::vector<PlannedTask> waiting = {{"lost", workload, {}}};
  std::vector<PlannedTask> placed = waiting;
  for (const std::string& host : elsewhere) placed.push_back({host, workload, {}});
  return ReplacementFor("lost", spec, waiting, placed, hosts);
}

TEST(ReplacementTest, TheLeastBusyConnectedHostThatTheSelectionMeans) {
  EXPECT_EQ(Replacement({{"kind=tee", 1}}, "work",
                        {Host("a", "local"), Host("b", "tee", false), Host("c", "tee", true, 5),
                         Host("d", "tee", true, 2), Host("lost", "tee", false)}),
            "d");
}

TEST(ReplacementTest, NoneWhereTheVeryHostIsMeant) {
  const std::vector<PlannableHost> hosts = {Host("a", "tee"), Host("lost", "tee", false)};
  EXPECT_EQ(Replacement({{"kind=tee", 0}}, "work", hosts), "");
  EXPECT_EQ(Replacement({{"kind=tee", 1}, {"name=lost", 0}}, "work", hosts), "");
  EXPECT_EQ(Replacement({{"kind=tee", 1}, {"name=a", 0}}, "work", hosts), "a");
}

TEST(ReplacementTest, EveryCountStaysFulfilled) {
  const std::vector<PlannableHost> hosts = {Host("a", "local"), Host("b", "tee", true, 9),
                                            Host("lost", "tee", false)};
  EXPECT_EQ(Replacement({{"", 2}, {"kind=tee", 1}}, "work", hosts), "b");
}

TEST(ReplacementTest, NotAHostThatHasTheSameCellOrCannotRunIt) {
  const std::vector<PlannableHost> hosts = {Host("a", "tee"), Host("b", "local"),
                                            Host("lost", "tee", false)};
  EXPECT_EQ(Replacement({{"", 2}}, "work", hosts, {"a"}), "b");
  EXPECT_EQ(Replacement({{"", 2}}, "work", hosts, {"a", "b"}), "");
  EXPECT_EQ(Replacement({{"", 1}}, "prove", hosts), "a");
  EXPECT_EQ(Replacement({{"", 2}}, "prove", hosts, {"a"}), "");
}

// Of a client on "a" with its server on "lost", chosen among all hosts of kind tee.
std::string ServerFor(const std::vector<PlannedTask>& others,
                      const std::vector<PlannableHost>& hosts) {
  JobSpec spec;
  spec.hosts = {{"name=a", 0, kClientRole}, {"kind=tee", 1, kServerRole}};
  const std::vector<PlannedTask> waiting = {
      {"a", "work", {}, {{kClientRole, "a"}, {kServerRole, "lost"}}}};
  std::vector<PlannedTask> placed = waiting;
  placed.insert(placed.end(), others.begin(), others.end());
  return ReplacementFor("lost", spec, waiting, placed, hosts);
}

TEST(ReplacementTest, TheSelectionOfTheRoleDecides) {
  const std::vector<PlannableHost> hosts = {Host("a", "tee"), Host("b", "local"), Host("c", "tee"),
                                            Host("lost", "tee", false)};
  EXPECT_EQ(ServerFor({}, hosts), "c") << "a is the client, b no tee";
  const PlannedTask served{"b", "work", {}, {{kClientRole, "b"}, {kServerRole, "c"}}};
  EXPECT_EQ(ServerFor({served}, hosts), "") << "c serves this cell already";
  const PlannedTask asked{"c", "work", {}, {{kClientRole, "c"}, {kServerRole, "b"}}};
  EXPECT_EQ(ServerFor({asked}, hosts), "c") << "as a client it is another copy";
  const PlannedTask alone{"lost", "work", {}, {}};
  JobSpec spec;
  spec.hosts = {{"name=lost", 0, kClientRole}, {"kind=tee", 1, kServerRole}};
  EXPECT_EQ(ReplacementFor("lost", spec, {alone}, {alone}, hosts), "")
      << "as a client it is meant by its name";
}

}  // namespace
}  // namespace benchfleet
