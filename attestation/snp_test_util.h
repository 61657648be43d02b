// What a machine with SEV-SNP would do, for tests: a root, an intermediate and a chip's certificate
// of throw-away keys, reports signed by them, and the kernel that hands them out.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "attestation/snp_certificates.h"
#include "attestation/snp_report.h"
#include "attestation/trust_anchors.h"
#include "attestation/tsm_report.h"

namespace benchfleet {

// How the chain of a test differs from a good one.
struct TestChainOptions {
  std::string product = "Genoa";  // or Turin
  std::string leaf_curve = "P-384";
  std::string leaf_name = "SEV-VCEK";
  bool pss = true;  // else PKCS #1 v1.5 signs the leaf
  bool microcode_twice = false;
  bool intermediate_is_ca = true;
  bool intermediate_signs_certificates = true;
  bool other_root_key = false;  // the root's name and another key
  uint8_t leaf_microcode = 84;  // reports say 84
  char chip = 'c';              // of all bytes of the chip's id; reports say 'c'
};

// A chip. Keys are made once a process: RSA of 4096 bits takes its time.
class TestSnpChip {
 public:
  explicit TestSnpChip(const TestChainOptions& options = {});
  ~TestSnpChip();

  const SnpCertificates& certificates() const { return certificates_; }
  // Trusts the good root of this process for options.product.
  TrustAnchors anchors() const;
  // As the hypervisor hands them out.
  std::string CertificateTable() const;

  using Change = std::function<void(std::string& report)>;  // before it is signed
  std::string Report(const std::string& report_data, const Change& change = nullptr) const;

 private:
  struct Key;
  const TestChainOptions options_;
  std::unique_ptr<Key> key_;
  SnpCertificates certificates_;
};

// configfs-tsm of a guest on `chip`. Thread-safe.
class TestTsmKernel final : public TsmFiles {
 public:
  explicit TestTsmKernel(const TestSnpChip& chip) : chip_(chip) {}

  absl::Status Available() const override { return absl::OkStatus(); }
  absl::Status MakeFolder(const std::string& name) override;
  void RemoveFolder(const std::string& name) override;
  absl::StatusOr<std::string> Read(const std::string& name) override;
  absl::Status Write(const std::string& name, const std::string& bytes) override;

  size_t folders() const;
  size_t reports() const;
  // So many of the next reports are disturbed by somebody else's write.
  void Disturb(size_t times) { disturb_ = times; }
  // What the guest asked for is not what is signed.
  void set_change(TestSnpChip::Change change) { change_ = std::move(change); }
  void set_provider(std::string provider) { provider_ = std::move(provider); }
  void set_auxblob(std::string auxblob) { auxblob_ = std::move(auxblob); }

 private:
  struct Folder {
    std::string inblob;
    uint64_t generation = 0;
  };

  const TestSnpChip& chip_;
  std::string provider_ = "sev_guest";
  std::string auxblob_ = "of the chip";
  TestSnpChip::Change change_;
  mutable std::mutex mutex_;
  std::map<std::string, Folder> folders_;
  size_t reports_ = 0;
  size_t disturb_ = 0;
};

}  // namespace benchfleet
