// The private protocol between bench-spawner and base/spawner_channel, on one SOCK_SEQPACKET
// socket.
//
// One message is one packet of fixed binary structs: both ends are built together and run on one
// machine, so there is no byte order and no padding to agree on. The spawner speaks first:
//
//   spawner -> owner   Reply{kHello, version}
//   owner -> spawner   RequestHeader{kSpawn} strings...   + up to four descriptors (SCM_RIGHTS)
//   spawner -> owner   Reply{kStarted} or Reply{kFailed}, once for each kSpawn
//   owner -> spawner   RequestHeader{kSignal}
//   spawner -> owner   Reply{kExited}, once for each kStarted
//   owner -> spawner   end of file: the owner stopped or died; everything is ended
//
// Strings follow the header, each ended by NUL: program, directory ("" = the spawner's), argv...,
// environment..., cgroup.procs files... Descriptors come in the order of their bits in `fd_mask`.
//
// This header is all that bench-spawner shares with the rest: no library, plain data.
#pragma once

#include <cstddef>
#include <cstdint>

namespace benchfleet::spawner_protocol {

inline constexpr uint32_t kVersion = 1;

// Bounds. Both ends check them.
inline constexpr size_t kRunsMax = 256;  // children at a time
inline constexpr size_t kRequestBytesMax =
    size_t{128} * 1024;                      // header and strings; below net.core.wmem_default
inline constexpr size_t kStringsMax = 4096;  // argv + environment + files
inline constexpr size_t kLimitsMax = 16;     // resource limits of one child
inline constexpr size_t kCpuWords = 16;      // affinity: 1,024 processors
inline constexpr size_t kFdsMax = 4;         // stdin, stdout, stderr, data
inline constexpr int kDataFdNumberMax = 1023;

static_assert(kRequestBytesMax < 212992, "a request must fit a default socket buffer");

enum class RequestType : uint32_t { kSpawn = 1, kSignal = 2 };
enum class ReplyType : uint32_t { kHello = 1, kStarted = 2, kFailed = 3, kExited = 4 };

// Where a start failed. Values travel; append only.
enum class Step : uint32_t {
  kNone = 0,
  kRequest = 1,       // the request was malformed, or too many children run
  kFork = 2,          // vfork
  kProcessGroup = 3,  // setpgid
  kCgroup = 4,        // writing a cgroup.procs file
  kDescriptors = 5,   // installing 0, 1, 2 and the data descriptor
  kNice = 6,          // setpriority
  kAffinity = 7,      // sched_setaffinity
  kLimits = 8,        // setrlimit
  kDirectory = 9,     // chdir
  kExec = 10,         // execve
};

struct Limit {
  uint32_t resource;  // RLIMIT_*
  uint32_t reserved;
  uint64_t soft;
  uint64_t hard;
};

struct RequestHeader {
  RequestType type;
  int32_t signal;  // kSignal only
  uint64_t id;     // chosen by the owner, never used twice
  uint32_t argument_count;
  uint32_t environment_count;
  uint32_t cgroup_count;
  uint32_t limit_count;
  uint32_t fd_mask;        // bit 0, 1, 2: stdin, stdout, stderr (else /dev/null); bit 3: data
  int32_t data_fd_number;  // number of the data descriptor in the child, at least 3
  uint32_t has_nice;
  int32_t nice;
  uint32_t has_cpus;
  uint32_t reserved;
  uint64_t cpus[kCpuWords];
  Limit limits[kLimitsMax];
};

// Flags of an exited child.
inline constexpr uint32_t kDescendantsKilled = 1;  // it left descendants, which were killed
inline constexpr uint32_t kDescendantsLeft = 2;    // some did not die in time (uninterruptible)

struct Reply {
  ReplyType type;
  uint32_t version;  // kHello
  uint64_t id;
  int32_t pid;
  int32_t error_number;  // kFailed
  Step step;             // kFailed
  int32_t wait_status;   // kExited; as wait4 gives it
  uint32_t flags;        // kExited
  uint32_t reserved;
  int64_t start_ns;  // CLOCK_MONOTONIC just before vfork
  int64_t wall_ns;   // from there until the child was seen dead
  // The child and those of its descendants that it waited for (getrusage's "both").
  int64_t user_ns;
  int64_t system_ns;
  int64_t max_rss_bytes;
  int64_t minor_faults;
  int64_t major_faults;
  int64_t blocks_in;
  int64_t blocks_out;
  int64_t voluntary_switches;
  int64_t involuntary_switches;
};

}  // namespace benchfleet::spawner_protocol
