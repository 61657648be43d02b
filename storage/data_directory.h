// The coordinator's data directory, which belongs to one process at a time.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace benchfleet {

// Holds the lock of a data directory from Open to destruction; the kernel gives it back when the
// process dies, however it dies. Any thread.
class DataDirectory {
 public:
  // Makes the directory (0700) where it is missing, and takes it. Errors: kUnavailable when another
  // coordinator has it (the message names its process), else what the file system says.
  static absl::StatusOr<std::unique_ptr<DataDirectory>> Open(const std::string& path);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

 private:
  explicit DataDirectory(int fd) : fd_(fd) {}
  const int fd_;  // of the lock file
};

}  // namespace benchfleet
