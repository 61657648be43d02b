// grpc.echo: unary calls of a fixed size between two hosts, in one of two ways.
//
// Closed loop (rate 0): `concurrency` callers each send their next request when the last one is
// answered. Latency is the time of the call; the rate is what comes of it.
//
// Open loop (a rate): request k is due at t0 + k / rate, whatever became of those before it, and
// its latency counts from then, not from when a caller was free to send it. A stall of the server
// is thus seen by every request that it delays (a closed loop hides it: "coordinated omission", Gil
// Tene). At most `concurrency` requests are under way.
//
// The connection is TLS 1.3 unless parameters say otherwise: the server makes a key and a
// certificate for the run, the certificate reaches the client with the server's offer, and the
// client trusts nothing else.
//
// Callers run on their own from the first iteration to the last; an iteration collects what came in
// within a window.
#include <grpcpp/grpcpp.h>
#include <sys/prctl.h>
#include <time.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/escaping.h"
#include "base/status.h"
#include "proto/echo_port.grpc.pb.h"
#include "workloads/net/net_workloads.h"
#include "workloads/payload.h"
#include "workloads/serve.h"
#include "workloads/sockets.h"
#include "workloads/tls_identity.h"

namespace benchfleet {
namespace {

constexpr char kRequestRate[] = "request_rate";
constexpr char kErrorRate[] = "error_rate";
constexpr char kRequestsServed[] = "requests_served";
constexpr char kEchoCertificate[] = "certificate";  // PEM in base64: one word of an offer
constexpr char kEchoName[] = "echo";                // in that certificate
constexpr uint64_t kSizeMax = 4u << 20;
constexpr int64_t kConcurrencyMax = 1000;
constexpr int64_t kRateMax = 1'000'000;
constexpr int64_t kWindowNs = 50'000'000;
constexpr int kMessageBytesMax = static_cast<int>(kSizeMax) + (1 << 20);
constexpr absl::Duration kEchoConnectTimeout = absl::Seconds(10);
constexpr absl::Duration kCallTimeout = absl::Seconds(10);

int64_t MonotonicNs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void SleepUntil(int64_t monotonic_ns) {
  const timespec until{monotonic_ns / 1'000'000'000, monotonic_ns % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) continue;
}

class EchoService final : public v1::EchoPort::CallbackService {
 public:
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context,
                                 const v1::EchoMessage* request, v1::EchoMessage* reply) override {
    ++served_;
    *reply = *request;
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  uint64_t served() const { return served_; }

 private:
  std::atomic<uint64_t> served_ = 0;
};

// What callers have measured and nobody has collected yet.
class Results {
 public:
  struct Window {
    std::vector<double> latencies_ns;  // of requests that were answered rightly
    uint64_t failed = 0;
    bool wrong_answer = false;
    std::string last_error;
  };

  void Succeeded(double latency_ns) {
    const std::lock_guard lock(mutex_);
    window_.latencies_ns.push_back(latency_ns);
  }
  void Failed(const std::string& why, bool wrong_answer) {
    const std::lock_guard lock(mutex_);
    ++window_.failed;
    window_.wrong_answer = window_.wrong_answer || wrong_answer;
    window_.last_error = why;
  }
  Window Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(window_, {});
  }
  bool empty() {
    const std::lock_guard lock(mutex_);
    return window_.latencies_ns.empty() && window_.failed == 0;
  }

 private:
  std::mutex mutex_;
  Window window_ ABSL_GUARDED_BY(mutex_);
};

// The callers of one run: begin when made, end when destroyed.
class Callers {
 public:
  Callers(std::shared_ptr<grpc::Channel> channel, const std::string& payload, int64_t concurrency,
          int64_t rate)
      : stub_(v1::EchoPort::NewStub(channel)),
        payload_(payload),
        interval_ns_(rate == 0 ? 0 : 1e9 / static_cast<double>(rate)),
        begin_ns_(MonotonicNs()) {
    for (int64_t i = 0; i < concurrency; ++i) threads_.emplace_back([this] { Call(); });
  }
  ~Callers() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;

  Results& results() { return results_; }

 private:
  void Call() {
    prctl(PR_SET_TIMERSLACK, 1);  // due means due, not up to 50 us later
    v1::EchoMessage request;
    request.set_payload(payload_);
    while (!over_) {
      const int64_t due_ns = NextDueNs();
      // A slow rate must not hold up the end.
      while (!over_ && due_ns - MonotonicNs() > kWindowNs) SleepUntil(MonotonicNs() + kWindowNs);
      if (over_) return;
      SleepUntil(due_ns);
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() +
                           absl::ToChronoMilliseconds(kCallTimeout));
      v1::EchoMessage reply;
      const grpc::Status status = stub_->Echo(&context, request, &reply);
      const int64_t end_ns = MonotonicNs();
      if (!status.ok()) {
        results_.Failed(status.error_message(), false);
        // A server that is gone refuses at once: no need to ask it a million times a second.
        SleepUntil(MonotonicNs() + 1'000'000);
      } else if (reply.payload() != payload_) {
        results_.Failed("the answer is not what was sent", true);
      } else {
        results_.Succeeded(static_cast<double>(end_ns - due_ns));
      }
    }
  }

  int64_t NextDueNs() {
    if (interval_ns_ == 0) return MonotonicNs();
    return begin_ns_ + static_cast<int64_t>(static_cast<double>(next_++) * interval_ns_);
  }

  const std::unique_ptr<v1::EchoPort::Stub> stub_;
  const std::string payload_;
  const double interval_ns_;  // 0: closed loop
  const int64_t begin_ns_;
  std::atomic<uint64_t> next_ = 0;
  std::atomic<bool> over_ = false;
  Results results_;
  std::vector<std::thread> threads_;
};

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> EchoChannelCredentials(
    const RunPeer& server, bool tls) {
  if (!tls) return grpc::InsecureChannelCredentials();
  const auto certificate = server.values.find(kEchoCertificate);
  if (certificate == server.values.end()) {
    return absl::InternalError(
        absl::StrFormat("the server on %s offered no certificate", server.host));
  }
  grpc::SslCredentialsOptions options;
  if (!absl::WebSafeBase64Unescape(certificate->second, &options.pem_root_certs)) {
    return absl::InternalError(
        absl::StrFormat("the certificate that the server on %s offered is garbled", server.host));
  }
  return grpc::SslCredentials(options);
}

// Notes the certificate in `offer`.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> EchoServerCredentials(bool tls,
                                                                               Offer* offer) {
  if (!tls) return grpc::InsecureServerCredentials();
  TlsIdentity identity;
  BF_RETURN_IF_ERROR(identity.Make("p256", kEchoName));
  grpc::SslServerCredentialsOptions options(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  BF_ASSIGN_OR_RETURN(const std::string certificate, CertificatePem(identity));
  BF_ASSIGN_OR_RETURN(const std::string key, KeyPem(identity));
  options.pem_key_cert_pairs.push_back({key, certificate});
  offer->values[kEchoCertificate] = absl::WebSafeBase64Escape(certificate);
  return grpc::SslServerCredentials(options);
}

class Echo final : public Workload {
 public:
  absl::Status Configure(const Parameters& parameters) override {
    BF_ASSIGN_OR_RETURN(size_, parameters.Bytes("size"));
    BF_ASSIGN_OR_RETURN(concurrency_, parameters.Count("concurrency"));
    BF_ASSIGN_OR_RETURN(rate_, parameters.Count("rate"));
    BF_ASSIGN_OR_RETURN(tls_, parameters.Boolean("tls"));
    return absl::OkStatus();
  }

  absl::Status SetUp(const RunContext& context) override {
    if (context.role == kServerRole) return absl::OkStatus();
    BF_ASSIGN_OR_RETURN(const RunPeer server, FindServer(context));
    payload_ = SeededBytes(context.seed, size_);
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
    if (tls_) arguments.SetSslTargetNameOverride(kEchoName);
    BF_ASSIGN_OR_RETURN(const auto credentials, EchoChannelCredentials(server, tls_));
    channel_ = grpc::CreateCustomChannel(server.endpoint, credentials, arguments);
    if (channel_->WaitForConnected(std::chrono::system_clock::now() +
                                   absl::ToChronoMilliseconds(kEchoConnectTimeout))) {
      return absl::OkStatus();
    }
    return absl::UnavailableError(absl::StrFormat("no connection to %s at %s within %s",
                                                  server.host, server.endpoint,
                                                  absl::FormatDuration(kEchoConnectTimeout)));
  }

  std::vector<Metric> Metrics() const override {
    return {LatencyMetric(),
            {kRequestRate, "1/s", Direction::kHigherIsBetter, "", 0},
            {kErrorRate, "", Direction::kLowerIsBetter, "", 0}};
  }
  bool self_timed() const override { return true; }

  absl::Status RunOnce(Iteration& iteration) override {
    if (callers_ == nullptr) {
      callers_ = std::make_unique<Callers>(channel_, payload_, concurrency_, rate_);
      window_began_ns_ = iteration.NowNs();
    }
    Results& results = callers_->results();
    do {
      SleepUntil(MonotonicNs() + kWindowNs);
    } while (results.empty());
    const Results::Window window = results.Take();
    const int64_t now_ns = iteration.NowNs();
    const double seconds = static_cast<double>(now_ns - window_began_ns_) * 1e-9;
    window_began_ns_ = now_ns;
    if (window.wrong_answer) return absl::DataLossError(window.last_error);
    const auto answered = static_cast<double>(window.latencies_ns.size());
    if (answered == 0) {
      return absl::UnavailableError(absl::StrFormat("%d requests failed and none succeeded: %s",
                                                    window.failed, window.last_error));
    }
    for (const double latency_ns : window.latencies_ns) iteration.Add(kLatency, latency_ns);
    iteration.Add(kRequestRate, answered / seconds);
    iteration.Add(kErrorRate, static_cast<double>(window.failed) /
                                  (answered + static_cast<double>(window.failed)));
    return absl::OkStatus();
  }

  absl::Status TearDown() override {
    callers_ = nullptr;
    channel_ = nullptr;
    return absl::OkStatus();
  }

  std::vector<Metric> ServerMetrics() const override {
    return {{kRequestsServed, "", Direction::kNeutral, "", 0}};
  }

  absl::Status Serve(ServeContext& context) override {
    EchoService service;
    grpc::ServerBuilder builder;
    int port = 0;
    Offer offer;
    BF_ASSIGN_OR_RETURN(const auto credentials, EchoServerCredentials(tls_, &offer));
    builder.AddListeningPort(JoinEndpoint(context.address(), 0), credentials, &port);
    builder.SetMaxReceiveMessageSize(kMessageBytesMax);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // as ConfigureServer does
    builder.RegisterService(&service);
    const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    if (server == nullptr || port == 0) {
      return absl::UnavailableError("the server could not listen on " + context.address());
    }
    offer.port = static_cast<uint16_t>(port);
    BF_RETURN_IF_ERROR(context.Ready(offer));
    context.stop().Wait();
    server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
    return context.Add(kRequestsServed, static_cast<double>(service.served()));
  }

  StringMap Facts() const override { return {{"grpc.version", grpc::Version()}}; }

 private:
  uint64_t size_ = 0;
  int64_t concurrency_ = 1;
  int64_t rate_ = 0;
  bool tls_ = true;
  std::string payload_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<Callers> callers_;
  int64_t window_began_ns_ = 0;
};

}  // namespace

std::vector<WorkloadEntry> EchoWorkloads() {
  WorkloadDescription description{
      "grpc.echo",
      "unary gRPC calls to another host, over one connection",
      {SizeParameter("size", "bytes there and back", "64", 0, kSizeMax),
       CountParameter("concurrency", "requests under way at most", "1", 1, kConcurrencyMax),
       CountParameter("rate",
                      "requests due each second, latency counted from when they are due; 0: the "
                      "next when the last is answered",
                      "0", 0, kRateMax),
       OfKind(ParameterKind::kBoolean,
              OptionalParameter("tls", "TLS 1.3 with a certificate for this run, or plaintext",
                                "true"))},
      {LatencyMetric(),
       {kRequestRate, "1/s", Direction::kHigherIsBetter, "", 0},
       {kErrorRate, "", Direction::kLowerIsBetter, "", 0}},
      "",
      "",
      ClientAndServer("calls and measures", "answers")};
  return {{description, [] { return std::make_unique<Echo>(); }}};
}

}  // namespace benchfleet
