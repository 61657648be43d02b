// An AgentSession with the stand-ins of session_fakes.h around it, on a simulated loop. Private to
// the tests of agent/.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/session_fakes.h"

namespace benchfleet {

class SessionTest : public ::testing::Test {
 protected:
  static constexpr RunId kRun7{7};
  static constexpr RunId kRun8{8};
  static constexpr RunId kRun9{9};

  SessionTest() {
    options_.host = "alpha";
    options_.seed = 5;
  }

  static RunAssignment Assignment(RunId run, bool exclusive) {
    RunAssignment assignment;
    assignment.run = run;
    assignment.spec.workload = "w";
    assignment.exclusive = exclusive;
    return assignment;
  }
  static RunAssignment Exclusive(RunId run) { return Assignment(run, true); }
  static RunAssignment Shared(RunId run) { return Assignment(run, false); }

  // The coordinator's side of the greeting.
  void Greet() {
    link_.Say(welcome_);
    Settle();
  }
  // Runs what is due now.
  void Settle() { loop_.RunFor(absl::ZeroDuration()); }

  void StartSession() {
    session_.emplace(options_, AgentSurroundings{&loop_, &spool_, &launcher_, &link_, &host_},
                     [this](const absl::Status& status) { ended_ = status; });
    session_->Start();
    Settle();
  }
  void StartOnline() {
    StartSession();
    Greet();
  }
  // Until the agent has dialled again.
  void AwaitHello() {
    link_.Clear();
    for (int i = 0; i < 1000 && link_.Sent<Hello>().empty(); ++i) {
      loop_.RunFor(absl::Milliseconds(100));
    }
    ASSERT_THAT(link_.Sent<Hello>(), ::testing::SizeIs(1));
  }
  void Desire(uint64_t version, std::vector<RunAssignment> runs) {
    link_.Say(Desired{version, std::move(runs)});
    Settle();
  }
  void AckAll() {
    link_.Say(Ack{spool_.id(), spool_.durable_sequence()});
    Settle();
  }
  void AckSent() {
    const std::vector<RecordBatch> batches = link_.Sent<RecordBatch>();
    link_.Say(Ack{spool_.id(), batches.back().first_sequence + batches.back().records.size() - 1});
    Settle();
  }
  // A crash of the agent: everything but the disk is gone.
  void Crash() {
    session_.reset();
    spool_.ForgetPending();
    launcher_ = FakeLauncher();
    link_.Clear();
  }

  // What the spool holds, durable, in short: "started 7", "chunk 7", "ok 7", "fingerprint".
  std::vector<std::string> Spooled() {
    std::vector<std::string> words;
    const auto records = spool_.Read(0, 1u << 30);
    for (const Record& record : *records) words.push_back(Word(record));
    return words;
  }
  static std::string Word(const Record& record) {
    std::string word = "started";
    if (std::holds_alternative<HostFingerprint>(record.what)) return "fingerprint";
    if (std::holds_alternative<SampleChunk>(record.what)) word = "chunk";
    if (const auto* finished = std::get_if<RunFinished>(&record.what)) {
      word = std::string(OutcomeName(finished->outcome));
    }
    return word + " " + std::to_string(record.run.value);
  }
  RunFinished LastFinished() {
    RunFinished last;
    const auto records = spool_.Read(0, 1u << 30);
    for (const Record& record : *records) {
      if (const auto* finished = std::get_if<RunFinished>(&record.what)) last = *finished;
    }
    return last;
  }
  std::vector<std::string> SentRecords() {
    std::vector<std::string> words;
    for (const RecordBatch& batch : link_.Sent<RecordBatch>()) {
      for (const Record& record : batch.records) words.push_back(Word(record));
    }
    return words;
  }
  AgentState LastState() { return link_.Sent<AgentState>().back(); }

  SimulatedLoop loop_{absl::FromUnixSeconds(1'700'000'000)};
  MemorySpool spool_{"spool"};
  FakeLauncher launcher_;
  FakeLink link_{&loop_};
  FakeHost host_{&loop_};
  AgentSessionOptions options_;
  Welcome welcome_{kProtocolVersion, "coordinator-1", "1.0", absl::Seconds(10), 0, "salt"};
  std::optional<AgentSession> session_;
  std::optional<absl::Status> ended_;
};

}  // namespace benchfleet
