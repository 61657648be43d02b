// How Benchfleet's programs reach each other: mutual TLS 1.3 with the fleet's own CA, keepalive,
// message bounds. Client and server settings stand together here so that they fit. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace grpc {
class AuthContext;
class Channel;
class ServerBuilder;
class ServerCredentials;
class Status;
}  // namespace grpc

namespace benchfleet {

// PEM files. With `insecure_plaintext` the files are not read: for loopback and experiments only.
struct TlsFiles {
  std::string ca;
  std::string certificate;
  std::string key;
  bool insecure_plaintext = false;
};

// Who is at the other end, by the URI benchfleet://ROLE/NAME in its certificate. Over plaintext
// both are "".
struct Peer {
  std::string role;  // "agent", "client", "coordinator"
  std::string name;
};

// Call first in main, before anything of gRPC: only TLS 1.3 is spoken from here on.
void RequireTls13();

// A channel with a connection of its own. Errors: files that cannot be read, plaintext to an
// address that is not loopback. Does not wait for the connection.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Dial(const std::string& address,
                                                    const TlsFiles& tls);

// Credentials that ask every client for a certificate of the fleet's CA. Errors as above; `address`
// is what the server will listen on.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ListenCredentials(
    const std::string& address, const TlsFiles& tls);

// Keepalive and message bounds of a server, which has its port for itself.
void ConfigureServer(grpc::ServerBuilder* builder);

// kUnauthenticated when the certificate carries no such URI.
absl::StatusOr<Peer> PeerOf(const grpc::AuthContext& context);

absl::Status FromGrpc(const grpc::Status& status);
grpc::Status ToGrpc(const absl::Status& status);

// True for 127.0.0.0/8, [::1], localhost and unix: addresses, with or without a port.
bool IsLoopback(const std::string& address);

}  // namespace benchfleet
