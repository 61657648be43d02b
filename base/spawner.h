// Starting programs from a process of any size: the client of `bench-spawner`.
//
// Why not fork here: fork copies page tables (74 ms for 500 MB), a process with gRPC threads must
// not fork, and the kernel reports as a child's maximum resident size at least that of the process
// it was started from. A helper process of about half a megabyte has none of these troubles.
//
// What is promised of a run (a child and all of its descendants):
// - it gets descriptors 0, 1, 2 and the data descriptor, default signals, a process group of its
// own;
// - when the child ends, its descendants are killed, in its process group at once, outside of it as
// soon
//   as no other run is going on; ExitReport comes after that;
// - when the owner stops or dies, even by SIGKILL, every run gets TERM and, after a grace, KILL.
//
// Life cycle: 1. Spawner::Start(); 2. Spawn(), Signal(); 3. Poll(), TryWait() or Wait(); 4. the
// destructor ends all runs and waits for them. One process may have several spawners.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace benchfleet {

class SpawnerChannel;

struct SpawnerOptions {
  // The bench-spawner program. Empty: $BENCHFLEET_BIN_DIR/bench-spawner where that variable is set,
  // else the one beside the running executable.
  std::string program;
  // Between TERM and KILL for runs that are alive when the owner stops or dies.
  absl::Duration grace = absl::Seconds(2);
};

struct ResourceLimit {
  int resource = 0;   // RLIMIT_CPU, RLIMIT_AS, ... of <sys/resource.h>
  uint64_t soft = 0;  // in the resource's own unit; RLIM_INFINITY for none
  uint64_t hard = 0;
};

struct SpawnRequest {
  // argv[0] is a path, or a name without '/' that is looked up in the PATH of the child's
  // environment.
  std::vector<std::string> argv;
  // Added to the owner's environment, or replacing variables there; with `inherit_environment`
  // false they are all that the child gets. Folders of PATH that do not begin with '/' are not
  // searched.
  std::vector<std::pair<std::string, std::string>> environment;
  bool inherit_environment = true;
  // Where the child starts (a relative argv[0] with '/' counts from here). Empty: as the owner was
  // when it started the spawner.
  std::string directory;
  std::vector<ResourceLimit> limits;
  // Borrowed for the call; -1 means /dev/null.
  int stdin_fd = -1;
  int stdout_fd = -1;
  int stderr_fd = -1;
  // Borrowed; -1 means none. The child finds it under `data_fd_number`, at least 3.
  int data_fd = -1;
  int data_fd_number = 3;
  std::optional<int> nice;  // absolute, -20 to 19
  std::vector<int> cpus;    // processors that it may run on; empty: as when the spawner started
  // cgroup.procs files (one per hierarchy) that the child enters before it becomes the program.
  std::vector<std::string> cgroup_procs_files;
};

// Where a start failed, see Describe().
enum class SpawnStep {
  kNone,
  kRequest,
  kFork,
  kProcessGroup,
  kCgroup,
  kDescriptors,
  kNice,
  kAffinity,
  kLimits,
  kDirectory,
  kExec,
};

// How a child ended, and what it used.
struct ExitReport {
  enum class Way {
    kExited,       // `code` is the exit code
    kSignalled,    // `code` is the signal
    kNotStarted,   // `code` is errno, `step` says of what
    kSpawnerLost,  // bench-spawner died; the child was killed or lost from sight
  };

  uint64_t id = 0;
  std::string program;  // argv[0]
  Way way = Way::kSpawnerLost;
  int code = 0;
  SpawnStep step = SpawnStep::kNone;
  int pid = 0;  // 0 unless it was started
  // It left living descendants, which were killed; some of them resisted (uninterruptible sleep).
  bool descendants_killed = false;
  bool descendants_left = false;

  // Zero unless exited or signalled. Measured in bench-spawner from just before vfork until the
  // death was seen; the rest is the kernel's rusage of the child and those descendants that it
  // waited for. User and system time are tick-sampled: for short runs only their sum is precise.
  int64_t start_monotonic_ns = 0;  // CLOCK_MONOTONIC
  absl::Duration wall;
  absl::Duration user;
  absl::Duration system;
  int64_t max_rss_bytes = 0;
  int64_t minor_faults = 0;
  int64_t major_faults = 0;
  int64_t blocks_in = 0;   // of 512 bytes
  int64_t blocks_out = 0;  // of 512 bytes
  int64_t voluntary_switches = 0;
  int64_t involuntary_switches = 0;

  bool succeeded() const { return way == Way::kExited && code == 0; }
  // "sha256sum exited with code 2", "bb was killed by signal 9 (Killed)",
  // "could not start bb: No such file or directory (execve)".
  std::string Describe() const;
};

// Single-threaded: one owner uses it, on one thread at a time. SpawnerThread (spawner_thread.h) is
// for owners that cannot wait.
class Spawner {
 public:
  // Starts bench-spawner and hears its greeting. Errors: it is not found, does not start, or speaks
  // another version of the protocol.
  static absl::StatusOr<std::unique_ptr<Spawner>> Start(const SpawnerOptions& options = {});
  ~Spawner();
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;

  // Starts a child; returns its id once it is started, or once it is known that it cannot be: then
  // its report (kNotStarted) is already there. Each id that is returned gets exactly one report.
  // Errors are the caller's or the spawner's: an unusable request (InvalidArgument), more than 256
  // children or uncollected reports (ResourceExhausted), bench-spawner died (Unavailable).
  absl::StatusOr<uint64_t> Spawn(const SpawnRequest& request);

  // The child's process id; 0 for one that was not started or whose report was collected.
  int Pid(uint64_t id) const;

  // Sends `signal` to the child's process group; nothing happens when it is over already.
  absl::Status Signal(uint64_t id, int signal);

  // Readable (POLLIN) when Poll() or TryWait() may have something new.
  int fd() const;
  // All reports that are there and were not collected, in the order of their coming. Does not
  // block.
  std::vector<ExitReport> Poll();
  // The report of one child, if it is there. Does not block.
  std::optional<ExitReport> TryWait(uint64_t id);
  // Blocks until the report of `id` is there. Error: no such child, or its report was collected.
  absl::StatusOr<ExitReport> Wait(uint64_t id);

  // bench-spawner's own process id, for tests and diagnosis.
  int spawner_pid() const;

 private:
  struct Child {
    std::string program;
    int pid = 0;
  };

  explicit Spawner(std::unique_ptr<SpawnerChannel> channel);
  absl::Status Send(const std::string& packet, const std::vector<int>& fds);
  void ReceiveAll();
  void Lose();

  std::unique_ptr<SpawnerChannel> channel_;
  uint64_t last_id_ = 0;
  std::map<uint64_t, Child> children_;  // whose report has not come
  std::vector<ExitReport> reports_;     // not collected
};

}  // namespace benchfleet
