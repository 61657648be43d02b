// Files, memory files and digests for the provers. Private to workloads/.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/limits.h"

namespace benchfleet {

// Of a key, a proof, a circuit or a witness; what is larger is refused by name. A witness that may
// be sent may be made and read here too.
inline constexpr size_t kProverFileBytesMax = limits::kMaxWitnessBytes;
static_assert(kProverFileBytesMax == limits::kMaxWitnessBytes);
// What went wrong with reading a witness; a bound that was met is named as the witness's.
absl::Status OfWitness(const absl::Status& status);

// Errors name the path.
absl::StatusOr<std::string> ReadFileBytes(const std::string& path,
                                          size_t bytes_max = kProverFileBytesMax);
// The first bytes of a file of any size; fewer where it is shorter.
absl::StatusOr<std::string> ReadFileBegin(const std::string& path, size_t bytes);
absl::Status WriteFileBytes(const std::string& path, std::string_view bytes);
// Reads a file and removes it, so that it is not taken for the next one.
absl::StatusOr<std::string> TakeFileBytes(const std::string& path);

// Lower-case hexadecimal.
std::string Sha256Hex(std::string_view bytes);
absl::StatusOr<std::string> Sha256HexOfFile(const std::string& path);

// Bytes that a child reads or writes as /proc/self/fd/N, and that never reach a disk.
class MemoryFile {
 public:
  static absl::StatusOr<MemoryFile> Create(std::string_view bytes = {});
  MemoryFile(MemoryFile&& other) noexcept;
  MemoryFile& operator=(MemoryFile&& other) noexcept;
  ~MemoryFile();

  int fd() const { return fd_; }
  absl::StatusOr<std::string> Bytes() const;
  // From now on it holds `bytes` alone.
  absl::Status Rewrite(std::string_view bytes) const;

 private:
  explicit MemoryFile(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace benchfleet
