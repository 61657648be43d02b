#include "base/spawner.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/spawner_channel.h"
#include "base/spawner_encode.h"
#include "base/status.h"

namespace benchfleet {

namespace protocol = spawner_protocol;

absl::StatusOr<std::unique_ptr<Spawner>> Spawner::Start(const SpawnerOptions& options) {
  BF_ASSIGN_OR_RETURN(std::unique_ptr<SpawnerChannel> channel, SpawnerChannel::Start(options));
  return std::unique_ptr<Spawner>(new Spawner(std::move(channel)));
}

Spawner::Spawner(std::unique_ptr<SpawnerChannel> channel) : channel_(std::move(channel)) {}

Spawner::~Spawner() = default;

absl::Status Spawner::Send(const std::string& packet, const std::vector<int>& fds) {
  for (;;) {
    const absl::StatusOr<bool> sent = channel_->TrySend(packet, fds);
    if (!sent.ok() || *sent) return sent.status();
    // No room: bench-spawner may itself be waiting for us to read.
    channel_->WaitForEither();
    ReceiveAll();
  }
}

absl::StatusOr<uint64_t> Spawner::Spawn(const SpawnRequest& request) {
  if (children_.size() + reports_.size() >= protocol::kRunsMax) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%d children and uncollected reports (at most %d)",
                        children_.size() + reports_.size(), protocol::kRunsMax));
  }
  const uint64_t id = last_id_ + 1;
  BF_ASSIGN_OR_RETURN(const std::string packet, EncodeSpawn(id, request));
  BF_RETURN_IF_ERROR(Send(packet, DescriptorsOf(request)));
  last_id_ = id;
  children_.emplace(id, Child{request.argv[0], 0});
  for (;;) {
    ReceiveAll();
    const auto child = children_.find(id);
    if (child == children_.end() || child->second.pid != 0) return id;
    channel_->WaitForReply();
  }
}

int Spawner::Pid(uint64_t id) const {
  const auto child = children_.find(id);
  if (child != children_.end()) return child->second.pid;
  for (const ExitReport& report : reports_) {
    if (report.id == id) return report.pid;
  }
  return 0;
}

absl::Status Spawner::Signal(uint64_t id, int signal) {
  if (children_.count(id) == 0) return absl::OkStatus();
  return Send(EncodeSignal(id, signal), {});
}

int Spawner::fd() const { return channel_->fd(); }

int Spawner::spawner_pid() const { return channel_->pid(); }

void Spawner::ReceiveAll() {
  for (;;) {
    protocol::Reply reply;
    switch (channel_->Receive(&reply)) {
      case SpawnerChannel::Received::kNothingYet:
        return;
      case SpawnerChannel::Received::kEnd:
        return Lose();
      case SpawnerChannel::Received::kReply:
        break;
    }
    const auto child = children_.find(reply.id);
    if (child == children_.end()) continue;
    if (reply.type == protocol::ReplyType::kStarted) {
      child->second.pid = reply.pid;
    } else {
      reports_.push_back(MakeReport(reply, child->second.program));
      children_.erase(child);
    }
  }
}

// Ends the wait for everything that bench-spawner can no longer tell.
void Spawner::Lose() {
  for (const auto& [id, child] : children_) {
    ExitReport report;
    report.id = id;
    report.program = child.program;
    report.pid = child.pid;
    reports_.push_back(report);
  }
  children_.clear();
}

std::vector<ExitReport> Spawner::Poll() {
  ReceiveAll();
  return std::exchange(reports_, {});
}

std::optional<ExitReport> Spawner::TryWait(uint64_t id) {
  ReceiveAll();
  const auto report = std::find_if(reports_.begin(), reports_.end(),
                                   [id](const ExitReport& each) { return each.id == id; });
  if (report == reports_.end()) return std::nullopt;
  ExitReport result = std::move(*report);
  reports_.erase(report);
  return result;
}

absl::StatusOr<ExitReport> Spawner::Wait(uint64_t id) {
  for (;;) {
    if (std::optional<ExitReport> report = TryWait(id)) return *std::move(report);
    if (children_.count(id) == 0) {
      return absl::NotFoundError(absl::StrFormat("no child %d is awaited", id));
    }
    channel_->WaitForReply();
  }
}

}  // namespace benchfleet
