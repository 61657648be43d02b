#include "base/spawner_child.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

namespace benchfleet::spawner_protocol {
namespace {

static_assert(sizeof(RequestHeader::cpus) <= sizeof(cpu_set_t));

bool CountsAreValid(const RequestHeader& header, size_t fd_count) {
  const uint64_t strings =
      uint64_t{header.argument_count} + header.environment_count + uint64_t{header.cgroup_count};
  return header.argument_count >= 1 && strings <= kStringsMax && header.limit_count <= kLimitsMax &&
         header.fd_mask < (1u << kFdsMax) &&
         static_cast<size_t>(__builtin_popcount(header.fd_mask)) == fd_count &&
         header.data_fd_number >= 3 && header.data_fd_number <= kDataFdNumberMax;
}

// Where the child says, through the memory that it shares with its parent until execve, what
// failed.
struct Failure {
  Step step;
  int error_number;
};

[[noreturn]] void Fail(volatile Failure* failure, Step step) {
  failure->error_number = errno;
  failure->step = step;
  _exit(127);
}

// Sources are close-on-exec and above 2, so none is overwritten before it is used.
bool InstallFds(const ChildPlan& plan) {
  for (int number = 0; number < 3; ++number) {
    if (dup2(plan.fds[number], number) < 0) return false;
  }
  const int data = plan.fds[3];
  if (data < 0) return true;
  if (data == plan.header->data_fd_number) return fcntl(data, F_SETFD, 0) == 0;
  return dup2(data, plan.header->data_fd_number) >= 0;
}

bool JoinCgroups(char** files) {
  for (; *files != nullptr; ++files) {
    const int fd = open(*files, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "0", 1) != 1) return false;  // 0: the writing process itself
    close(fd);
  }
  return true;
}

bool SetAffinity(const RequestHeader& header) {
  cpu_set_t set;
  CPU_ZERO(&set);
  memcpy(&set, header.cpus, sizeof header.cpus);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

bool SetLimits(const RequestHeader& header) {
  for (uint32_t i = 0; i < header.limit_count; ++i) {
    const rlimit limit = {header.limits[i].soft, header.limits[i].hard};
    if (prlimit(0, static_cast<__rlimit_resource>(header.limits[i].resource), &limit, nullptr) !=
        0) {
      return false;
    }
  }
  return true;
}

// Runs in the vfork child: shares the spawner's memory, has descriptors and signals of its own.
[[noreturn]] void RunChild(const ChildPlan& plan, pid_t spawner, volatile Failure* failure) {
  const RequestHeader& header = *plan.header;
  if (setpgid(0, 0) != 0) Fail(failure, Step::kProcessGroup);
  // The leader dies with the spawner even when that is killed without a chance to clean up.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != spawner) _exit(127);
  if (!JoinCgroups(plan.cgroup_files)) Fail(failure, Step::kCgroup);
  if (!InstallFds(plan)) Fail(failure, Step::kDescriptors);
  if (header.has_nice != 0 && setpriority(PRIO_PROCESS, 0, header.nice) != 0) {
    Fail(failure, Step::kNice);
  }
  if (header.has_cpus != 0 && !SetAffinity(header)) Fail(failure, Step::kAffinity);
  if (plan.directory[0] != '\0' && chdir(plan.directory) != 0) Fail(failure, Step::kDirectory);
  if (!SetLimits(header)) Fail(failure, Step::kLimits);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(plan.program, plan.argv, plan.envp);
  Fail(failure, Step::kExec);
}

}  // namespace

int64_t MonotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
}

bool ParseSpawn(char* packet, size_t size, const int* fds, size_t fd_count, int null_fd,
                ChildPlan* plan) {
  const auto* header = reinterpret_cast<const RequestHeader*>(packet);
  if (size <= sizeof *header || packet[size - 1] != '\0') return false;
  if (!CountsAreValid(*header, fd_count)) return false;
  plan->header = header;
  char* next = packet + sizeof *header;
  const char* const end = packet + size;
  bool complete = true;
  const auto take = [&]() -> char* {
    if (next >= end) {
      complete = false;
      return nullptr;
    }
    char* const text = next;
    next += strlen(text) + 1;  // stays inside: the last byte is NUL
    return text;
  };
  char** slot = plan->pointers;
  const auto take_list = [&](uint32_t count) {
    char** const first = slot;
    for (uint32_t i = 0; i < count; ++i) *slot++ = take();
    *slot++ = nullptr;
    return first;
  };
  plan->program = take();
  plan->directory = take();
  plan->argv = take_list(header->argument_count);
  plan->envp = take_list(header->environment_count);
  plan->cgroup_files = take_list(header->cgroup_count);
  if (!complete || next != end) return false;
  for (size_t i = 0, used = 0; i < kFdsMax; ++i) {
    const bool sent = (header->fd_mask & (1u << i)) != 0;
    plan->fds[i] = sent ? fds[used++] : i < 3 ? null_fd : -1;
  }
  return true;
}

__attribute__((noinline)) StartResult StartChild(const ChildPlan& plan) {
  volatile Failure failure = {Step::kNone, 0};
  const pid_t spawner = getpid();
  StartResult result;
  result.start_ns = MonotonicNs();
  const pid_t pid = vfork();
  if (pid == 0) RunChild(plan, spawner, &failure);
  if (pid < 0) {
    result.step = Step::kFork;
    result.error_number = errno;
    return result;
  }
  if (failure.step != Step::kNone) {
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    result.step = failure.step;
    result.error_number = failure.error_number;
    return result;
  }
  result.pid = pid;
  return result;
}

}  // namespace benchfleet::spawner_protocol
