#include "base/certificate.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'790'000'000);
const absl::Duration kYear = absl::Hours(24 * 365);

struct X509Deleter {
  void operator()(X509* x) const { X509_free(x); }
};
using X509Ptr = std::unique_ptr<X509, X509Deleter>;

X509Ptr Parse(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509Ptr x(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
  BIO_free(bio);
  return x;
}

// What OpenSSL, as the peer would, says about `leaf` for `purpose` at `at`.
std::string Verify(const std::string& ca, const std::string& leaf, int purpose, absl::Time at) {
  const X509Ptr ca_x = Parse(ca);
  const X509Ptr leaf_x = Parse(leaf);
  X509_STORE* store = X509_STORE_new();
  X509_STORE_add_cert(store, ca_x.get());
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, leaf_x.get(), nullptr);
  X509_STORE_CTX_set_time(context, 0, absl::ToTimeT(at));
  X509_STORE_CTX_set_purpose(context, purpose);
  X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context), X509_V_FLAG_X509_STRICT);
  X509_verify_cert(context);
  const std::string answer = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context));
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return answer;
}

KeyAndCertificate Authority() {
  auto made = MakeAuthority("test fleet", 10 * kYear, kNow);
  EXPECT_TRUE(made.ok()) << made.status();
  return *made;
}

KeyAndCertificate Issue(const KeyAndCertificate& ca, const Identity& identity,
                        std::vector<std::string> addresses = {}) {
  auto made = IssueCertificate(ca, {identity, std::move(addresses), kYear}, kNow);
  EXPECT_TRUE(made.ok()) << made.status();
  return *made;
}

TEST(CertificateTest, AnIssuedCertificateIsWhomItSpeaksFor) {
  const KeyAndCertificate ca = Authority();
  for (const char* role : {"agent", "coordinator", "client"}) {
    const Identity identity{role, "host-1.lab_2"};
    const auto read = IdentityOfCertificate(Issue(ca, identity).certificate_pem);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, identity);
  }
}

TEST(CertificateTest, OpenSslAcceptsEachRoleForItsPurposeAndNoOther) {
  const KeyAndCertificate ca = Authority();
  const std::string agent = Issue(ca, {"agent", "a"}).certificate_pem;
  const std::string coordinator =
      Issue(ca, {"coordinator", "c"}, {"localhost", "127.0.0.1", "::1"}).certificate_pem;
  EXPECT_EQ(Verify(ca.certificate_pem, agent, X509_PURPOSE_SSL_CLIENT, kNow), "ok");
  EXPECT_EQ(Verify(ca.certificate_pem, agent, X509_PURPOSE_SSL_SERVER, kNow),
            "unsuitable certificate purpose");
  EXPECT_EQ(Verify(ca.certificate_pem, coordinator, X509_PURPOSE_SSL_SERVER, kNow), "ok");
  EXPECT_EQ(Verify(ca.certificate_pem, coordinator, X509_PURPOSE_SSL_CLIENT, kNow), "ok");
  const X509Ptr parsed = Parse(coordinator);
  EXPECT_EQ(X509_check_host(parsed.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(parsed.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(parsed.get(), "::1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(parsed.get(), "127.0.0.2", 0), 0);
}

TEST(CertificateTest, ValidityBeginsAnHourAgoAndEndsWhenAsked) {
  const KeyAndCertificate ca = Authority();
  const std::string agent = Issue(ca, {"agent", "a"}).certificate_pem;
  const auto at = [&](absl::Time time) {
    return Verify(ca.certificate_pem, agent, X509_PURPOSE_SSL_CLIENT, time);
  };
  EXPECT_EQ(at(kNow - absl::Minutes(59)), "ok");
  EXPECT_EQ(at(kNow - absl::Minutes(61)), "certificate is not yet valid");
  EXPECT_EQ(at(kNow + kYear - absl::Seconds(1)), "ok");
  EXPECT_EQ(at(kNow + kYear + absl::Seconds(1)), "certificate has expired");
  EXPECT_EQ(*EndOfCertificate(agent), kNow + kYear);
}

TEST(CertificateTest, AnEndCertificateCannotSign) {
  const KeyAndCertificate ca = Authority();
  const auto forged =
      IssueCertificate(Issue(ca, {"agent", "a"}), {{"client", "x"}, {}, kYear / 2}, kNow);
  ASSERT_FALSE(forged.ok());
  EXPECT_EQ(Message(forged.status()), "the authority's certificate is not one of a CA");
}

TEST(CertificateTest, AnotherFleetsCertificateIsRefused) {
  const std::string stranger = Issue(Authority(), {"agent", "a"}).certificate_pem;
  EXPECT_NE(Verify(Authority().certificate_pem, stranger, X509_PURPOSE_SSL_CLIENT, kNow), "ok");
}

TEST(CertificateTest, AForeignKeyIsRefused) {
  KeyAndCertificate mixed = Authority();
  mixed.key_pem = Authority().key_pem;
  const auto issued = IssueCertificate(mixed, {{"agent", "a"}, {}, kYear}, kNow);
  EXPECT_EQ(Message(issued.status()), "the authority: the key does not belong to the certificate");
}

TEST(CertificateTest, AKeyIsCheckedAgainstItsCertificate) {
  const KeyAndCertificate ca = Authority();
  const KeyAndCertificate agent = Issue(ca, {"agent", "a"});
  EXPECT_EQ(CheckKeyFits(agent), absl::OkStatus());
  EXPECT_EQ(Message(CheckKeyFits({ca.key_pem, agent.certificate_pem})),
            "the key does not belong to the certificate");
  EXPECT_EQ(Message(CheckKeyFits({agent.key_pem, "-----BEGIN "})), "not a PEM certificate");
}

TEST(CertificateTest, BadRequestsAreRefusedByName) {
  const KeyAndCertificate ca = Authority();
  const auto message = [&](const CertificateRequest& request) {
    return Message(IssueCertificate(ca, request, kNow).status());
  };
  EXPECT_EQ(message({{"agents", "a"}, {}, kYear}),
            "unknown role 'agents', expected agent, coordinator or client (did you mean 'agent'?)");
  EXPECT_THAT(message({{"agent", ""}, {}, kYear}), HasSubstr("is not a name for a certificate"));
  EXPECT_THAT(message({{"agent", "a/b"}, {}, kYear}), HasSubstr("'a/b' is not a name"));
  EXPECT_THAT(message({{"agent", "a,URI:benchfleet://client/root"}, {}, kYear}),
              HasSubstr("is not a name"));
  EXPECT_THAT(message({{"agent", std::string(65, 'a')}, {}, kYear}), HasSubstr("1 to 64"));
  EXPECT_THAT(message({{"agent", "a"}, {"localhost"}, kYear}), HasSubstr("carries no address"));
  EXPECT_THAT(message({{"coordinator", "a"}, {"h:7443"}, kYear}), HasSubstr("without a port"));
  EXPECT_THAT(message({{"coordinator", "a"}, {"x,URI:benchfleet://client/root"}, kYear}),
              HasSubstr("neither a DNS name nor an IP address"));
  EXPECT_THAT(message({{"agent", "a"}, {}, absl::Seconds(1)}), HasSubstr("out of bounds"));
  EXPECT_THAT(message({{"agent", "a"}, {}, 11 * kYear}), HasSubstr("outlive its authority"));
}

TEST(CertificateTest, NoIdentityIsReadFromWhatIsNone) {
  EXPECT_EQ(Message(IdentityOfCertificate("").status()), "not a PEM certificate");
  EXPECT_EQ(Message(IdentityOfCertificate("-----BEGIN CERTIFICATE-----\nAAAA\n").status()),
            "not a PEM certificate");
  EXPECT_EQ(Message(IdentityOfCertificate(Authority().certificate_pem).status()),
            "the certificate carries no benchfleet:// name");
  EXPECT_FALSE(IdentityOfCertificate(Authority().key_pem).ok());
}

TEST(CertificateTest, KeysAreDifferentEveryTime) {
  const KeyAndCertificate ca = Authority();
  EXPECT_NE(Issue(ca, {"agent", "a"}).key_pem, Issue(ca, {"agent", "a"}).key_pem);
}

}  // namespace
}  // namespace benchfleet
