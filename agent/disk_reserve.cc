#include "agent/disk_reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/status.h"

namespace benchfleet {
absl::Status DiskReserve::Fill() {
  if (filled_) return absl::OkStatus();
  const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return ErrnoError(errno, "opening " + path_);
  const int error = posix_fallocate(fd, 0, static_cast<off_t>(bytes_));
  close(fd);
  filled_ = error == 0;
  if (filled_) return absl::OkStatus();
  unlink(path_.c_str());
  const absl::Status status = ErrnoError(error, "reserving room in " + path_);
  return error == ENOSPC || error == EDQUOT || error == EFBIG
             ? absl::ResourceExhaustedError(Message(status))
             : status;
}

bool DiskReserve::Release() {
  filled_ = false;
  return unlink(path_.c_str()) == 0;
}

}  // namespace benchfleet
