#include "workloads/prover_keys.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <span>
#include <system_error>

#include "base/status.h"
#include "workloads/prover_files.h"
#include "workloads/proving/whole_file.h"
#include "workloads/stopwatch.h"

namespace benchfleet {
namespace {

constexpr size_t kDigestChars = 64;

// "" where there is no place for a cache.
std::string CacheDirectory() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  std::string directory;
  if (cache != nullptr && *cache == '/') {
    directory = std::string(cache) + "/benchfleet/keys";
  } else if (home != nullptr && *home == '/') {
    directory = std::string(home) + "/.cache/benchfleet/keys";
  }
  std::error_code failed;
  if (!directory.empty()) std::filesystem::create_directories(directory, failed);
  return failed ? "" : directory;
}

// Held by the one who makes the key.
class FileLock {
 public:
  explicit FileLock(const std::string& path)
      : fd_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    while (fd_ >= 0 && flock(fd_, LOCK_EX) != 0 && errno == EINTR) continue;
  }
  ~FileLock() {
    if (fd_ >= 0) close(fd_);
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_;
};

// An entry is the digest of the key, in hexadecimal, and the key.
std::optional<std::string> ReadEntry(const std::string& path) {
  const absl::StatusOr<std::string> entry = ReadFileBytes(path);
  if (!entry.ok() || entry->size() <= kDigestChars) return std::nullopt;
  std::string key = entry->substr(kDigestChars);
  if (Sha256Hex(key) != entry->substr(0, kDigestChars)) return std::nullopt;
  return key;
}

absl::Status WriteEntry(const std::string& path, const std::string& key) {
  const std::string entry = Sha256Hex(key) + key;
  BF_ASSIGN_OR_RETURN(WholeFile file, WholeFile::Create(path, 0600));
  BF_RETURN_IF_ERROR(file.Write(
      std::span<const uint8_t>(reinterpret_cast<const uint8_t*>(entry.data()), entry.size())));
  return file.Commit();
}

absl::StatusOr<Keys> MakeKeys(const std::function<absl::StatusOr<std::string>()>& make) {
  Keys keys;
  const int64_t begin_ns = SystemStopwatch().NowNs();
  BF_ASSIGN_OR_RETURN(keys.verification, make());
  keys.made_in = absl::Nanoseconds(SystemStopwatch().NowNs() - begin_ns);
  return keys;
}

}  // namespace

absl::StatusOr<Keys> CachedKeys(const std::string& material,
                                const std::function<absl::StatusOr<std::string>()>& make) {
  const std::string directory = CacheDirectory();
  if (directory.empty()) return MakeKeys(make);
  const std::string path = directory + "/" + Sha256Hex(material) + ".vk";
  const FileLock lock(path + ".lock");
  if (std::optional<std::string> key = ReadEntry(path)) {
    return Keys{*std::move(key), /*cached=*/true, absl::ZeroDuration()};
  }
  BF_ASSIGN_OR_RETURN(Keys keys, MakeKeys(make));
  WriteEntry(path, keys.verification).IgnoreError();  // then the next run makes it again
  return keys;
}

}  // namespace benchfleet
