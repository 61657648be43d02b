#include "workloads/prover_files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/status.h"
#include "base/text.h"
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

// The first `size` bytes, wherever the file's position is; fewer at its end.
absl::StatusOr<std::string> ReadBegin(int fd, const std::string& name, size_t size) {
  std::string bytes(size, '\0');
  size_t done = 0;
  while (done < size) {
    const ssize_t got = pread(fd, bytes.data() + done, size - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, "reading " + name);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

absl::StatusOr<std::string> ReadAll(int fd, const std::string& name, size_t bytes_max) {
  struct stat about;
  if (fstat(fd, &about) != 0) return ErrnoError(errno, name);
  if (static_cast<uint64_t>(about.st_size) > bytes_max) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%s: %d bytes; the bound is %d", name, about.st_size, bytes_max));
  }
  return ReadBegin(fd, name, static_cast<size_t>(about.st_size));
}

}  // namespace

absl::StatusOr<std::string> ReadFileBytes(const std::string& path, size_t bytes_max) {
  const OpenFile file(path, O_RDONLY);
  if (file.fd() < 0) return ErrnoError(errno, path);
  return ReadAll(file.fd(), path, bytes_max);
}

absl::Status OfWitness(const absl::Status& status) {
  if (!absl::IsResourceExhausted(status)) return status;
  return absl::ResourceExhaustedError(
      absl::StrFormat("the witness is too large, expected at most %s: %s",
                      FormatBytes(static_cast<double>(kProverFileBytesMax)), Message(status)));
}

absl::StatusOr<std::string> ReadFileBegin(const std::string& path, size_t bytes) {
  const OpenFile file(path, O_RDONLY);
  if (file.fd() < 0) return ErrnoError(errno, path);
  return ReadBegin(file.fd(), path, bytes);
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
  if (file.fd() < 0) return ErrnoError(errno, path);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  std::string piece(size_t{256} * 1024, '\0');
  ssize_t got = 0;
  while ((got = read(file.fd(), piece.data(), piece.size())) != 0) {
    if (got < 0 && errno != EINTR) return ErrnoError(errno, "reading " + path);
    if (got > 0) EVP_DigestUpdate(context.get(), piece.data(), static_cast<size_t>(got));
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(context.get(), digest, &size);
  return ToHex(std::string_view(reinterpret_cast<const char*>(digest), size));
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

absl::Status MemoryFile::Rewrite(std::string_view bytes) const {
  if (ftruncate(fd_, 0) != 0 || lseek(fd_, 0, SEEK_SET) != 0) {
    return ErrnoError(errno, "emptying a memory file");
  }
  return WriteAll(fd_, bytes, "a memory file");
}

absl::StatusOr<std::string> MemoryFile::Bytes() const {
  return ReadAll(fd_, "a memory file", kProverFileBytesMax);
}

}  // namespace benchfleet
