#include "benchctl/ca_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include "base/status.h"

namespace benchfleet {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return ErrnoError(errno, absl::StrFormat("reading '%s'", path));
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

// Files that are new on success; on destruction, without Keep(), those made so far are removed.
class NewFiles {
 public:
  ~NewFiles() {
    for (const std::string& path : made_) unlink(path.c_str());
  }
  void Keep() { made_.clear(); }

  absl::Status Write(const std::string& path, const std::string& text, mode_t mode) {
    const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor < 0 && errno == EEXIST) {
      return absl::AlreadyExistsError(
          absl::StrFormat("'%s' exists already and is never overwritten (remove it first, if it is "
                          "really to go)",
                          path));
    }
    if (descriptor < 0) return ErrnoError(errno, absl::StrFormat("writing '%s'", path));
    made_.push_back(path);
    const ssize_t written = write(descriptor, text.data(), text.size());
    const int failure = written == static_cast<ssize_t>(text.size()) ? 0
                        : written < 0                                ? errno
                                                                     : ENOSPC;
    fsync(descriptor);
    close(descriptor);
    return failure == 0 ? absl::OkStatus()
                        : ErrnoError(failure, absl::StrFormat("writing '%s'", path));
  }

 private:
  std::vector<std::string> made_;
};

absl::Status MakeDirectory(const std::string& dir) {
  std::error_code error;
  if (fs::is_directory(dir, error)) return absl::OkStatus();
  const fs::path parent = fs::path(dir).parent_path();
  if (!parent.empty()) fs::create_directories(parent, error);
  if (mkdir(dir.c_str(), 0700) != 0) {
    return ErrnoError(errno, absl::StrFormat("making the directory '%s'", dir));
  }
  return absl::OkStatus();
}

std::string In(const std::string& dir, const std::string& name) {
  return (fs::path(dir) / name).string();
}

// ca.pem beside the certificates: the same one may be there already.
absl::Status PutAuthority(const std::string& out, const std::string& ca_pem, NewFiles* files) {
  const std::string path = In(out, "ca.pem");
  std::error_code error;
  if (!fs::exists(path, error)) return files->Write(path, ca_pem, 0644);
  BF_ASSIGN_OR_RETURN(const std::string present, ReadText(path));
  if (present == ca_pem) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrFormat("'%s' is the certificate of another authority (choose another --out)", path));
}

}  // namespace

absl::Status InitAuthority(const CaInitOptions& options, absl::Time now) {
  BF_ASSIGN_OR_RETURN(const KeyAndCertificate made,
                      MakeAuthority(options.name, options.validity, now));
  BF_RETURN_IF_ERROR(MakeDirectory(options.dir));
  NewFiles files;
  BF_RETURN_IF_ERROR(files.Write(In(options.dir, "ca.key"), made.key_pem, 0600));
  BF_RETURN_IF_ERROR(files.Write(In(options.dir, "ca.pem"), made.certificate_pem, 0644));
  files.Keep();
  return absl::OkStatus();
}

absl::StatusOr<IssuedFiles> IssueToFiles(const CaIssueOptions& options, absl::Time now) {
  KeyAndCertificate authority;
  std::error_code error;
  if (!fs::exists(In(options.dir, "ca.key"), error)) {
    return absl::NotFoundError(
        absl::StrFormat("there is no authority in '%s' (make one with: benchctl ca init --dir %s)",
                        options.dir, options.dir));
  }
  BF_ASSIGN_OR_RETURN(authority.key_pem, ReadText(In(options.dir, "ca.key")));
  BF_ASSIGN_OR_RETURN(authority.certificate_pem, ReadText(In(options.dir, "ca.pem")));
  CertificateRequest request = options.request;
  if (request.identity.role == "coordinator") {
    for (const char* address : {"localhost", "127.0.0.1", "::1"}) {
      const auto present = std::find(request.addresses.begin(), request.addresses.end(), address);
      if (present == request.addresses.end()) request.addresses.push_back(address);
    }
  }
  BF_ASSIGN_OR_RETURN(const KeyAndCertificate issued, IssueCertificate(authority, request, now));
  BF_ASSIGN_OR_RETURN(const absl::Time end, EndOfCertificate(issued.certificate_pem));
  const std::string base =
      options.file_name.empty() ? options.request.identity.name : options.file_name;
  if (base == "ca") {
    return absl::InvalidArgumentError("a certificate cannot be called 'ca': that is the authority");
  }
  if (fs::path(base).filename() != base) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--file-name '%s' is a path, expected a name (--out is the folder)", base));
  }
  BF_RETURN_IF_ERROR(MakeDirectory(options.out));
  NewFiles files;
  BF_RETURN_IF_ERROR(files.Write(In(options.out, base + ".key"), issued.key_pem, 0600));
  BF_RETURN_IF_ERROR(files.Write(In(options.out, base + ".pem"), issued.certificate_pem, 0644));
  BF_RETURN_IF_ERROR(PutAuthority(options.out, authority.certificate_pem, &files));
  files.Keep();
  return IssuedFiles{In(options.out, base + ".pem"), end};
}

}  // namespace benchfleet
