#include "attestation/tsm_report.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <utility>

#include "base/limits.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr int kTsmAttempts = 3;
constexpr char kSevGuest[] = "sev_guest";

// A folder of one's own, while it lives.
class TsmFolder {
 public:
  static absl::StatusOr<TsmFolder> Make(TsmFiles& files) {
    static std::atomic<uint64_t> count = 0;
    std::string name = absl::StrFormat("benchfleet-%d-%d", getpid(), count++);
    BF_RETURN_IF_ERROR(files.MakeFolder(name));
    return TsmFolder(files, std::move(name));
  }
  ~TsmFolder() {
    if (!name_.empty()) files_->RemoveFolder(name_);
  }
  TsmFolder(TsmFolder&& other) noexcept
      : files_(other.files_), name_(std::exchange(other.name_, "")) {}
  TsmFolder& operator=(TsmFolder&&) = delete;

  absl::StatusOr<std::string> Read(const char* attribute) const {
    return files_->Read(name_ + "/" + attribute);
  }
  absl::StatusOr<std::string> ReadLine(const char* attribute) const {
    BF_ASSIGN_OR_RETURN(std::string line, Read(attribute));
    if (!line.empty() && line.back() == '\n') line.pop_back();
    return line;
  }
  absl::StatusOr<uint64_t> Generation() const {
    BF_ASSIGN_OR_RETURN(const std::string line, ReadLine("generation"));
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error == std::errc() && end == line.data() + line.size()) return number;
    return absl::InternalError("the report's generation is no number: " + line);
  }
  absl::Status Write(const char* attribute, const std::string& bytes) const {
    return files_->Write(name_ + "/" + attribute, bytes);
  }

 private:
  TsmFolder(TsmFiles& files, std::string name) : files_(&files), name_(std::move(name)) {}

  TsmFiles* files_;
  std::string name_;
};

// Aborted: somebody else has written into the folder meanwhile.
absl::StatusOr<TsmEvidence> FetchOnce(
    TsmFiles& files,
    const std::function<absl::StatusOr<std::string>(const std::string& provider)>& about) {
  BF_ASSIGN_OR_RETURN(const TsmFolder folder, TsmFolder::Make(files));
  TsmEvidence evidence;
  BF_ASSIGN_OR_RETURN(evidence.provider, folder.ReadLine("provider"));
  BF_ASSIGN_OR_RETURN(const std::string inblob, about(evidence.provider));
  BF_ASSIGN_OR_RETURN(const uint64_t before, folder.Generation());
  BF_RETURN_IF_ERROR(folder.Write("inblob", inblob));
  BF_ASSIGN_OR_RETURN(evidence.outblob, folder.Read("outblob"));
  if (evidence.provider == kSevGuest) {  // others have no such attribute
    BF_ASSIGN_OR_RETURN(evidence.auxblob, folder.Read("auxblob"));
  }
  BF_ASSIGN_OR_RETURN(const uint64_t after, folder.Generation());
  if (after == before + 1) return evidence;
  return absl::AbortedError("somebody else keeps writing to the report that was asked for");
}

struct TsmFile {
  int fd;
  ~TsmFile() {
    if (fd >= 0) close(fd);
  }
};

}  // namespace

absl::Status KernelTsmFiles::Available() const {
  if (access((root_ + "/report").c_str(), F_OK) == 0) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrFormat("this host has no %s/report: it is no confidential guest, or its kernel is "
                      "older than 6.7",
                      root_));
}

absl::Status KernelTsmFiles::MakeFolder(const std::string& name) {
  if (mkdir(Path(name).c_str(), 0700) == 0) return absl::OkStatus();
  return ErrnoError(errno, "making " + Path(name));
}

void KernelTsmFiles::RemoveFolder(const std::string& name) { rmdir(Path(name).c_str()); }

absl::StatusOr<std::string> KernelTsmFiles::Read(const std::string& name) {
  const TsmFile file{open(Path(name).c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) return ErrnoError(errno, "opening " + Path(name));
  std::string content;
  char buffer[4096];
  while (true) {
    const ssize_t got = read(file.fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    // The kernel's word for a report whose inblob another wrote meanwhile.
    if (got < 0 && errno == EWOULDBLOCK) return absl::AbortedError(Path(name) + " is in other use");
    if (got < 0) return ErrnoError(errno, "reading " + Path(name));
    if (got == 0) return content;
    content.append(buffer, static_cast<size_t>(got));
    if (content.size() > limits::kMaxEvidenceBytes) {
      return absl::OutOfRangeError(
          absl::StrFormat("%s is larger than %d bytes", Path(name), limits::kMaxEvidenceBytes));
    }
  }
}

absl::Status KernelTsmFiles::Write(const std::string& name, const std::string& bytes) {
  const TsmFile file{open(Path(name).c_str(), O_WRONLY | O_CLOEXEC)};
  if (file.fd < 0) return ErrnoError(errno, "opening " + Path(name));
  const ssize_t put = write(file.fd, bytes.data(), bytes.size());
  if (put == static_cast<ssize_t>(bytes.size())) return absl::OkStatus();
  return ErrnoError(put < 0 ? errno : EIO, "writing " + Path(name));
}

absl::StatusOr<TsmEvidence> FetchTsmEvidence(
    TsmFiles& files,
    const std::function<absl::StatusOr<std::string>(const std::string& provider)>& about) {
  BF_RETURN_IF_ERROR(files.Available());
  absl::StatusOr<TsmEvidence> evidence;
  for (int attempt = 0; attempt < kTsmAttempts; ++attempt) {
    evidence = FetchOnce(files, about);
    if (evidence.status().code() != absl::StatusCode::kAborted) break;
  }
  return evidence;
}

}  // namespace benchfleet
