// tls.handshake: one mutually authenticated TLS 1.3 handshake, between a client and a server in
// this process, through memory (the processor time of both sides), or between two hosts
// (tls_network.h).
#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/status.h"
#include "workloads/builtins.h"
#include "workloads/openssl_util.h"
#include "workloads/tls_identity.h"
#include "workloads/tls_network.h"

namespace benchfleet {
namespace {

constexpr char kNetwork[] = "network";

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
    if (parameters.Text("over") == kNetwork) {
      network_ = std::make_unique<NetworkHandshakes>(key_, resumed_);
    }
    return absl::OkStatus();
  }

  absl::Status SetUp(const RunContext& context) override {
    if (network_) {
      return context.role == kServerRole ? absl::OkStatus() : network_->SetUp(context);
    }
    TlsIdentity client;
    TlsIdentity server;
    BF_RETURN_IF_ERROR(client.Make(key_, "client"));
    BF_RETURN_IF_ERROR(server.Make(key_, "server"));
    BF_RETURN_IF_ERROR(MakeTlsContext(TLS_client_method(), client, server, &client_));
    BF_RETURN_IF_ERROR(MakeTlsContext(TLS_server_method(), server, client, &server_));
    return resumed_ ? ObtainSession() : absl::OkStatus();
  }

  std::vector<Metric> Metrics() const override {
    if (!network_) return {LatencyMetric()};
    return {LatencyMetric(),
            {kTlsConnect, "ns", Direction::kLowerIsBetter, "", 0},
            {kTlsHandshake, "ns", Direction::kLowerIsBetter, "", 0}};
  }

  bool self_timed() const override { return network_ != nullptr; }
  absl::Status RunOnce(Iteration& iteration) override { return network_->RunOnce(iteration); }
  absl::Status Serve(ServeContext& context) override { return network_->Serve(context); }
  std::vector<Metric> ServerMetrics() const override {
    return {{kHandshakesServed, "", Direction::kNeutral, "", 0}};
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
    if (network_) return network_->Validate();
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
    if (network_ && !network_->cipher().empty()) facts["tls.cipher"] = network_->cipher();
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
    TlsIdentity stranger;
    OpenSslPtr<SSL_CTX> context;
    BF_RETURN_IF_ERROR(stranger.Make(key_, "stranger"));
    BF_RETURN_IF_ERROR(MakeTlsContext(TLS_client_method(), stranger, stranger, &context));
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
  std::unique_ptr<NetworkHandshakes> network_;  // over the network
  OpenSslPtr<SSL_CTX> client_;
  OpenSslPtr<SSL_CTX> server_;
  OpenSslPtr<SSL_SESSION> session_;
  Connection last_;
};

}  // namespace

std::vector<WorkloadEntry> TlsWorkloads() {
  WorkloadDescription description{
      "tls.handshake",
      "one mutual TLS 1.3 handshake: both sides through memory, or with another host",
      {OptionalParameter("key", "of both certificates", "p256", {"p256", "ed25519", "rsa2048"}),
       OfKind(ParameterKind::kBoolean,
              OptionalParameter("resumed", "from a ticket, instead of in full", "false")),
       OptionalParameter("over", "memory of one process, or the network to a server", "memory",
                         {"memory", kNetwork})},
      {LatencyMetric()},
      "",
      "",
      ClientAndServerWhere("connects and measures", "accepts", "over", {kNetwork})};
  return {{description, [] { return std::make_unique<Handshakes>(); }}};
}

}  // namespace benchfleet
