// tls.handshake between two hosts. Private to workloads/.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "workloads/iteration.h"
#include "workloads/openssl_util.h"
#include "workloads/serve.h"
#include "workloads/sockets.h"
#include "workloads/tls_identity.h"
#include "workloads/workload.h"

namespace benchfleet {

inline constexpr char kTlsConnect[] = "connect";      // ns of the TCP connection
inline constexpr char kTlsHandshake[] = "handshake";  // ns of TLS alone
inline constexpr char kHandshakesServed[] = "handshakes_served";

// The server makes both sides' keys and offers the client's with its own certificate: they are of
// one run, and protect nothing. One object a run, one thread.
class NetworkHandshakes {
 public:
  NetworkHandshakes(std::string key, bool resumed) : key_(std::move(key)), resumed_(resumed) {}

  // ---- the client
  absl::Status SetUp(const RunContext& context);
  absl::Status RunOnce(Iteration& iteration);
  absl::Status Validate();
  std::string cipher() const { return cipher_; }

  // ---- the server
  absl::Status Serve(ServeContext& context);

 private:
  struct Connection {
    Socket socket;
    OpenSslPtr<ssl_st> ssl;
  };
  absl::StatusOr<Socket> Connect() const;
  absl::Status Handshake(ssl_ctx_st* context, Connection* connection);
  // Reads the byte with which the server says that it accepted; with it comes the ticket.
  absl::Status ReadAcceptance(const Connection& connection);
  absl::Status ServeOne(ssl_ctx_st* context, int listening_fd, uint64_t* served);

  const std::string key_;
  const bool resumed_;
  std::string endpoint_;
  TlsIdentity server_;
  OpenSslPtr<ssl_ctx_st> context_;
  OpenSslPtr<ssl_session_st> session_;
  std::string cipher_;
  bool last_resumed_ = false;
};

}  // namespace benchfleet
