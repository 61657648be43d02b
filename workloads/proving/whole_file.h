// A file that appears under its name whole or not at all.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace benchfleet {

// Life cycle: 1. Create() opens a temporary file beside `path`; 2. Write() any number of times;
// 3. Commit() syncs and renames it to `path`. Destroyed without Commit(), it leaves nothing behind.
// One owner, one thread. Errors name the path.
class WholeFile {
 public:
  static absl::StatusOr<WholeFile> Create(const std::string& path, mode_t mode);
  WholeFile(WholeFile&& other) noexcept;
  WholeFile& operator=(WholeFile&&) = delete;
  ~WholeFile();

  absl::Status Write(std::span<const uint8_t> bytes);
  absl::Status Commit();

 private:
  WholeFile(std::string path, std::string temporary, int descriptor);
  void Discard();

  std::string path_;
  std::string temporary_;
  int descriptor_;  // -1 after Commit() or a move
};

}  // namespace benchfleet
