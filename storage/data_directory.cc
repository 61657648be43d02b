#include "storage/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace benchfleet {
namespace {

// The process id that the holder wrote, for the message alone: the lock is flock's.
std::string HolderOf(int fd) {
  char text[32] = {};
  const ssize_t size = pread(fd, text, sizeof(text) - 1, 0);
  std::string holder(text, size > 0 ? static_cast<size_t>(size) : 0);
  while (!holder.empty() && holder.back() == '\n') holder.pop_back();
  return holder.empty() ? "unknown" : holder;
}

absl::Status MakeDirectory(const std::string& path) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) return ErrnoError(error.value(), "making the directory " + parent.string());
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return ErrnoError(errno, "making the data directory " + path);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<DataDirectory>> DataDirectory::Open(const std::string& path) {
  BF_RETURN_IF_ERROR(MakeDirectory(path));
  const std::string file = path + "/coordinator.lock";
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return ErrnoError(errno, "opening " + file);
  std::unique_ptr<DataDirectory> directory(new DataDirectory(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoError(errno, "locking " + file);
    return absl::UnavailableError(absl::StrFormat(
        "the data directory %s is in use by another bench-coordinator (process %s): stop that one, "
        "or choose another data directory",
        path, HolderOf(fd)));
  }
  const std::string holder = absl::StrFormat("%d\n", getpid());
  // Best effort: on a full disk the lock holds all the same.
  if (ftruncate(fd, 0) == 0) {
    [[maybe_unused]] const ssize_t written = pwrite(fd, holder.data(), holder.size(), 0);
  }
  return directory;
}

DataDirectory::~DataDirectory() { close(fd_); }

}  // namespace benchfleet
