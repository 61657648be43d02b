#include "base/spawner_runs.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace benchfleet::spawner_protocol {
namespace {

// How long killed descendants may take to die before their run is reported all the same.
constexpr int64_t kClearTimeNs = 2'000'000'000;

int64_t Nanoseconds(const timeval& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + int64_t{time.tv_usec} * 1000;
}

void FillReport(int wait_status, const rusage& usage, int64_t now_ns, Reply* report) {
  report->type = ReplyType::kExited;
  report->wait_status = wait_status;
  report->wall_ns = now_ns - report->start_ns;
  report->user_ns = Nanoseconds(usage.ru_utime);
  report->system_ns = Nanoseconds(usage.ru_stime);
  report->max_rss_bytes = int64_t{usage.ru_maxrss} * 1024;
  report->minor_faults = usage.ru_minflt;
  report->major_faults = usage.ru_majflt;
  report->blocks_in = usage.ru_inblock;
  report->blocks_out = usage.ru_oublock;
  report->voluntary_switches = usage.ru_nvcsw;
  report->involuntary_switches = usage.ru_nivcsw;
}

bool GroupIsEmpty(pid_t group) { return kill(-group, 0) != 0 && errno == ESRCH; }

// The parent of process `pid`, or 0.
pid_t ParentOf(const char* pid) {
  char path[64] = "/proc/";
  if (strlen(pid) > 20) return 0;
  strcat(strcat(path, pid), "/stat");
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char text[512];
  const ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return 0;
  text[length] = '\0';
  const char* const name_end = strrchr(text, ')');  // "pid (any name) state parent ..."
  return name_end == nullptr || strlen(name_end) < 4 ? 0 : atoi(name_end + 4);
}

// Kills all our children. Called when none of them is a running leader: they are all orphans. None
// is reaped meanwhile, so that no number can have passed to a stranger.
void KillOrphans() {
  DIR* const processes = opendir("/proc");
  if (processes == nullptr) return;
  const pid_t self = getpid();
  while (const dirent* entry = readdir(processes)) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    if (ParentOf(entry->d_name) == self) kill(atoi(entry->d_name), SIGKILL);
  }
  closedir(processes);
}

}  // namespace

bool HaveChildren() {
  siginfo_t info;
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

const Reply& RunTable::Add(uint64_t id, const StartResult& started) {
  Run& run = runs_[size_++];
  run = {};
  run.report.type = ReplyType::kStarted;
  run.report.id = id;
  run.report.pid = started.pid;
  run.report.start_ns = started.start_ns;
  return run.report;
}

RunTable::Run* RunTable::FindLeader(pid_t pid) {
  for (size_t i = 0; i < size_; ++i) {
    if (!runs_[i].clearing && runs_[i].report.pid == pid) return &runs_[i];
  }
  return nullptr;
}

size_t RunTable::RunningCount() const {
  size_t running = 0;
  for (size_t i = 0; i < size_; ++i) running += runs_[i].clearing ? 0 : 1;
  return running;
}

// A clearing run's group was killed already, and its number may be somebody else's.
void RunTable::Signal(uint64_t id, int signal) {
  for (size_t i = 0; i < size_; ++i) {
    if (runs_[i].report.id == id && !runs_[i].clearing) kill(-runs_[i].report.pid, signal);
  }
}

void RunTable::SignalAll(int signal) {
  for (size_t i = 0; i < size_; ++i) {
    if (!runs_[i].clearing) kill(-runs_[i].report.pid, signal);
  }
}

void RunTable::NoteKilled(pid_t group) {
  for (size_t i = 0; i < size_; ++i) {
    if (runs_[i].clearing && runs_[i].report.pid == group) {
      runs_[i].report.flags |= kDescendantsKilled;
    }
  }
}

// A leader's group is killed while the leader, still a zombie, keeps its number from being used
// again.
void RunTable::Reap(int64_t now_ns) {
  for (;;) {
    siginfo_t info;
    info.si_pid = 0;
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    Run* const run = FindLeader(info.si_pid);
    if (run != nullptr) kill(-info.si_pid, SIGKILL);
    const pid_t group = run == nullptr ? getpgid(info.si_pid) : info.si_pid;
    int wait_status = 0;
    rusage usage;
    if (wait4(info.si_pid, &wait_status, 0, &usage) != info.si_pid) continue;
    if (run == nullptr) {
      if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL) NoteKilled(group);
      continue;
    }
    FillReport(wait_status, usage, now_ns, &run->report);
    run->clearing = true;
    run->clear_deadline_ns = now_ns + kClearTimeNs;
  }
}

bool RunTable::CareForChildren(int64_t now_ns, ReportSink sink) {
  Reap(now_ns);
  const bool orphans = RunningCount() == 0 && HaveChildren();
  if (orphans) KillOrphans();
  bool waiting = orphans;
  for (size_t i = 0; i < size_;) {
    Run& run = runs_[i];
    const bool gone = run.clearing && !orphans && GroupIsEmpty(run.report.pid);
    const bool gave_up = run.clearing && !gone && now_ns >= run.clear_deadline_ns;
    if (run.clearing && !gone) {
      run.report.flags |= gave_up ? kDescendantsLeft : kDescendantsKilled;
      waiting = true;
    }
    if (gone || gave_up) {
      sink(run.report);
      run = runs_[--size_];
    } else {
      ++i;
    }
  }
  return waiting;
}

}  // namespace benchfleet::spawner_protocol
