#include "agent/host/host_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/host/scan.h"

namespace benchfleet {
namespace {

constexpr size_t kValueBytesMax = 4096;
constexpr size_t kNamesMax = 65536;
constexpr size_t kStep = 16 << 10;

// The file's beginning, or the errno that stood in the way. Sysfs may refuse at open or at read.
int ReadFile(const std::string& path, size_t bytes_max, std::string& text) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return errno;
  int error = 0;
  while (text.size() < bytes_max) {
    const size_t had = text.size();
    text.resize(std::min(bytes_max, had + kStep));
    const ssize_t got = read(fd, text.data() + had, text.size() - had);
    text.resize(had + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
  }
  close(fd);
  return error;
}

bool MeansDenied(int error) { return error == EACCES || error == EPERM; }

}  // namespace

HostFiles::HostFiles(std::string root) : root_(std::move(root)) {
  while (!root_.empty() && root_.back() == '/') root_.pop_back();
}

std::optional<std::string> HostFiles::Read(const std::string& path, size_t bytes_max) const {
  std::string text;
  if (ReadFile(root_ + path, bytes_max, text) != 0) return std::nullopt;
  return text;
}

std::string HostFiles::Value(const std::string& path) const {
  std::string text;
  const int error = ReadFile(root_ + path, kValueBytesMax, text);
  if (MeansDenied(error)) return kDenied;
  if (error != 0) return kAbsent;
  const std::string_view value = Trim(text);
  return value.empty() ? kNone : std::string(value);
}

std::optional<uint64_t> HostFiles::Number(const std::string& path) const {
  const std::optional<std::string> text = Read(path, kValueBytesMax);
  if (!text) return std::nullopt;
  return ParseNumber<uint64_t>(*text);
}

bool HostFiles::Exists(const std::string& path) const {
  return access((root_ + path).c_str(), F_OK) == 0;
}

bool HostFiles::IsDenied(const std::string& path) const {
  std::string text;
  return MeansDenied(ReadFile(root_ + path, 1, text));
}

std::vector<std::string> HostFiles::List(const std::string& path) const {
  std::vector<std::string> names;
  DIR* folder = opendir((root_ + path).c_str());
  if (folder == nullptr) return names;
  while (const dirent* entry = readdir(folder)) {
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    names.push_back(std::move(name));
    if (names.size() == kNamesMax) break;
  }
  closedir(folder);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace benchfleet
