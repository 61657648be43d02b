#include "base/spawner_thread.h"

#include <pthread.h>

#include <utility>

#include "absl/strings/str_format.h"
#include "base/spawner_channel.h"
#include "base/spawner_encode.h"
#include "base/status.h"

namespace benchfleet {

namespace protocol = spawner_protocol;

absl::StatusOr<std::unique_ptr<SpawnerThread>> SpawnerThread::Start(const SpawnerOptions& options,
                                                                    TaskLoop* loop) {
  BF_ASSIGN_OR_RETURN(std::unique_ptr<SpawnerChannel> channel, SpawnerChannel::Start(options));
  return std::unique_ptr<SpawnerThread>(new SpawnerThread(std::move(channel), loop));
}

SpawnerThread::SpawnerThread(std::unique_ptr<SpawnerChannel> channel, TaskLoop* loop)
    : channel_(std::move(channel)), loop_(loop), thread_([this] { Run(); }) {}

SpawnerThread::~SpawnerThread() { Stop(); }

void SpawnerThread::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
  }
  channel_->FinishSending();
  if (thread_.joinable()) thread_.join();
}

int SpawnerThread::spawner_pid() const { return channel_->pid(); }

// The thread goes on reading, so room comes, or the end does.
absl::Status SpawnerThread::Send(const std::string& packet, const std::vector<int>& fds) {
  for (;;) {
    const absl::StatusOr<bool> sent = channel_->TrySend(packet, fds);
    if (!sent.ok() || *sent) return sent.status();
    channel_->WaitForRoom();
  }
}

absl::StatusOr<uint64_t> SpawnerThread::Spawn(const SpawnRequest& request, OnExit on_exit) {
  uint64_t id = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ended_) return absl::UnavailableError("bench-spawner was stopped or died");
    if (children_.size() >= protocol::kRunsMax) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("%d children (at most %d)", children_.size(), protocol::kRunsMax));
    }
    id = ++last_id_;
    children_.emplace(id,
                      Child{request.argv.empty() ? "" : request.argv[0], 0, std::move(on_exit)});
  }
  absl::StatusOr<std::string> packet = EncodeSpawn(id, request);
  const absl::Status sent = packet.ok() ? Send(*packet, DescriptorsOf(request)) : packet.status();
  if (sent.ok()) return id;
  const std::lock_guard<std::mutex> lock(mutex_);
  // Where the thread already reported it as lost, the caller has its answer there.
  if (children_.erase(id) == 0) return id;
  return sent;
}

absl::Status SpawnerThread::Signal(uint64_t id, int signal) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (children_.count(id) == 0) return absl::OkStatus();
  }
  return Send(EncodeSignal(id, signal), {});
}

void SpawnerThread::Finish(uint64_t id, ExitReport report) {
  OnExit on_exit;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto child = children_.find(id);
    if (child == children_.end()) return;
    report.program = child->second.program;
    on_exit = std::move(child->second.on_exit);
    children_.erase(child);
  }
  loop_->Post([on_exit = std::move(on_exit), report = std::move(report)] { on_exit(report); });
}

void SpawnerThread::LoseAll() {
  std::vector<ExitReport> lost;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    for (const auto& [id, child] : children_) {
      lost.emplace_back();
      lost.back().id = id;
      lost.back().pid = child.pid;
    }
  }
  for (ExitReport& report : lost) Finish(report.id, report);
}

void SpawnerThread::Run() {
  pthread_setname_np(pthread_self(), "spawner");
  for (;;) {
    protocol::Reply reply;
    switch (channel_->Receive(&reply)) {
      case SpawnerChannel::Received::kNothingYet:
        channel_->WaitForReply();
        continue;
      case SpawnerChannel::Received::kEnd:
        return LoseAll();
      case SpawnerChannel::Received::kReply:
        break;
    }
    if (reply.type == protocol::ReplyType::kStarted) {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto child = children_.find(reply.id);
      if (child != children_.end()) child->second.pid = reply.pid;
    } else {
      Finish(reply.id, MakeReport(reply, ""));
    }
  }
}

}  // namespace benchfleet
