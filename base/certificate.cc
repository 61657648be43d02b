#include "base/certificate.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

#include "base/status.h"
#include "base/text.h"

namespace benchfleet {
namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>>;

constexpr std::string_view kScheme = "benchfleet://";
const absl::Duration kClockSlack = absl::Hours(1);

// OpenSSL's own reason, if it has one, after ours.
absl::Status SslError(std::string_view what) {
  const unsigned long code = ERR_get_error();  // NOLINT: OpenSSL's type
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  if (reason == nullptr) return absl::InternalError(std::string(what));
  return absl::InternalError(absl::StrFormat("%s: %s", what, reason));
}

Bio ReadingBio(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Never asks a terminal for a pass phrase.
int NoPassword(char*, int, int, void*) { return -1; }

absl::StatusOr<Certificate> ParseCertificate(std::string_view pem) {
  const Bio bio = ReadingBio(pem);
  Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (!certificate) return absl::InvalidArgumentError("not a PEM certificate");
  return certificate;
}

absl::StatusOr<Key> ParseKey(std::string_view pem) {
  const Bio bio = ReadingBio(pem);
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (!key) return absl::InvalidArgumentError("not a PEM private key without a pass phrase");
  return key;
}

std::string Contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);  // NOLINT: OpenSSL's type
  return std::string(data, static_cast<size_t>(size));
}

absl::StatusOr<KeyAndCertificate> ToPem(X509* certificate, EVP_PKEY* key) {
  const Bio key_bio(BIO_new(BIO_s_mem()));
  const Bio certificate_bio(BIO_new(BIO_s_mem()));
  if (!key_bio || !certificate_bio ||
      PEM_write_bio_PKCS8PrivateKey(key_bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) !=
          1 ||
      PEM_write_bio_X509(certificate_bio.get(), certificate) != 1) {
    return SslError("writing PEM");
  }
  return KeyAndCertificate{Contents(key_bio.get()), Contents(certificate_bio.get())};
}

absl::Status SetSerial(X509* certificate) {
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> serial(BN_new());
  // 127 random bits: positive, and within the 20 octets of RFC 5280.
  if (!serial || BN_rand(serial.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
      BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) == nullptr) {
    return SslError("drawing a serial number");
  }
  return absl::OkStatus();
}

absl::Status SetTimes(X509* certificate, absl::Time begin, absl::Time end) {
  const time_t from = absl::ToTimeT(begin);
  const time_t to = absl::ToTimeT(end);
  if (ASN1_TIME_set(X509_getm_notBefore(certificate), from) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate), to) == nullptr) {
    return SslError("setting the validity");
  }
  return absl::OkStatus();
}

absl::Status AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) {
    return SslError(absl::StrFormat("adding %s = %s", OBJ_nid2sn(nid), value));
  }
  return absl::OkStatus();
}

struct Extension {
  int nid;
  std::string value;
};

struct Draft {
  std::string organizational_unit;
  std::string common_name;
  absl::Time begin;
  absl::Time end;
  std::vector<Extension> extensions;
};

// `issuer` null: signs itself with its new key.
absl::StatusOr<KeyAndCertificate> Sign(const Draft& draft, X509* issuer, EVP_PKEY* issuer_key) {
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return SslError("making a P-256 key");
  const Certificate certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
      X509_set_pubkey(certificate.get(), key.get()) != 1) {
    return SslError("making a certificate");
  }
  BF_RETURN_IF_ERROR(SetSerial(certificate.get()));
  BF_RETURN_IF_ERROR(SetTimes(certificate.get(), draft.begin, draft.end));
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  const auto add = [subject](const char* field, const std::string& value) {
    return X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  if (!add("O", "Benchfleet") || !add("OU", draft.organizational_unit) ||
      !add("CN", draft.common_name)) {
    return SslError(absl::StrFormat("setting the common name '%s'", draft.common_name));
  }
  X509* const signer = issuer == nullptr ? certificate.get() : issuer;
  if (X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) != 1) {
    return SslError("setting the issuer");
  }
  for (const Extension& extension : draft.extensions) {
    BF_RETURN_IF_ERROR(AddExtension(certificate.get(), signer, extension.nid, extension.value));
  }
  if (X509_sign(certificate.get(), issuer == nullptr ? key.get() : issuer_key, EVP_sha256()) == 0) {
    return SslError("signing");
  }
  return ToPem(certificate.get(), key.get());
}

bool IsIpAddress(const std::string& text) {
  const std::unique_ptr<ASN1_OCTET_STRING, Deleter<ASN1_OCTET_STRING_free>> address(
      a2i_IPADDRESS(text.c_str()));
  ERR_clear_error();
  return address != nullptr;
}

// The value goes into OpenSSL's configuration syntax, so nothing but the letters of names passes.
absl::StatusOr<std::string> AddressName(const std::string& address) {
  if (IsIpAddress(address)) return "IP:" + address;
  const bool fits = !address.empty() && address.size() <= 253 && address.front() != '-' &&
                    address.front() != '.' &&
                    address.find_first_not_of(
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789.-") == std::string::npos;
  if (!fits) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "'%s' is neither a DNS name nor an IP address (expected for example bench.example.org or "
        "192.0.2.7, without a port)",
        address));
  }
  return "DNS:" + address;
}

absl::StatusOr<std::string> AlternativeNames(const CertificateRequest& request) {
  const Identity& identity = request.identity;
  std::string names = absl::StrFormat("URI:%s%s/%s", kScheme, identity.role, identity.name);
  if (!request.addresses.empty() && identity.role != "coordinator") {
    return absl::InvalidArgumentError(
        absl::StrFormat("a certificate of role '%s' carries no address (only a coordinator is "
                        "dialled)",
                        identity.role));
  }
  for (const std::string& address : request.addresses) {
    BF_ASSIGN_OR_RETURN(const std::string name, AddressName(address));
    names += "," + name;
  }
  return names;
}

absl::StatusOr<absl::Time> EndOf(const X509* certificate) {
  std::tm tm = {};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1) {
    return SslError("reading a certificate's end");
  }
  return absl::FromTM(tm, absl::UTCTimeZone());
}

absl::Status CheckValidity(absl::Duration validity) {
  if (validity < absl::Minutes(1) || validity > absl::Hours(24 * 366 * 30)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("a validity of %s is out of bounds (expected 1 minute to 30 years)",
                        std::string(absl::FormatDuration(validity))));
  }
  return absl::OkStatus();
}

absl::StatusOr<Identity> ParseIdentity(std::string_view uri) {
  const std::string_view rest = uri.substr(kScheme.size());
  const size_t slash = rest.find('/');
  Identity identity{std::string(rest.substr(0, slash)),
                    slash == std::string_view::npos ? "" : std::string(rest.substr(slash + 1))};
  BF_RETURN_IF_ERROR(Annotate(CheckIdentity(identity), "the certificate's URI is malformed"));
  return identity;
}

}  // namespace

absl::Status CheckIdentity(const Identity& identity) {
  static const std::vector<std::string> kRoles = {"agent", "coordinator", "client"};
  bool known = false;
  for (const std::string& role : kRoles) known = known || role == identity.role;
  if (!known) {
    return absl::InvalidArgumentError(
        absl::StrFormat("unknown role '%s', expected agent, coordinator or client%s", identity.role,
                        DidYouMean(identity.role, kRoles)));
  }
  const std::string& name = identity.name;
  const bool fits = !name.empty() && name.size() <= kMaxIdentityNameBytes &&
                    name.find_first_not_of(
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789._-") == std::string::npos;
  if (!fits || name == "." || name == "..") {
    return absl::InvalidArgumentError(absl::StrFormat(
        "'%s' is not a name for a certificate (expected 1 to %d of A-Z a-z 0-9 . _ -)", name,
        kMaxIdentityNameBytes));
  }
  return absl::OkStatus();
}

absl::StatusOr<KeyAndCertificate> MakeAuthority(const std::string& name, absl::Duration validity,
                                                absl::Time now) {
  BF_RETURN_IF_ERROR(CheckValidity(validity));
  if (name.empty() || name.size() > kMaxIdentityNameBytes || !IsUtf8(name)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("an authority's name has 1 to %d bytes of UTF-8", kMaxIdentityNameBytes));
  }
  return Sign({.organizational_unit = "authority",
               .common_name = name,
               .begin = now - kClockSlack,
               .end = now + validity,
               .extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                              {NID_key_usage, "critical,keyCertSign,cRLSign"},
                              {NID_subject_key_identifier, "hash"}}},
              nullptr, nullptr);
}

absl::StatusOr<KeyAndCertificate> IssueCertificate(const KeyAndCertificate& authority,
                                                   const CertificateRequest& request,
                                                   absl::Time now) {
  BF_RETURN_IF_ERROR(CheckIdentity(request.identity));
  BF_RETURN_IF_ERROR(CheckValidity(request.validity));
  BF_ASSIGN_OR_RETURN(const std::string names, AlternativeNames(request));
  BF_RETURN_IF_ERROR(Annotate(CheckKeyFits(authority), "the authority"));
  BF_ASSIGN_OR_RETURN(const Certificate issuer, ParseCertificate(authority.certificate_pem));
  BF_ASSIGN_OR_RETURN(const Key issuer_key, ParseKey(authority.key_pem));
  if (X509_check_ca(issuer.get()) != 1) {
    return absl::InvalidArgumentError("the authority's certificate is not one of a CA");
  }
  BF_ASSIGN_OR_RETURN(const absl::Time issuer_end, EndOf(issuer.get()));
  if (now + request.validity > issuer_end) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "the certificate would outlive its authority, which ends on %s (ask for less validity, or "
        "make a new authority)",
        absl::FormatTime("%Y-%m-%d", issuer_end, absl::UTCTimeZone())));
  }
  const bool serves = request.identity.role == "coordinator";
  return Sign({.organizational_unit = request.identity.role,
               .common_name = request.identity.name,
               .begin = now - kClockSlack,
               .end = now + request.validity,
               .extensions = {{NID_basic_constraints, "critical,CA:FALSE"},
                              {NID_key_usage, "critical,digitalSignature"},
                              {NID_ext_key_usage, serves ? "serverAuth,clientAuth" : "clientAuth"},
                              {NID_subject_key_identifier, "hash"},
                              {NID_authority_key_identifier, "keyid:always"},
                              {NID_subject_alt_name, names}}},
              issuer.get(), issuer_key.get());
}

absl::Status CheckKeyFits(const KeyAndCertificate& pair) {
  BF_ASSIGN_OR_RETURN(const Certificate certificate, ParseCertificate(pair.certificate_pem));
  BF_ASSIGN_OR_RETURN(const Key key, ParseKey(pair.key_pem));
  const bool fits = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError("the key does not belong to the certificate");
}

absl::StatusOr<Identity> IdentityOfCertificate(std::string_view pem) {
  BF_ASSIGN_OR_RETURN(const Certificate certificate, ParseCertificate(pem));
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  std::vector<std::string> uris;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
    std::string uri(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                    static_cast<size_t>(ASN1_STRING_length(text)));
    if (uri.compare(0, kScheme.size(), kScheme) == 0) uris.push_back(std::move(uri));
  }
  if (uris.empty()) {
    return absl::UnauthenticatedError("the certificate carries no benchfleet:// name");
  }
  if (uris.size() > 1) {
    return absl::UnauthenticatedError("the certificate carries more than one benchfleet:// name");
  }
  return ParseIdentity(uris.front());
}

absl::StatusOr<absl::Time> EndOfCertificate(std::string_view pem) {
  BF_ASSIGN_OR_RETURN(const Certificate certificate, ParseCertificate(pem));
  return EndOf(certificate.get());
}

}  // namespace benchfleet
