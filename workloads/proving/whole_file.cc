#include "workloads/proving/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/status.h"

namespace benchfleet {

absl::StatusOr<WholeFile> WholeFile::Create(const std::string& path, mode_t mode) {
  std::string temporary = path + ".XXXXXX";
  const int descriptor = mkostemp(temporary.data(), O_CLOEXEC);
  if (descriptor < 0) return ErrnoError(errno, "creating " + temporary);
  WholeFile file(path, temporary, descriptor);
  if (fchmod(descriptor, mode) != 0) return ErrnoError(errno, "setting the mode of " + temporary);
  return file;
}

WholeFile::WholeFile(std::string path, std::string temporary, int descriptor)
    : path_(std::move(path)), temporary_(std::move(temporary)), descriptor_(descriptor) {}

WholeFile::WholeFile(WholeFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

WholeFile::~WholeFile() { Discard(); }

absl::Status WholeFile::Write(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoError(errno, "writing " + path_);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status WholeFile::Commit() {
  if (fsync(descriptor_) != 0) return ErrnoError(errno, "syncing " + path_);
  if (rename(temporary_.c_str(), path_.c_str()) != 0) {
    return ErrnoError(errno, "renaming to " + path_);
  }
  close(std::exchange(descriptor_, -1));
  return absl::OkStatus();
}

void WholeFile::Discard() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  unlink(temporary_.c_str());
  descriptor_ = -1;
}

}  // namespace benchfleet
