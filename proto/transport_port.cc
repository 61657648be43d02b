#include "proto/transport_port.h"

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/auth_context.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "base/certificate.h"
#include "base/limits.h"
#include "base/status.h"

namespace benchfleet {
namespace {

// A silent peer is found within 30 + 10 s, through a NAT too. Servers allow what clients do.
constexpr int kKeepaliveIntervalMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kMinPingIntervalMs = 15'000;

constexpr char kMakeOne[] = "make one with: benchctl ca init, benchctl ca issue";

// 0, or errno. (A file stream would throw where the path is a directory.)
int ReadWhole(const std::string& path, std::string* text) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  char bytes[4096];
  ssize_t got = 0;
  int error = 0;
  while ((got = read(fd, bytes, sizeof bytes)) != 0) {
    if (got > 0) {
      text->append(bytes, static_cast<size_t>(got));
    } else if (errno != EINTR) {
      error = errno;
      break;
    }
  }
  close(fd);
  return error;
}

absl::StatusOr<std::string> ReadPem(const std::string& path, const char* what) {
  if (path.empty()) {
    return absl::NotFoundError(absl::StrFormat("no %s is given (%s)", what, kMakeOne));
  }
  std::string text;
  if (const int error = ReadWhole(path, &text); error != 0) {
    const std::string why = absl::StrFormat("cannot read the %s '%s'", what, path);
    const absl::Status status = ErrnoError(error, why);
    if (error != ENOENT) return status;
    return absl::NotFoundError(absl::StrFormat("%s (%s)", Message(status), kMakeOne));
  }
  if (text.find("-----BEGIN ") == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrFormat("the %s '%s' is not a PEM file", what, path));
  }
  return text;
}

struct Pem {
  std::string ca;
  std::string certificate;
  std::string key;
};

absl::StatusOr<Pem> ReadAll(const TlsFiles& tls) {
  Pem pem;
  BF_ASSIGN_OR_RETURN(pem.ca, ReadPem(tls.ca, "fleet CA certificate"));
  BF_ASSIGN_OR_RETURN(pem.certificate, ReadPem(tls.certificate, "certificate"));
  BF_ASSIGN_OR_RETURN(pem.key, ReadPem(tls.key, "private key"));
  const absl::Status fits = CheckKeyFits({pem.key, pem.certificate});
  if (!fits.ok()) {
    return Annotate(fits, absl::StrFormat("'%s' and '%s'", tls.certificate, tls.key));
  }
  return pem;
}

absl::Status CheckPlaintext(const std::string& address) {
  if (IsLoopback(address)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("plaintext is for loopback only and '%s' is not a loopback address (use "
                      "certificates: benchctl ca)",
                      address));
}

}  // namespace

void RequireTls13() {
  // gRPC gives this list to the TLS 1.2 part of OpenSSL only. A pre-shared-key suite without any
  // key can be agreed on by nobody, so a 1.2 handshake fails; 1.3 has its own suites and is not
  // touched.
  setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES256-GCM-SHA384", 1);
}

bool IsLoopback(const std::string& address) {
  std::string_view host = address;
  if (host.starts_with("unix:")) return true;
  if (host.starts_with("[")) {
    host = host.substr(0, host.find(']') + 1);
    return host == "[::1]";
  }
  const size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(':') == colon) host = host.substr(0, colon);
  if (host == "localhost" || host == "::1") return true;
  return host.starts_with("127.") &&
         host.find_first_not_of("0123456789.") == std::string_view::npos &&
         std::count(host.begin(), host.end(), '.') == 3;
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Dial(const std::string& address,
                                                    const TlsFiles& tls) {
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  if (tls.insecure_plaintext) {
    BF_RETURN_IF_ERROR(CheckPlaintext(address));
    credentials = grpc::InsecureChannelCredentials();
  } else {
    BF_ASSIGN_OR_RETURN(Pem pem, ReadAll(tls));
    credentials = grpc::SslCredentials({pem.ca, pem.key, pem.certificate});
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(limits::kMaxMessageBytes));
  arguments.SetMaxSendMessageSize(static_cast<int>(limits::kMaxMessageBytes));
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveIntervalMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ListenCredentials(
    const std::string& address, const TlsFiles& tls) {
  if (tls.insecure_plaintext) {
    BF_RETURN_IF_ERROR(CheckPlaintext(address));
    return grpc::InsecureServerCredentials();
  }
  BF_ASSIGN_OR_RETURN(Pem pem, ReadAll(tls));
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = pem.ca;
  options.pem_key_cert_pairs.push_back({pem.key, pem.certificate});
  return grpc::SslServerCredentials(options);
}

void ConfigureServer(grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(static_cast<int>(limits::kMaxMessageBytes));
  builder->SetMaxSendMessageSize(static_cast<int>(limits::kMaxMessageBytes));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveIntervalMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                              kMinPingIntervalMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Else two servers share a port without an error, and each gets some of the connections.
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

absl::StatusOr<Peer> PeerOf(const grpc::AuthContext& context) {
  static constexpr std::string_view kScheme = "benchfleet://";
  for (const grpc::string_ref& value : context.FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
    std::string_view uri(value.data(), value.size());
    if (!uri.starts_with(kScheme)) continue;
    uri.remove_prefix(kScheme.size());
    const size_t slash = uri.find('/');
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == uri.size()) continue;
    return Peer{std::string(uri.substr(0, slash)), std::string(uri.substr(slash + 1))};
  }
  if (!context.IsPeerAuthenticated()) return Peer{};
  return absl::UnauthenticatedError(
      "the certificate names no benchfleet://ROLE/NAME (issue one with: benchctl ca issue)");
}

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), Message(status));
}

}  // namespace benchfleet
