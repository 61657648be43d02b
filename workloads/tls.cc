// tls.handshake: one mutually authenticated TLS 1.3 handshake between a client and a server in this
// process, through memory: the processor time of both sides, no network.
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string>

#include "base/status.h"
#include "workloads/builtins.h"
#include "workloads/openssl_keys.h"

namespace benchfleet {
namespace {

constexpr long kSecondsValid = 7L * 24 * 3600;

const KeyAlgorithm& AlgorithmOf(const std::string& name) {
  static constexpr KeyAlgorithm kP256{"EC", "P-256"};
  static constexpr KeyAlgorithm kEd25519{"ED25519"};
  static constexpr KeyAlgorithm kRsa2048{"RSA", nullptr, 2048};
  return name == "ed25519" ? kEd25519 : name == "rsa2048" ? kRsa2048 : kP256;
}

// A key and its own certificate, which the other side trusts.
struct Identity {
  OpenSslPtr<EVP_PKEY> key;
  OpenSslPtr<X509> certificate;

  absl::Status Make(const std::string& algorithm, const char* name) {
    BF_RETURN_IF_ERROR(GenerateKey(AlgorithmOf(algorithm), &key));
    certificate.reset(X509_new());
    if (!certificate) return OpenSslError("allocating a certificate");
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    const EVP_MD* digest = algorithm == "ed25519" ? nullptr : EVP_sha256();
    if (X509_set_version(certificate.get(), 2) != 1 ||
        ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1) != 1 ||
        X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600) == nullptr ||
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kSecondsValid) == nullptr ||
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>(name), -1, -1, 0) != 1 ||
        X509_set_issuer_name(certificate.get(), subject) != 1 ||
        X509_set_pubkey(certificate.get(), key.get()) != 1 ||
        X509_sign(certificate.get(), key.get(), digest) <= 0) {
      return OpenSslError("making a certificate");
    }
    return absl::OkStatus();
  }
};

absl::Status MakeContext(const SSL_METHOD* method, const Identity& own, const Identity& peer,
                         OpenSslPtr<SSL_CTX>* context) {
  context->reset(SSL_CTX_new(method));
  SSL_CTX* made = context->get();
  if (made == nullptr || SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION) != 1 ||
      SSL_CTX_use_certificate(made, own.certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(made, own.key.get()) != 1 ||
      X509_STORE_add_cert(SSL_CTX_get_cert_store(made), peer.certificate.get()) != 1 ||
      SSL_CTX_set_session_id_context(made, reinterpret_cast<const unsigned char*>("bf"), 2) != 1) {
    return OpenSslError("making a TLS context");
  }
  SSL_CTX_set_verify(made, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return absl::OkStatus();
}

// The two ends of one connection.
struct Connection {
  OpenSslPtr<SSL> client;
  OpenSslPtr<SSL> server;

  // False where OpenSSL refuses something.
  bool Open(SSL_CTX* client_context, SSL_CTX* server_context, SSL_SESSION* session,
            size_t tickets) {
    client.reset(SSL_new(client_context));
    server.reset(SSL_new(server_context));
    BIO* client_end = nullptr;
    BIO* server_end = nullptr;
    if (!client || !server || BIO_new_bio_pair(&client_end, 0, &server_end, 0) != 1) return false;
    SSL_set_bio(client.get(), client_end, client_end);
    SSL_set_bio(server.get(), server_end, server_end);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
    return SSL_set_num_tickets(server.get(), tickets) == 1 &&
           (session == nullptr || SSL_set_session(client.get(), session) == 1);
  }

  bool Handshake() {
    for (int turn = 0; turn < 20; ++turn) {
      const bool client_done = Step(client.get());
      const bool server_done = Step(server.get());
      if (failed_) return false;
      if (client_done && server_done) return true;
    }
    return false;
  }

  // In due form as far as the session is concerned: otherwise it would not be resumed again.
  void Close() { SSL_set_shutdown(client.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); }

 private:
  bool Step(SSL* side) {
    const int result = SSL_do_handshake(side);
    if (result == 1) return true;
    const int error = SSL_get_error(side, result);
    failed_ = failed_ || (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE);
    return false;
  }

  bool failed_ = false;
};

class Handshakes final : public Workload {
 public:
  absl::Status Configure(const Parameters& parameters) override {
    key_ = parameters.Text("key");
    BF_ASSIGN_OR_RETURN(resumed_, parameters.Boolean("resumed"));
    return absl::OkStatus();
  }

  absl::Status SetUp(const RunContext& /*context*/) override {
    Identity client;
    Identity server;
    BF_RETURN_IF_ERROR(client.Make(key_, "client"));
    BF_RETURN_IF_ERROR(server.Make(key_, "server"));
    BF_RETURN_IF_ERROR(MakeContext(TLS_client_method(), client, server, &client_));
    BF_RETURN_IF_ERROR(MakeContext(TLS_server_method(), server, client, &server_));
    return resumed_ ? ObtainSession() : absl::OkStatus();
  }

  absl::Status Run(uint64_t iterations) override {
    for (uint64_t i = 0; i < iterations; ++i) {
      last_ = Connection();
      // No tickets: what is measured is the handshake alone.
      if (!last_.Open(client_.get(), server_.get(), session_.get(), 0)) {
        return OpenSslError("opening a connection");
      }
      if (!last_.Handshake()) return OpenSslError("shaking hands");
      last_.Close();
    }
    return absl::OkStatus();
  }

  absl::Status Validate() override {
    SSL* const sides[] = {last_.client.get(), last_.server.get()};
    for (SSL* side : sides) {
      if (SSL_version(side) != TLS1_3_VERSION) return absl::DataLossError("it was not TLS 1.3");
      if (SSL_get_verify_result(side) != X509_V_OK) {
        return absl::DataLossError("a side did not verify the other");
      }
      if ((SSL_session_reused(side) == 1) != resumed_) {
        return absl::DataLossError(resumed_ ? "it was not resumed" : "it was resumed");
      }
    }
    return RefusesStranger();
  }

  StringMap Facts() const override {
    StringMap facts = OpenSslFacts();
    if (last_.client) facts["tls.cipher"] = SSL_get_cipher_name(last_.client.get());
    return facts;
  }

 private:
  // The session arrives in a ticket after the handshake, with the client's next read.
  absl::Status ObtainSession() {
    Connection connection;
    if (!connection.Open(client_.get(), server_.get(), nullptr, 1)) {
      return OpenSslError("opening the first connection");
    }
    if (!connection.Handshake()) return OpenSslError("shaking hands the first time");
    char byte = 0;
    SSL_read(connection.client.get(), &byte, 1);
    session_.reset(SSL_get1_session(connection.client.get()));
    connection.Close();
    if (session_ && SSL_SESSION_is_resumable(session_.get()) == 1) return absl::OkStatus();
    return absl::InternalError("the server gave no ticket to resume with");
  }

  // A client whose certificate the server does not know must not get in.
  absl::Status RefusesStranger() {
    Identity stranger;
    OpenSslPtr<SSL_CTX> context;
    BF_RETURN_IF_ERROR(stranger.Make(key_, "stranger"));
    BF_RETURN_IF_ERROR(MakeContext(TLS_client_method(), stranger, stranger, &context));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    Connection connection;
    if (!connection.Open(context.get(), server_.get(), nullptr, 0)) {
      return OpenSslError("opening a stranger's connection");
    }
    const bool entered = connection.Handshake();
    OpenSslReason();
    return entered ? absl::DataLossError("a stranger's certificate was accepted")
                   : absl::OkStatus();
  }

  std::string key_;
  bool resumed_ = false;
  OpenSslPtr<SSL_CTX> client_;
  OpenSslPtr<SSL_CTX> server_;
  OpenSslPtr<SSL_SESSION> session_;
  Connection last_;
};

}  // namespace

std::vector<WorkloadEntry> TlsWorkloads() {
  WorkloadDescription description{
      "tls.handshake",
      "one mutual TLS 1.3 handshake through memory, both sides",
      {OptionalParameter("key", "of both certificates", "p256", {"p256", "ed25519", "rsa2048"}),
       OptionalParameter("resumed", "from a ticket, instead of in full", "false",
                         {"false", "true"})},
      {LatencyMetric()},
      "",
      ""};
  return {{description, [] { return std::make_unique<Handshakes>(); }}};
}

}  // namespace benchfleet
