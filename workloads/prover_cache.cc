#include "workloads/prover_cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <system_error>

#include "base/status.h"
#include "workloads/prover_files.h"
#include "workloads/stopwatch.h"

namespace benchfleet {
namespace {

namespace fs = std::filesystem;

// In each entry: nanoseconds that it took to make, and a line "sha256 name" for each file.
constexpr char kContents[] = "contents";

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
  if (!directory.empty()) fs::create_directories(directory, failed);
  return failed || access(directory.c_str(), W_OK) != 0 ? "" : directory;
}

// Held by the one who makes an entry.
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

std::optional<MadeFiles> ReadEntry(const std::string& folder,
                                   const std::vector<std::string>& names) {
  const absl::StatusOr<std::string> contents = ReadFileBytes(folder + "/" + kContents);
  if (!contents.ok()) return std::nullopt;
  std::istringstream lines(*contents);
  int64_t made_ns = 0;
  lines >> made_ns;
  for (const std::string& name : names) {
    std::string digest;
    std::string listed;
    lines >> digest >> listed;
    const absl::StatusOr<std::string> actual = Sha256HexOfFile(folder + "/" + name);
    if (!lines || listed != name || !actual.ok() || *actual != digest) return std::nullopt;
  }
  return MadeFiles{folder, /*cached=*/true, absl::Nanoseconds(made_ns)};
}

absl::StatusOr<MadeFiles> Make(const std::string& folder, const std::vector<std::string>& names,
                               const std::function<absl::Status(const std::string&)>& make) {
  const int64_t begin_ns = SystemStopwatch().NowNs();
  BF_RETURN_IF_ERROR(make(folder));
  const int64_t made_ns = SystemStopwatch().NowNs() - begin_ns;
  std::string contents = std::to_string(made_ns) + "\n";
  for (const std::string& name : names) {
    const absl::StatusOr<std::string> digest = Sha256HexOfFile(folder + "/" + name);
    if (!digest.ok()) return absl::InternalError("it left no " + Message(digest.status()));
    contents += *digest + " " + name + "\n";
  }
  BF_RETURN_IF_ERROR(WriteFileBytes(folder + "/" + kContents, contents));
  return MadeFiles{folder, /*cached=*/false, absl::Nanoseconds(made_ns)};
}

absl::StatusOr<std::string> NewFolder(const std::string& prefix) {
  std::string path = prefix + ".XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return ErrnoError(errno, "making the folder " + path);
  return path;
}

}  // namespace

absl::StatusOr<MadeFiles> MakeOnce(const std::string& material,
                                   const std::vector<std::string>& names,
                                   const std::string& work_dir, bool anew,
                                   const std::function<absl::Status(const std::string&)>& make) {
  const std::string cache = anew ? "" : CacheDirectory();
  if (cache.empty()) {
    BF_ASSIGN_OR_RETURN(const std::string folder, NewFolder(work_dir + "/made"));
    return Make(folder, names, make);
  }
  const std::string entry = cache + "/" + Sha256Hex(material);
  const FileLock lock(entry + ".lock");
  if (std::optional<MadeFiles> files = ReadEntry(entry, names)) return *std::move(files);
  BF_ASSIGN_OR_RETURN(const std::string folder, NewFolder(entry));
  absl::StatusOr<MadeFiles> made = Make(folder, names, make);
  std::error_code failed;
  if (!made.ok()) {
    fs::remove_all(folder, failed);
    return made;
  }
  fs::remove_all(entry, failed);  // where it was damaged
  fs::rename(folder, entry, failed);
  if (failed) return ErrnoError(failed.value(), "renaming " + folder);
  made->folder = entry;
  return made;
}

}  // namespace benchfleet
