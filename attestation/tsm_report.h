// Evidence of this host's own, as Linux gives it to a confidential guest from 6.7 on: configfs-tsm
// (Documentation/ABI/testing/configfs-tsm-report of the kernel).
//
//   1. mkdir report/NAME; the kernel fills the folder with attributes
//   2. one write(2) of 64 bytes to NAME/inblob: what the evidence is to be about
//   3. NAME/outblob and auxblob hold it
//   4. NAME/generation has risen by one: nobody else wrote meanwhile
//   5. rmdir report/NAME
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace benchfleet {

// What is done to files of /sys/kernel/config/tsm/report; a test that plays the kernel implements
// it as well. Names are relative to that folder. Thread-safe.
class TsmFiles {
 public:
  virtual ~TsmFiles() = default;
  // Error, NotFound: says what this host lacks.
  virtual absl::Status Available() const = 0;
  virtual absl::Status MakeFolder(const std::string& name) = 0;
  virtual void RemoveFolder(const std::string& name) = 0;
  virtual absl::StatusOr<std::string> Read(const std::string& name) = 0;
  // In one write(2), as the kernel asks.
  virtual absl::Status Write(const std::string& name, const std::string& bytes) = 0;
};

// `root` stands in for /sys/kernel/config/tsm.
class KernelTsmFiles final : public TsmFiles {
 public:
  explicit KernelTsmFiles(std::string root = "/sys/kernel/config/tsm") : root_(std::move(root)) {}

  absl::Status Available() const override;
  absl::Status MakeFolder(const std::string& name) override;
  void RemoveFolder(const std::string& name) override;
  absl::StatusOr<std::string> Read(const std::string& name) override;
  absl::Status Write(const std::string& name, const std::string& bytes) override;

 private:
  std::string Path(const std::string& name) const { return root_ + "/report/" + name; }

  const std::string root_;
};

struct TsmEvidence {
  std::string provider;  // "sev_guest", "tdx_guest"
  std::string outblob;   // report or quote
  std::string auxblob;   // of sev_guest: its certificates; "" where there are none
};

// `about` gives the 64 bytes for the provider that is found; it may refuse one. Blocks while the
// firmware, or a quoting service, makes the evidence: milliseconds to seconds. Errors: NotFound
// from Available; Aborted, others kept writing; what `about` gave; errno's.
absl::StatusOr<TsmEvidence> FetchTsmEvidence(
    TsmFiles& files,
    const std::function<absl::StatusOr<std::string>(const std::string& provider)>& about);

}  // namespace benchfleet
