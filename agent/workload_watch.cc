#include "agent/workload_watch.h"

#include <pthread.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(10);

// Differs when the file was changed, replaced, removed or made.
std::string MarkOf(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return "";
  return absl::StrFormat("%d %d %d.%09d", file.st_ino, file.st_size, file.st_mtim.tv_sec,
                         file.st_mtim.tv_nsec);
}

std::map<std::string, std::string> MarksOf(const std::vector<std::string>& paths) {
  std::map<std::string, std::string> marks;
  for (const std::string& path : paths) marks[path] = MarkOf(path);
  return marks;
}

}  // namespace

WorkloadWatch::WorkloadWatch(TaskLoop* loop, std::vector<std::string> command, WorkloadList known,
                             std::function<bool()> is_quiet, OnChange on_change)
    : loop_(loop),
      command_(std::move(command)),
      is_quiet_(std::move(is_quiet)),
      on_change_(std::move(on_change)),
      known_(std::move(known)),
      marks_(MarksOf(known_.depends_on)),
      scope_(loop) {}

WorkloadWatch::~WorkloadWatch() {
  if (thread_.joinable()) thread_.join();
}

void WorkloadWatch::Start() {
  scope_.PostAfter(kInterval, [this] {
    Look();
    Start();
  });
}

void WorkloadWatch::LookAgain() {
  again_ = true;
  Look();
}

void WorkloadWatch::Look() {
  if (asking_ || !is_quiet_()) return;
  std::map<std::string, std::string> marks = MarksOf(known_.depends_on);
  if (marks == marks_ && !again_) return;
  again_ = false;
  marks_ = std::move(marks);  // what changes from now on is seen the next time
  Ask();
}

void WorkloadWatch::Ask() {
  asking_ = true;
  if (thread_.joinable()) thread_.join();  // it has posted its answer long ago
  auto take = scope_.Guard([this](std::shared_ptr<absl::StatusOr<WorkloadList>> answer) {
    OnAnswer(std::move(*answer));
  });
  thread_ = std::thread([loop = loop_, command = command_, take = std::move(take)]() mutable {
    pthread_setname_np(pthread_self(), "bf-list");
    auto answer = std::make_shared<absl::StatusOr<WorkloadList>>(ListWorkloads(command));
    loop->Post([answer, take = std::move(take)] { take(answer); });
  });
}

void WorkloadWatch::OnAnswer(absl::StatusOr<WorkloadList> answer) {
  asking_ = false;
  if (!answer.ok()) {
    LogWarning("%s; what this host can run stays as it was known", Message(answer.status()));
    return;
  }
  const bool changed = answer->workloads != known_.workloads || answer->plugins != known_.plugins;
  known_ = *std::move(answer);
  for (const std::string& path : known_.depends_on) marks_.try_emplace(path, MarkOf(path));
  std::erase_if(marks_, [this](const auto& mark) {
    return std::find(known_.depends_on.begin(), known_.depends_on.end(), mark.first) ==
           known_.depends_on.end();
  });
  if (!changed) return;
  LogInfo("this host can run something else than before: telling the coordinator");
  on_change_(known_);
}

}  // namespace benchfleet
