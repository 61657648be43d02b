#include "workloads/runner_helper.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "base/frame.h"
#include "base/status.h"
#include "base/subprocess.h"
#include "proto/convert.h"

namespace benchfleet {
namespace {

constexpr size_t kListBytesMax = 4u << 20;

std::string BesideThisProgram(const std::string& name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / name).string();
}

}  // namespace

RunnerHelper::RunnerHelper(const std::string& name) : path_(BesideThisProgram(name)) {}

bool RunnerHelper::installed() const { return access(path_.c_str(), X_OK) == 0; }

absl::StatusOr<std::vector<WorkloadDescription>> RunnerHelper::List() const {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Spawner> spawner, Spawner::Start());
  CommandOptions options;
  options.output_bytes_max = kListBytesMax;
  BF_ASSIGN_OR_RETURN(const CommandResult result, RunCommand(*spawner, {path_, "--list"}, options));
  if (!result.succeeded()) return absl::FailedPreconditionError(result.Describe());
  return WorkloadsFromJson(result.output.Bytes());
}

absl::Status RunnerHelper::TakeOver(const std::string& frame, int fd) const {
  // What was read from the socket cannot be put back: the request travels in a file of memory.
  const int request = memfd_create("benchfleet-request", 0);
  if (request < 0) return ErrnoError(errno, "memfd_create");
  BF_RETURN_IF_ERROR(WriteFrame(request, frame));
  if (lseek(request, 0, SEEK_SET) != 0 || fcntl(fd, F_SETFD, 0) != 0) {
    return ErrnoError(errno, "handing the request over");
  }
  const std::string fd_text = std::to_string(fd);
  const std::string request_text = std::to_string(request);
  execl(path_.c_str(), path_.c_str(), "--fd", fd_text.c_str(), "--request-fd", request_text.c_str(),
        nullptr);
  return ErrnoError(errno, "starting " + path_);
}

absl::Status RunnerHelper::TakeOver(char** argv) const {
  execv(path_.c_str(), argv);
  return ErrnoError(errno, "starting " + path_);
}

}  // namespace benchfleet
