#include "workloads/tls_network.h"

#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "base/status.h"

namespace benchfleet {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(10);  // for the other side, in any step
constexpr char kServerCertificate[] = "server_certificate";
constexpr char kClientCertificate[] = "client_certificate";
constexpr char kClientKey[] = "client_key";
constexpr char kAccepted = 'k';

void BoundWaiting(const Socket& socket) {
  const timeval patience = absl::ToTimeval(kPatience);
  setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(socket.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

// As far as the session is concerned: otherwise it would not be resumed again.
void CloseInDueForm(ssl_st* ssl) {
  SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

std::string ValueOf(const RunPeer& peer, const char* name) {
  const auto found = peer.values.find(name);
  return found == peer.values.end() ? "" : found->second;
}

}  // namespace

absl::Status NetworkHandshakes::SetUp(const RunContext& context) {
  signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets without MSG_NOSIGNAL
  BF_ASSIGN_OR_RETURN(const RunPeer peer, FindServer(context));
  endpoint_ = peer.endpoint;
  BF_ASSIGN_OR_RETURN(server_, IdentityFromPem(ValueOf(peer, kServerCertificate), ""));
  BF_ASSIGN_OR_RETURN(const TlsIdentity own, IdentityFromPem(ValueOf(peer, kClientCertificate),
                                                             ValueOf(peer, kClientKey)));
  BF_RETURN_IF_ERROR(MakeTlsContext(TLS_client_method(), own, server_, &context_));
  Connection first;
  BF_ASSIGN_OR_RETURN(first.socket, Connect());
  BF_RETURN_IF_ERROR(Handshake(context_.get(), &first));
  BF_RETURN_IF_ERROR(ReadAcceptance(first));
  CloseInDueForm(first.ssl.get());
  if (!resumed_) return absl::OkStatus();
  session_.reset(SSL_get1_session(first.ssl.get()));
  if (session_ && SSL_SESSION_is_resumable(session_.get()) == 1) return absl::OkStatus();
  return absl::InternalError("the server gave no ticket to resume with");
}

absl::StatusOr<Socket> NetworkHandshakes::Connect() const {
  BF_ASSIGN_OR_RETURN(Socket socket, ConnectTo(endpoint_, kPatience));
  BoundWaiting(socket);
  return socket;
}

absl::Status NetworkHandshakes::Handshake(ssl_ctx_st* context, Connection* connection) {
  connection->ssl.reset(SSL_new(context));
  ssl_st* const ssl = connection->ssl.get();
  if (ssl == nullptr || SSL_set_fd(ssl, connection->socket.fd()) != 1 ||
      (session_ && SSL_set_session(ssl, session_.get()) != 1)) {
    return OpenSslError("opening a connection");
  }
  return SSL_connect(ssl) == 1 ? absl::OkStatus() : OpenSslError("shaking hands");
}

absl::Status NetworkHandshakes::ReadAcceptance(const Connection& connection) {
  char byte = 0;
  if (SSL_read(connection.ssl.get(), &byte, 1) != 1 || byte != kAccepted) {
    return OpenSslError("the server did not accept the client");
  }
  return absl::OkStatus();
}

absl::Status NetworkHandshakes::RunOnce(Iteration& iteration) {
  Connection connection;
  const int64_t begin_ns = iteration.NowNs();
  BF_ASSIGN_OR_RETURN(connection.socket, Connect());
  const int64_t connected_ns = iteration.NowNs();
  BF_RETURN_IF_ERROR(Handshake(context_.get(), &connection));
  const int64_t end_ns = iteration.NowNs();
  BF_RETURN_IF_ERROR(ReadAcceptance(connection));
  iteration.Add(kTlsConnect, static_cast<double>(connected_ns - begin_ns));
  iteration.Add(kTlsHandshake, static_cast<double>(end_ns - connected_ns));
  iteration.Add(kLatency, static_cast<double>(end_ns - begin_ns));
  cipher_ = SSL_get_cipher_name(connection.ssl.get());
  last_resumed_ = SSL_session_reused(connection.ssl.get()) == 1;
  CloseInDueForm(connection.ssl.get());
  return absl::OkStatus();
}

absl::Status NetworkHandshakes::Validate() {
  if (last_resumed_ != resumed_) {
    return absl::DataLossError(resumed_ ? "it was not resumed" : "it was resumed");
  }
  // A client whose certificate the server does not know must not get in. It believes so itself: its
  // own part of the handshake is over before the server has seen the certificate.
  TlsIdentity stranger;
  OpenSslPtr<ssl_ctx_st> context;
  BF_RETURN_IF_ERROR(stranger.Make(key_, "stranger"));
  BF_RETURN_IF_ERROR(MakeTlsContext(TLS_client_method(), stranger, server_, &context));
  session_.reset();
  Connection connection;
  BF_ASSIGN_OR_RETURN(connection.socket, Connect());
  const bool entered =
      Handshake(context.get(), &connection).ok() && ReadAcceptance(connection).ok();
  OpenSslReason();
  return entered ? absl::DataLossError("a stranger's certificate was accepted") : absl::OkStatus();
}

absl::Status NetworkHandshakes::Serve(ServeContext& context) {
  signal(SIGPIPE, SIG_IGN);
  TlsIdentity client;
  BF_RETURN_IF_ERROR(server_.Make(key_, "server"));
  BF_RETURN_IF_ERROR(client.Make(key_, "client"));
  OpenSslPtr<ssl_ctx_st> tls;
  BF_RETURN_IF_ERROR(MakeTlsContext(TLS_server_method(), server_, client, &tls));
  if (SSL_CTX_set_num_tickets(tls.get(), resumed_ ? 1 : 0) != 1) return OpenSslError("tickets");
  Offer offer;
  BF_ASSIGN_OR_RETURN(offer.values[kServerCertificate], CertificatePem(server_));
  BF_ASSIGN_OR_RETURN(offer.values[kClientCertificate], CertificatePem(client));
  BF_ASSIGN_OR_RETURN(offer.values[kClientKey], KeyPem(client));
  BF_ASSIGN_OR_RETURN(const Listening listening, ListenOn(context.address()));
  offer.port = listening.port;
  BF_RETURN_IF_ERROR(context.Ready(offer));
  uint64_t served = 0;
  pollfd waits[] = {{listening.socket.fd(), POLLIN, 0}, {context.stop().fd(), POLLIN, 0}};
  while (!context.stop().asked()) {
    if (poll(waits, 2, -1) < 0 && errno != EINTR) return ErrnoError(errno, "waiting for clients");
    if ((waits[0].revents & POLLIN) != 0) {
      BF_RETURN_IF_ERROR(ServeOne(tls.get(), listening.socket.fd(), &served));
    }
  }
  return context.Add(kHandshakesServed, static_cast<double>(served));
}

// A client that is not let in is no error of the server's.
absl::Status NetworkHandshakes::ServeOne(ssl_ctx_st* context, int listening_fd, uint64_t* served) {
  Connection connection;
  BF_ASSIGN_OR_RETURN(connection.socket, AcceptFrom(listening_fd));
  BoundWaiting(connection.socket);
  connection.ssl.reset(SSL_new(context));
  ssl_st* const ssl = connection.ssl.get();
  if (ssl == nullptr || SSL_set_fd(ssl, connection.socket.fd()) != 1) {
    return OpenSslError("opening a connection");
  }
  if (SSL_accept(ssl) == 1 && SSL_write(ssl, &kAccepted, 1) == 1) ++*served;
  OpenSslReason();
  CloseInDueForm(ssl);
  return absl::OkStatus();
}

}  // namespace benchfleet
