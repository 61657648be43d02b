#include "proto/convert.h"

#include "base/status.h"
#include "gtest/gtest.h"
#include "proto/agent_port.pb.h"
#include "proto/control_port.pb.h"

namespace benchfleet {
namespace {

JobSpec FullJob() {
  JobSpec spec;
  spec.name = "prove-age";
  spec.revision = "abc123";
  spec.workloads = {{"proving.prove", {{"size", {"10", "12"}}}, {}},
                    {"exec", {}, {"sh", "-c", "true"}}};
  spec.hosts = {{"kind=local", 0}, {"kind=tee", 1}};
  spec.runs = 5;
  spec.measurement = {1, 10, 1000, absl::Milliseconds(1500), 0.02};
  spec.interleave = false;
  spec.seed = 7;
  spec.budgets = {{"latency", "p95", "1500ms", ""}};
  spec.priority = -3;
  spec.exclusive = false;
  spec.timeout = absl::Seconds(90);
  spec.retries = 0;
  spec.labels = {{"team", "provers"}};
  return spec;
}

TEST(ConvertTest, JobSpecSurvivesTheWire) {
  const JobSpec spec = FullJob();
  EXPECT_EQ(*ParseJobSpec(Serialize(spec)), spec);
}

TEST(ConvertTest, UnsetJobFieldsTakeTheDefaults) {
  EXPECT_EQ(*FromProto(v1::JobSpec()), JobSpec());
}

TEST(ConvertTest, RecordsSurviveTheSpool) {
  RunFinished finished;
  finished.outcome = Outcome::kTimedOut;
  finished.message = "after 10s";
  finished.started_at = absl::FromUnixNanos(123456789);
  finished.finished_at = absl::FromUnixNanos(987654321);
  finished.usage = {1, 2, 3, 4, 5, 6, 7, 8, {{"memory.peak", 9}}};
  finished.before = {{{"load1", 0.5}}, "boot", true, ""};
  finished.after = {{{"load1", 1.5}}, "boot", false, "steal"};
  finished.identity_digest = "i";
  finished.state_digest = "s";
  finished.facts = {{"openssl.version", "3.0"}};
  finished.sample_counts = {{"latency", 30}};
  finished.stdout_tail = "out";
  finished.stderr_tail = "err";
  const std::vector<Record> records = {
      {RunId{1}, RunStarted{absl::FromUnixNanos(5),
                            {{"latency", "ns", Direction::kLowerIsBetter, "", 0},
                             {"throughput", "B/s", Direction::kHigherIsBetter, "latency", 1024}},
                            31.5,
                            {{"a", "b"}}}},
      {RunId{1}, SampleChunk{"latency", 4096, 2, Encoding::kDeltaVarint, "\x02\x02", 8, true}},
      {RunId{1}, finished},
      {RunId{}, HostFingerprint{"i", "s", "h", "{}", "{\"a\":1}", {{"cpu.vendor", "AMD"}}}}};
  for (const Record& record : records) {
    EXPECT_EQ(*ParseRecord(Serialize(record)), record);
    EXPECT_GE(ApproximateBytes(record), Serialize(record).size());
  }
}

TEST(ConvertTest, WhatIsNoMessageIsRefused) {
  EXPECT_EQ(ParseRecord("\xff\xff\xff").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(ParseRecord("").ok());
  EXPECT_FALSE(FromProto(v1::AgentMessage()).ok());
  EXPECT_FALSE(FromProto(v1::CoordinatorMessage()).ok());
  EXPECT_FALSE(FromProto(v1::ResultPiece()).ok());
}

TEST(ConvertTest, UnknownEnumValuesAreRefusedByName) {
  v1::AgentMessage message;
  message.mutable_state()->add_runs()->set_phase(static_cast<v1::RunStatus::Phase>(99));
  EXPECT_EQ(Message(FromProto(message).status()), "phase has the unknown value 99");
}

TEST(ConvertTest, AHelloOfAnotherVersionKeepsItsNumber) {
  v1::AgentMessage message;
  message.mutable_hello()->set_protocol_version(99);
  message.mutable_hello()->set_host("a");
  const auto hello = FromProto(message);
  ASSERT_TRUE(hello.ok());
  EXPECT_EQ(std::get<Hello>(*hello).protocol_version, 99u);
}

TEST(ConvertTest, SessionMessagesSurviveTheWire) {
  v1::CoordinatorMessage wire;
  Desired desired{3,
                  {{RunId{9}, RunSpec{"exec", {{"argv", "[]"}}, {}, absl::Seconds(5), 4}, false}}};
  ToProto(CoordinatorMessage(desired), &wire);
  const auto back = std::get<Desired>(*FromProto(wire));
  ASSERT_EQ(back.runs.size(), 1u);
  EXPECT_EQ(back.version, 3u);
  EXPECT_EQ(back.runs[0].run, RunId{9});
  EXPECT_EQ(back.runs[0].spec, desired.runs[0].spec);
  EXPECT_FALSE(back.runs[0].exclusive);
}

TEST(ConvertTest, WorkloadsGoThroughJson) {
  const std::vector<WorkloadDescription> workloads = {
      {"crypto.sha256",
       "SHA-256",
       {{"size", "payload", "1KiB", {"64", "1KiB"}, false}},
       {{"latency", "ns", Direction::kLowerIsBetter, "", 0}},
       "",
       "no provider"},
      {"proving.prove",
       "",
       {{"size",
         "",
         "",
         {},
         false,
         ParameterKind::kCount,
         "10",
         "17",
         {},
         "",
         "circuit",
         {"chain"}},
        {"network",
         "",
         "none",
         {"none"},
         false,
         ParameterKind::kText,
         "",
         "",
         {{"jitter", "", "1ms", {}, false, ParameterKind::kDuration, "0s", "10s", {}, "delay"}}}},
       {},
       "",
       ""}};
  EXPECT_EQ(*WorkloadsFromJson(ToJson(workloads)), workloads);
  std::vector<std::string> depends_on;
  StringMap plugins;
  const StringMap from = {{"example.sort", "/a"}};
  EXPECT_EQ(*WorkloadsFromJson(ToJson(workloads, {"/a", "/b"}, from), &depends_on, &plugins),
            workloads);
  EXPECT_EQ(depends_on, (std::vector<std::string>{"/a", "/b"}));
  EXPECT_EQ(plugins, from);
  EXPECT_EQ(*ParseWorkloads(Serialize(workloads)), workloads);
  EXPECT_FALSE(WorkloadsFromJson("{\"workloads\": 3}").ok());
}

}  // namespace
}  // namespace benchfleet
