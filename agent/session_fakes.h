// Stand-ins for what surrounds an AgentSession in tests: a link whose other end is the test, runs
// that do what the test says, a host whose state the test changes.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/coordinator_link.h"
#include "agent/host_view.h"
#include "agent/memory_spool.h"
#include "agent/runner.h"
#include "agent/session.h"
#include "base/task_loop.h"

namespace benchfleet {

class FakeLink : public CoordinatorLink {
 public:
  explicit FakeLink(TaskLoop* loop) : loop_(loop) {}

  void Connect(LinkEvents* events) override {
    ++attempts;
    events_ = events;
    const uint64_t epoch = ++epoch_;
    loop_->Post([this, epoch] {
      if (epoch != epoch_ || events_ == nullptr) return;
      if (reachable) {
        events_->OnConnected();
      } else {
        Drop(absl::UnavailableError("nobody listens"));
      }
    });
  }
  void Send(AgentMessage message) override {
    if (events_ != nullptr) sent.push_back(std::move(message));
  }
  void Close() override {
    ++epoch_;
    events_ = nullptr;
  }

  // ---- the test's end
  void Say(CoordinatorMessage message) {
    if (events_ != nullptr) events_->OnMessage(std::move(message));
  }
  void Drop(absl::Status why) {
    ++epoch_;
    if (LinkEvents* const events = std::exchange(events_, nullptr)) {
      events->OnDisconnected(std::move(why));
    }
  }
  bool open() const { return events_ != nullptr; }

  // Messages of one kind among what was sent since the last Clear().
  template <typename Message>
  std::vector<Message> Sent() const {
    std::vector<Message> found;
    for (const AgentMessage& message : sent) {
      if (const auto* one = std::get_if<Message>(&message)) found.push_back(*one);
    }
    return found;
  }
  void Clear() { sent.clear(); }

  bool reachable = true;
  int attempts = 0;
  std::deque<AgentMessage> sent;

 private:
  TaskLoop* const loop_;
  LinkEvents* events_ = nullptr;
  uint64_t epoch_ = 0;
};

class FakeLauncher : public RunLauncher {
 public:
  struct Stopped {
    Outcome outcome;
    std::string reason;
  };

  void Start(RunId run, const RunSpec& spec, RunEvents* events) override {
    started.push_back(run);
    specs[run] = spec;
    running[run] = events;
  }
  void Finish(RunId run) override { asked_to_finish.push_back(run); }
  void Stop(RunId run, Outcome outcome, const std::string& reason) override {
    if (running.contains(run)) stopped.insert({run, {outcome, reason}});
  }

  // ---- the test's end
  void Measure(RunId run) {
    RunStarted begun;
    begun.metrics = {Metric{"latency", "ns", Direction::kLowerIsBetter, "", 0}};
    running.at(run)->OnRunStarted(run, begun);
  }
  void Serve(RunId run, const std::string& endpoint) {
    running.at(run)->OnRunStarted(run, RunStarted());
    running.at(run)->OnRunReady(run, {endpoint, {{"key", "k"}}});
  }
  void Sample(RunId run, uint32_t count, size_t bytes = 0) {
    SampleChunk chunk;
    chunk.metric = "latency";
    chunk.first_index = std::exchange(samples[run], samples[run] + count);
    chunk.count = count;
    chunk.encoding = Encoding::kDeltaVarint;
    chunk.payload = std::string(std::max<size_t>(count, bytes), '\2');
    running.at(run)->OnRunChunk(run, chunk);
  }
  // As it would end by itself, or as Stop() asked.
  void End(RunId run) {
    RunEvents* const events = running.at(run);
    running.erase(run);
    RunFinished finished;
    const auto stop = stopped.find(run);
    finished.outcome = stop == stopped.end() ? Outcome::kOk : stop->second.outcome;
    if (stop != stopped.end()) finished.message = stop->second.reason;
    events->OnRunFinished(run, finished);
  }
  bool IsRunning(RunId run) const { return running.contains(run); }

  std::vector<RunId> started;
  std::map<RunId, RunSpec> specs;
  std::map<RunId, RunEvents*> running;
  std::map<RunId, Stopped> stopped;
  std::vector<RunId> asked_to_finish;
  std::map<RunId, uint64_t> samples;
};

class FakeHost : public HostView {
 public:
  explicit FakeHost(TaskLoop* loop) : loop_(loop) {}

  void Collect(const std::string& host_salt, std::function<void(HostFingerprint)> done) override {
    ++collected;
    HostFingerprint fingerprint;
    fingerprint.identity_digest = "identity";
    fingerprint.state_digest = state;
    fingerprint.host_digest = host_salt.empty() ? "" : "host-" + host_salt;
    loop_->Post([done = std::move(done), fingerprint] { done(fingerprint); });
  }

  std::string state = "state";
  int collected = 0;

 private:
  TaskLoop* const loop_;
};

}  // namespace benchfleet
