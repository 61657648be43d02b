// What the kernel and the firmware say about a host, read from files below one root directory: "/"
// in the agent, a fixture tree in tests. Every read is bounded. Copyable; thread-safe, since it
// only reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace benchfleet {

// The words that stand where a host has no value of its own. They are part of the digests.
inline constexpr char kAbsent[] = "absent";  // no such file, leaf or feature here
inline constexpr char kDenied[] = "denied";  // it is there, and this process may not read it
inline constexpr char kNone[] = "none";      // the file is empty, as cpu/isolated when no CPU is

class HostFiles {
 public:
  explicit HostFiles(std::string root = "/");

  // The first `bytes_max` bytes of a file; nothing when it cannot be opened or read. `path` begins
  // with '/'.
  std::optional<std::string> Read(const std::string& path, size_t bytes_max = 64 << 10) const;
  // At most 4 KiB of it, without white space at either end; kAbsent, kDenied or kNone.
  std::string Value(const std::string& path) const;
  std::optional<uint64_t> Number(const std::string& path) const;

  const std::string& root() const { return root_; }

  bool Exists(const std::string& path) const;
  // True when the file is there but may not be read by this process.
  bool IsDenied(const std::string& path) const;
  // The names in a folder, sorted, without "." and ".."; at most 65,536, empty when there is none.
  std::vector<std::string> List(const std::string& path) const;

 private:
  std::string root_;  // Without a slash at its end.
};

}  // namespace benchfleet
