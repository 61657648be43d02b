// A spawner for programs that never wait: "when this child ends, call this function on my loop".
//
// Life cycle: 1. Start(); 2. Spawn() and Signal() from any thread; 3. Stop(), or the destructor.
// One thread waits for bench-spawner's replies and posts the reports to the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/spawner.h"
#include "base/task_loop.h"

namespace benchfleet {

class SpawnerThread {
 public:
  using OnExit = std::function<void(const ExitReport&)>;

  // Starts bench-spawner and the thread. `loop` is borrowed and must run longer than Stop(). Errors
  // as of Spawner::Start().
  static absl::StatusOr<std::unique_ptr<SpawnerThread>> Start(const SpawnerOptions& options,
                                                              TaskLoop* loop);
  ~SpawnerThread();  // stops if nobody did
  SpawnerThread(const SpawnerThread&) = delete;
  SpawnerThread& operator=(const SpawnerThread&) = delete;

  // Asks for a child and returns its id without waiting for it (it may wait, in bursts, for room on
  // the socket). The request's descriptors may be closed on return. If this returns an id,
  // `on_exit` is called exactly once on the loop, whatever happens, a failed start (kNotStarted)
  // included; called off the loop, Spawn may return after that. Errors as of Spawner::Spawn(), and
  // Unavailable after Stop().
  absl::StatusOr<uint64_t> Spawn(const SpawnRequest& request, OnExit on_exit);

  // Sends `signal` to the child's process group; nothing happens when it is over already.
  absl::Status Signal(uint64_t id, int signal);

  // Ends all runs (TERM, after the grace KILL), posts their reports, joins. Blocks meanwhile, so
  // the loop's own thread may call it only if it can stand that. Idempotent.
  void Stop();

  // bench-spawner's own process id, for tests and diagnosis.
  int spawner_pid() const;

 private:
  struct Child {
    std::string program;
    int pid = 0;
    OnExit on_exit;
  };

  SpawnerThread(std::unique_ptr<SpawnerChannel> channel, TaskLoop* loop);
  absl::Status Send(const std::string& packet, const std::vector<int>& fds);
  void Run();
  void Finish(uint64_t id, ExitReport report);
  void LoseAll();

  const std::unique_ptr<SpawnerChannel> channel_;
  TaskLoop* const loop_;

  // Not absl::Mutex: ThreadSanitizer does not see that of Debian's library.
  std::mutex mutex_;
  // Guarded by mutex_:
  uint64_t last_id_ = 0;
  bool ended_ = false;  // stopped, or bench-spawner is lost
  std::map<uint64_t, Child> children_;

  std::thread thread_;
};

}  // namespace benchfleet
