// The runs of a World.
#include <utility>

#include "absl/strings/str_format.h"
#include "proto/chunk.h"
#include "tests/simulation/world_parts.h"

namespace benchfleet::simulation {

FakeLauncher::FakeLauncher(World* world, SimulatedLoop* loop, uint64_t seed, std::string host)
    : world_(world), loop_(loop), random_(seed), host_(std::move(host)) {}

FakeLauncher::~FakeLauncher() {
  *alive_ = false;
  for (const auto& [id, run] : runs_) {
    world_->servers_[absl::StrFormat("%s:%d", host_, id.value)] = false;
    if (!run.ended) --world_->running_on_[host_];  // the spawner ends what its agent leaves behind
  }
}

void FakeLauncher::After(absl::Duration delay, std::function<void()> task) {
  loop_->PostAfter(delay, [alive = alive_, task = std::move(task)] {
    if (*alive) task();
  });
}

void FakeLauncher::Start(RunId id, const RunSpec& spec, RunEvents* events) {
  runs_[id] = {events, 0, false, spec};
  world_->witnessed_[id] = {host_, 0, Outcome::kUnspecified, spec.role};
  for (const RunPeer& peer : spec.peers) {
    if (peer.role == kServerRole && !world_->servers_.contains(peer.endpoint)) {
      ++world_->blind_clients_;
    }
  }
  if (++world_->running_on_[host_] > 1) ++world_->overlaps_;
  After(absl::Milliseconds(5), [this, id] {
    if (runs_[id].ended) return;
    RunStarted started;
    started.started_at = loop_->Now();
    started.metrics = {{"latency", "ns", Direction::kLowerIsBetter, "", 0}};
    runs_[id].events->OnRunStarted(id, started);
    if (runs_[id].spec.role == kServerRole) return Serve(id);
    Step(id, static_cast<uint32_t>(1 + random_.Below(4)));
  });
}

// Until it is told to finish, or crashes.
void FakeLauncher::Serve(RunId id) {
  After(world_->options_.run_time_max * random_.Uniform() / 10, [this, id] {
    if (runs_[id].ended) return;
    const std::string endpoint = absl::StrFormat("%s:%d", host_, id.value);
    world_->servers_[endpoint] = true;
    runs_[id].events->OnRunReady(id, {endpoint, {}});
    if (random_.Uniform() > 2 * world_->options_.crashed_runs) return;
    After(world_->options_.run_time_max * random_.Uniform() / 2,
          [this, id] { End(id, Outcome::kCrashed, "signal 9"); });
  });
}

void FakeLauncher::Step(RunId id, uint32_t chunks_left) {
  const auto chunk_time = world_->options_.run_time_max * (random_.Uniform() / 4);
  After(chunk_time, [this, id, chunks_left] {
    Run& run = runs_[id];
    if (run.ended) return;
    for (const RunPeer& peer : run.spec.peers) {
      if (!world_->servers_[peer.endpoint]) return End(id, Outcome::kFailed, "its server is gone");
    }
    std::vector<int64_t> values(1 + random_.Below(100));
    for (int64_t& value : values) value = static_cast<int64_t>(1000 + random_.Below(50));
    run.events->OnRunChunk(id, {"latency", run.written, static_cast<uint32_t>(values.size()),
                                Encoding::kDeltaVarint, EncodeDeltaVarint(values), 1, false});
    run.written += values.size();
    if (random_.Uniform() < world_->options_.crashed_runs) {
      End(id, Outcome::kCrashed, "signal 11");
    } else if (chunks_left == 1) {
      End(id, Outcome::kOk, "");
    } else {
      Step(id, chunks_left - 1);
    }
  });
}

void FakeLauncher::End(RunId id, Outcome outcome, const std::string& message) {
  Run& run = runs_[id];
  if (run.ended) return;
  run.ended = true;
  world_->servers_[absl::StrFormat("%s:%d", host_, id.value)] = false;
  --world_->running_on_[host_];
  world_->witnessed_[id].samples = run.written;
  world_->witnessed_[id].outcome = outcome;
  RunFinished finished;
  finished.outcome = outcome;
  finished.message = message;
  finished.started_at = finished.finished_at = loop_->Now();
  run.events->OnRunFinished(id, std::move(finished));
}

void FakeLauncher::Finish(RunId id) {
  After(absl::Milliseconds(20), [this, id] {
    if (runs_.count(id) != 0) End(id, Outcome::kOk, "");
  });
}

void FakeLauncher::Stop(RunId id, Outcome outcome, const std::string& reason) {
  After(absl::Milliseconds(100), [this, id, outcome, reason] {
    if (runs_.count(id) != 0) End(id, outcome, reason);
  });
}

}  // namespace benchfleet::simulation
