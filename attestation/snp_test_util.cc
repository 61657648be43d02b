#include "attestation/snp_test_util.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "attestation/certificate_chain.h"
#include "attestation/snp_leaf.h"
#include "base/status.h"

namespace benchfleet {
namespace {

using TestKey = std::shared_ptr<EVP_PKEY>;

// A test that cannot make its keys has nothing to say.
void Must(bool well) {
  if (!well) std::abort();
}

TestKey NewRsaKey() { return TestKey(EVP_RSA_gen(4096), EVP_PKEY_free); }
const TestKey& RootKey() {
  static const TestKey key = NewRsaKey();
  return key;
}
const TestKey& IntermediateKey() {
  static const TestKey key = NewRsaKey();
  return key;
}
const TestKey& OtherRootKey() {
  static const TestKey key = NewRsaKey();
  return key;
}

void AddText(X509* certificate, const X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, const_cast<X509*>(issuer), certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  Must(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

void AddRaw(X509* certificate, const char* oid, const std::string& content) {
  ASN1_OBJECT* object = OBJ_txt2obj(oid, 1);
  ASN1_OCTET_STRING* octets = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(octets, reinterpret_cast<const unsigned char*>(content.data()),
                        static_cast<int>(content.size()));
  X509_EXTENSION* extension = X509_EXTENSION_create_by_OBJ(nullptr, object, 0, octets);
  Must(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(octets);
  ASN1_OBJECT_free(object);
}

using TestCertificate = std::shared_ptr<X509>;

TestCertificate NewCertificate(const std::string& name, const std::string& issuer, EVP_PKEY* key) {
  TestCertificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 0);  // as AMD's
  ASN1_TIME_set_string(X509_getm_notBefore(certificate.get()), "20250101000000Z");
  ASN1_TIME_set_string(X509_getm_notAfter(certificate.get()), "20450101000000Z");
  const auto set_name = [](X509_NAME* to, const std::string& text) {
    X509_NAME_add_entry_by_txt(to, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0);
  };
  set_name(X509_get_subject_name(certificate.get()), name);
  set_name(X509_get_issuer_name(certificate.get()), issuer);
  Must(X509_set_pubkey(certificate.get(), key) == 1);
  return certificate;
}

std::string SignCertificate(X509* certificate, EVP_PKEY* key, bool pss) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* parameters = nullptr;
  Must(EVP_DigestSignInit(context, &parameters, EVP_sha384(), nullptr, key) == 1);
  if (pss) {
    EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 48);
  }
  Must(X509_sign_ctx(certificate, context) > 0);
  EVP_MD_CTX_free(context);
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  std::string text(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return text;
}

std::string RootCertificate(const std::string& product, const TestKey& key) {
  const TestCertificate root = NewCertificate("ARK-" + product, "ARK-" + product, key.get());
  AddText(root.get(), root.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddText(root.get(), root.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  return SignCertificate(root.get(), key.get(), true);
}

std::string GoodRoot(const std::string& product) {
  static std::mutex mutex;
  static std::map<std::string, std::string> roots;
  const std::lock_guard lock(mutex);
  std::string& root = roots[product];
  if (root.empty()) root = RootCertificate(product, RootKey());
  return root;
}

std::string DerByte(uint8_t value) {
  return value < 128 ? std::string("\x02\x01", 2) + static_cast<char>(value)
                     : std::string("\x02\x02\x00", 3) + static_cast<char>(value);
}

void PutLittleEndian(std::string& bytes, size_t offset, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; ++i) bytes[offset + i] = static_cast<char>(value >> 8 * i);
}

// By product: bytes of a TCB as they lie in the report.
std::string TestTcb(const std::string& product, uint8_t microcode) {
  std::string tcb =
      product == "Turin" ? std::string("\1\1\1\4\0\0\0", 7) : std::string("\x0a\0\0\0\0\0\x17", 7);
  return tcb + static_cast<char>(microcode);
}

void PutNumber(std::string& report, size_t offset, const BIGNUM* number) {
  std::vector<unsigned char> bytes(48);
  Must(BN_bn2lebinpad(number, bytes.data(), 48) == 48);
  std::copy(bytes.begin(), bytes.end(), report.begin() + static_cast<ptrdiff_t>(offset));
}

}  // namespace

struct TestSnpChip::Key {
  TestKey key;
};

TestSnpChip::TestSnpChip(const TestChainOptions& options)
    : options_(options), key_(std::make_unique<Key>()) {
  const std::string& product = options.product;
  key_->key = TestKey(EVP_EC_gen(options.leaf_curve.c_str()), EVP_PKEY_free);
  certificates_.root =
      options.other_root_key ? RootCertificate(product, OtherRootKey()) : GoodRoot(product);
  const TestCertificate intermediate =
      NewCertificate("SEV-" + product, "ARK-" + product, IntermediateKey().get());
  AddText(intermediate.get(), nullptr, NID_basic_constraints,
          options.intermediate_is_ca ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE");
  AddText(intermediate.get(), nullptr, NID_key_usage,
          options.intermediate_signs_certificates ? "critical,keyCertSign"
                                                  : "critical,digitalSignature");
  certificates_.intermediate = SignCertificate(
      intermediate.get(), (options.other_root_key ? OtherRootKey() : RootKey()).get(), true);

  const TestCertificate leaf = NewCertificate(options.leaf_name, "SEV-" + product, key_->key.get());
  AddRaw(leaf.get(), "1.3.6.1.4.1.3704.1.2",
         std::string("\x16") + static_cast<char>(product.size()) + product);
  const std::string tcb = TestTcb(product, options.leaf_microcode);
  for (const SnpTcbPart& part : SnpTcbParts(product)) {
    AddRaw(leaf.get(), part.oid, DerByte(static_cast<uint8_t>(tcb[part.byte])));
    if (options.microcode_twice && part.byte == 7) AddRaw(leaf.get(), part.oid, DerByte(84));
  }
  AddRaw(leaf.get(), "1.3.6.1.4.1.3704.1.4",
         std::string(product == "Turin" ? 8 : 64, options.chip));
  certificates_.leaf = SignCertificate(leaf.get(), IntermediateKey().get(), options.pss);
}

TestSnpChip::~TestSnpChip() = default;

TrustAnchors TestSnpChip::anchors() const {
  const auto root = ChainCertificate::FromDer(GoodRoot(options_.product), "root");
  return {{{options_.product, root->Sha256Hex()}}, ""};
}

std::string TestSnpChip::CertificateTable() const {
  struct Row {
    const char* guid;
    const std::string* content;
  };
  const Row rows[] = {{"c0b406a4a803495297433fb6014cd0ae", &certificates_.root},
                      {"63da758de6644564adc5f4b93be8accd", &certificates_.leaf},
                      {"4ab7b379bbac4fe4a02f05aef327c782", &certificates_.intermediate}};
  std::string table;
  std::string contents;
  const size_t header = 24 * (std::size(rows) + 1);
  for (const Row& row : rows) {
    std::string numbers(8, '\0');
    PutLittleEndian(numbers, 0, header + contents.size(), 4);
    PutLittleEndian(numbers, 4, row.content->size(), 4);
    table += absl::HexStringToBytes(row.guid) + numbers;
    contents += *row.content;
  }
  return table + std::string(24, '\0') + contents;
}

std::string TestSnpChip::Report(const std::string& report_data, const Change& change) const {
  const bool turin = options_.product == "Turin";
  std::string report(kSnpReportBytes, '\0');
  PutLittleEndian(report, 0, 3, 4);
  PutLittleEndian(report, 8, 0x3001F, 8);
  PutLittleEndian(report, 0x34, 1, 4);
  report.replace(0x50, 64, report_data);
  report.replace(0x90, 48, std::string(48, 'm'));
  for (const size_t tcb : {0x38u, 0x180u, 0x1E0u, 0x1F0u}) {
    report.replace(tcb, 8, TestTcb(options_.product, 84));
  }
  report.replace(0x188, 3, turin ? "\x1a\x02\x01" : "\x19\x11\x01");
  report.replace(0x1A0, turin ? 8 : 64, std::string(turin ? 8 : 64, 'c'));
  if (change) change(report);

  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::vector<unsigned char> der(256);
  size_t size = der.size();
  Must(EVP_DigestSignInit(context, nullptr, EVP_sha384(), nullptr, key_->key.get()) == 1);
  Must(EVP_DigestSign(context, der.data(), &size,
                      reinterpret_cast<const unsigned char*>(report.data()), 0x2A0) == 1);
  EVP_MD_CTX_free(context);
  const unsigned char* at = der.data();
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size));
  PutNumber(report, 0x2A0, ECDSA_SIG_get0_r(signature));
  PutNumber(report, 0x2E8, ECDSA_SIG_get0_s(signature));
  ECDSA_SIG_free(signature);
  return report;
}

absl::Status TestTsmKernel::MakeFolder(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (folders_.emplace(name, Folder()).second) return absl::OkStatus();
  return absl::AlreadyExistsError(name);
}

void TestTsmKernel::RemoveFolder(const std::string& name) {
  const std::lock_guard lock(mutex_);
  folders_.erase(name);
}

absl::StatusOr<std::string> TestTsmKernel::Read(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const size_t slash = name.find('/');
  const auto folder = folders_.find(name.substr(0, slash));
  if (folder == folders_.end()) return absl::NotFoundError(name);
  const std::string attribute = name.substr(slash + 1);
  if (attribute == "provider") return provider_ + "\n";
  if (attribute == "generation") return std::to_string(folder->second.generation) + "\n";
  if (folder->second.inblob.empty()) return absl::InvalidArgumentError("nothing was asked");
  if (attribute == "auxblob" && provider_ == "sev_guest") {
    return auxblob_ == "of the chip" ? chip_.CertificateTable() : auxblob_;
  }
  if (attribute != "outblob") return absl::NotFoundError(name);
  ++reports_;
  if (disturb_ > 0) {
    --disturb_;
    ++folder->second.generation;
  }
  return chip_.Report(folder->second.inblob, change_);
}

absl::Status TestTsmKernel::Write(const std::string& name, const std::string& bytes) {
  const std::lock_guard lock(mutex_);
  const size_t slash = name.find('/');
  const auto folder = folders_.find(name.substr(0, slash));
  if (folder == folders_.end() || name.substr(slash + 1) != "inblob" || bytes.size() != 64) {
    return absl::InvalidArgumentError(name);
  }
  folder->second.inblob = bytes;
  ++folder->second.generation;
  return absl::OkStatus();
}

size_t TestTsmKernel::folders() const {
  const std::lock_guard lock(mutex_);
  return folders_.size();
}

size_t TestTsmKernel::reports() const {
  const std::lock_guard lock(mutex_);
  return reports_;
}

}  // namespace benchfleet
