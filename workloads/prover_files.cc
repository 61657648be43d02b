#include "workloads/prover_files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/status.h"
#include "workloads/openssl_util.h"

namespace benchfleet {
namespace {

class OpenFile {
 public:
  OpenFile(const std::string& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

absl::Status WriteAll(int fd, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return ErrnoError(errno, "writing " + name);
    if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

// From the beginning, wherever the file's position is.
absl::StatusOr<std::string> ReadAll(int fd, const std::string& name, size_t bytes_max) {
  struct stat about;
  if (fstat(fd, &about) != 0) return ErrnoError(errno, name);
  if (static_cast<uint64_t>(about.st_size) > bytes_max) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%s: %d bytes; the bound is %d", name, about.st_size, bytes_max));
  }
  std::string bytes(static_cast<size_t>(about.st_size), '\0');
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t got =
        pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, "reading " + name);
    if (got == 0) return absl::DataLossError(name + " became shorter while it was read");
    done += static_cast<size_t>(got);
  }
  return bytes;
}

}  // namespace

absl::StatusOr<std::string> ReadFileBytes(const std::string& path, size_t bytes_max) {
  const OpenFile file(path, O_RDONLY);
  if (file.fd() < 0) return ErrnoError(errno, path);
  return ReadAll(file.fd(), path, bytes_max);
}

absl::Status WriteFileBytes(const std::string& path, std::string_view bytes) {
  const OpenFile file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (file.fd() < 0) return ErrnoError(errno, path);
  return WriteAll(file.fd(), bytes, path);
}

absl::StatusOr<std::string> TakeFileBytes(const std::string& path) {
  absl::StatusOr<std::string> bytes = ReadFileBytes(path);
  if (bytes.ok() && unlink(path.c_str()) != 0) return ErrnoError(errno, "removing " + path);
  return bytes;
}

std::string Sha256Hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  return ToHex(std::string_view(reinterpret_cast<const char*>(digest), size));
}

absl::StatusOr<std::string> Sha256HexOfFile(const std::string& path) {
  const OpenFile file(path, O_RDONLY);
  struct stat about;
  if (file.fd() < 0 || fstat(file.fd(), &about) != 0) return ErrnoError(errno, path);
  if (about.st_size == 0) return Sha256Hex("");
  const auto size = static_cast<size_t>(about.st_size);
  void* bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd(), 0);
  if (bytes == MAP_FAILED) return ErrnoError(errno, "mapping " + path);
  std::string digest = Sha256Hex(std::string_view(static_cast<const char*>(bytes), size));
  munmap(bytes, size);
  return digest;
}

absl::StatusOr<MemoryFile> MemoryFile::Create(std::string_view bytes) {
  MemoryFile file(memfd_create("benchfleet-prover", MFD_CLOEXEC));
  if (file.fd_ < 0) return ErrnoError(errno, "making a memory file");
  BF_RETURN_IF_ERROR(WriteAll(file.fd_, bytes, "a memory file"));
  return file;
}

MemoryFile::MemoryFile(MemoryFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

MemoryFile& MemoryFile::operator=(MemoryFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

MemoryFile::~MemoryFile() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<std::string> MemoryFile::Bytes() const {
  return ReadAll(fd_, "a memory file", kProverFileBytesMax);
}

}  // namespace benchfleet
