#include "workloads/plugin_loader.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/frame.h"
#include "base/status.h"
#include "proto/convert.h"
#include "workloads/plugin_library.h"
#include "workloads/plugin_workload.h"

namespace benchfleet {
namespace {

constexpr int kAnswerTimeoutMs = 5000;

// What becomes of what a library prints when it is loaded.
enum class Prints { kToStderr, kDrop };

// In the child: loads the plug-in and answers with its descriptions, or with one "workload" without
// a name whose `unavailable` says why there are none.
[[noreturn]] void Answer(const std::string& path, int fd, Prints prints) {
  if (prints == Prints::kDrop) {
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nowhere, STDERR_FILENO);
  }
  dup2(STDERR_FILENO, STDOUT_FILENO);  // stdout is for the list
  const absl::StatusOr<PluginLibrary> library = PluginLibrary::Open(path);
  std::vector<WorkloadDescription> answer;
  if (library.ok()) {
    answer = library->Describe();
  } else {
    answer.emplace_back();
    answer.back().unavailable = Message(library.status());
  }
  const absl::Status written = WriteFrame(fd, Serialize(answer));
  std::fflush(nullptr);
  _exit(written.ok() ? 0 : 1);
}

// The frame that comes from `fd` before the child is done or the time is up; nothing otherwise.
std::optional<std::string> Listen(int fd, bool* timed_out) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::milliseconds(kAnswerTimeoutMs);
  FrameDecoder decoder;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd readable{fd, POLLIN, 0};
    const int ready = left <= 0 ? 0 : poll(&readable, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    *timed_out = ready == 0;
    char bytes[4096];
    const ssize_t got = ready <= 0 ? 0 : read(fd, bytes, sizeof bytes);
    if (got <= 0) return std::nullopt;
    decoder.Append(std::string_view(bytes, static_cast<size_t>(got)));
    absl::StatusOr<std::optional<std::string>> frame = decoder.Next();
    if (!frame.ok()) return std::nullopt;
    if (*frame) return **std::move(frame);
  }
}

std::string HowItEnded(int status, bool timed_out) {
  if (timed_out) return absl::StrFormat("loading it takes more than %d ms", kAnswerTimeoutMs);
  if (WIFSIGNALED(status)) {
    return absl::StrFormat("loading it crashes: signal %d (%s)", WTERMSIG(status),
                           strsignal(WTERMSIG(status)));
  }
  return "loading it ends the process";
}

// Error: the reason why nothing of this plug-in can be used.
absl::StatusOr<std::vector<WorkloadDescription>> AskForWorkloads(const std::string& path,
                                                                 Prints prints) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {  // to open a FIFO is to wait
    return absl::FailedPreconditionError(error ? error.message()
                                               : std::string("it is not a regular file"));
  }
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return ErrnoError(errno, "making a pipe");
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) return ErrnoError(errno, "fork");
  if (child == 0) Answer(path, fds[1], prints);
  close(fds[1]);
  bool timed_out = false;
  const std::optional<std::string> frame = Listen(fds[0], &timed_out);
  close(fds[0]);
  if (!frame) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (!frame) return absl::FailedPreconditionError(HowItEnded(status, timed_out));
  BF_ASSIGN_OR_RETURN(std::vector<WorkloadDescription> workloads, ParseWorkloads(*frame));
  if (workloads.size() == 1 && workloads[0].name.empty()) {
    return absl::FailedPreconditionError(workloads[0].unavailable);
  }
  return workloads;
}

class Loading {
 public:
  Loading(Catalog* catalog, Prints prints) : catalog_(*catalog), prints_(prints) {}

  void Load(const std::filesystem::path& path) {
    file_ = path.filename().string();
    absl::StatusOr<std::vector<WorkloadDescription>> workloads =
        AskForWorkloads(path.string(), prints_);
    if (!workloads.ok()) {
      return Refuse("plugin." + path.stem().string(), Message(workloads.status()));
    }
    for (WorkloadDescription& workload : *workloads) {
      if (!workload.unavailable.empty()) {
        Warn(absl::StrFormat("%s: %s", workload.name, workload.unavailable));
      }
      const auto create = [path = path.string(), workload] {
        return MakePluginWorkload(path, workload);
      };
      const absl::Status added = catalog_.Add({workload, create});
      if (!added.ok()) {
        Warn(Message(added));
      } else if (workload.unavailable.empty()) {
        loaded_.libraries[workload.name] = path.string();
      }
    }
  }

  const LoadedPlugins& loaded() const { return loaded_; }

 private:
  void Warn(const std::string& reason) {
    loaded_.warnings.push_back(absl::StrFormat("plug-in %s: %s", file_, reason));
  }
  void Refuse(const std::string& name, const std::string& reason) {
    Warn(reason);
    WorkloadEntry entry;
    entry.description.name = name;
    entry.description.description = "a plug-in that cannot be used: " + file_;
    entry.description.unavailable = reason;
    (void)catalog_.Add(std::move(entry));  // of two with one name the first says enough
  }

  Catalog& catalog_;
  const Prints prints_;
  LoadedPlugins loaded_;
  std::string file_;
};

}  // namespace

std::vector<std::string> FindPlugins(const std::string& folder, std::string* why) {
  std::error_code error;
  std::vector<std::string> paths;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().extension() == ".so") paths.push_back(std::filesystem::absolute(it->path()));
  }
  *why = error ? error.message() : "";
  std::sort(paths.begin(), paths.end());
  return paths;
}

LoadedPlugins LoadPlugins(const std::string& folder, Catalog* catalog) {
  std::string error;
  const std::vector<std::string> paths = FindPlugins(folder, &error);
  Loading loading(catalog, Prints::kToStderr);
  for (const std::string& path : paths) loading.Load(path);
  LoadedPlugins loaded = loading.loaded();
  if (!error.empty()) {
    loaded.warnings.push_back(absl::StrFormat("plug-in folder %s: %s", folder, error));
  }
  return loaded;
}

void LoadPlugin(const std::string& path, Catalog* catalog) {
  Loading(catalog, Prints::kDrop).Load(path);
}

void LoadPluginWith(const std::string& wanted, const std::string& folder, Catalog* catalog) {
  std::string ignored;  // then there is no such workload, and that is said
  Loading loading(catalog, Prints::kDrop);
  for (const std::string& path : FindPlugins(folder, &ignored)) {
    loading.Load(path);
    if (!absl::IsNotFound(catalog->Find(wanted).status())) return;
  }
}

}  // namespace benchfleet
