#include "workloads/net/prover_client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "base/status.h"
#include "proto/prover_port.grpc.pb.h"
#include "proto/transport_port.h"
#include "workloads/net/prover_convert.h"
#include "workloads/remote/sealed_message.h"

namespace benchfleet {
namespace {

constexpr int kKeepaliveIntervalMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kRoundTrips = 9;
constexpr size_t kProbes[] = {1u << 10,   4u << 10, 16u << 10, 64u << 10,
                              256u << 10, 1u << 20, 3u << 20};
constexpr int64_t kLongProbeNs = 700'000'000;  // long enough: a lost segment or two matter little

static_assert(std::end(kProbes)[-1] < limits::kMaxMessageBytes);

using ProveCall = grpc::ClientReaderWriter<v1::ProveRequest, v1::ProveAnswer>;

// Sends header and pieces. False where the service has ended the stream: it will say why.
absl::StatusOr<bool> SendAll(ProveCall& call, ProvingHeader& header, const ServiceKey& key,
                             std::string_view witness, Stopwatch& stopwatch,
                             ProvingExchange* exchange) {
  v1::ProveRequest request;
  const auto send = [&] {
    exchange->sent_bytes += request.ByteSizeLong();
    return call.Write(request);
  };
  if (header.task == ProvingTask::kEverything) {
    ToProto(header, request.mutable_header());
    return send() && call.WritesDone();
  }
  int64_t begin_ns = stopwatch.NowNs();
  header.witness_bytes = witness.size();
  BF_ASSIGN_OR_RETURN(MessageSealer sealer,
                      MessageSealer::Start(header.aead, key.public_key, header.Info(), witness));
  exchange->encrypt_ns += stopwatch.NowNs() - begin_ns;
  header.encapsulated = sealer.encapsulated();
  ToProto(header, request.mutable_header());
  if (!send()) return false;
  while (!sealer.done()) {
    begin_ns = stopwatch.NowNs();
    BF_RETURN_IF_ERROR(sealer.Next(request.mutable_piece()));  // the one string for all pieces
    exchange->encrypt_ns += stopwatch.NowNs() - begin_ns;
    if (!send()) return false;
  }
  return call.WritesDone();
}

}  // namespace

struct ProverClient::Connection {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::ProverPort::Stub> stub;
};

ProverClient::ProverClient() : connection_(std::make_unique<Connection>()) {}
ProverClient::~ProverClient() = default;

absl::StatusOr<std::unique_ptr<ProverClient>> ProverClient::Connect(const std::string& endpoint,
                                                                    absl::Duration timeout) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(limits::kMaxMessageBytes));
  arguments.SetMaxSendMessageSize(static_cast<int>(limits::kMaxMessageBytes));
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveIntervalMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  std::unique_ptr<ProverClient> client(new ProverClient());
  Connection& connection = *client->connection_;
  connection.channel =
      grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), arguments);
  if (!connection.channel->WaitForConnected(std::chrono::system_clock::now() +
                                            absl::ToChronoMilliseconds(timeout))) {
    return absl::UnavailableError(
        absl::StrFormat("no connection to the proving service at %s "
                        "within %s",
                        endpoint, absl::FormatDuration(timeout)));
  }
  connection.stub = v1::ProverPort::NewStub(connection.channel);
  return client;
}

absl::StatusOr<ServiceKey> ProverClient::GetKey(const std::string& nonce) {
  grpc::ClientContext context;
  v1::GetKeyRequest request;
  request.set_nonce(nonce);
  v1::ServiceKey answer;
  const grpc::Status status = connection_->stub->GetKey(&context, request, &answer);
  if (!status.ok()) return Annotate(FromGrpc(status), "asking the proving service for its key");
  return FromProto(answer);
}

absl::StatusOr<ProvingExchange> ProverClient::Prove(ProvingHeader header, const ServiceKey& key,
                                                    std::string_view witness,
                                                    Stopwatch& stopwatch) {
  grpc::ClientContext context;  // its end takes the request back
  ProvingExchange exchange;
  const int64_t begin_ns = stopwatch.NowNs();
  const std::unique_ptr<ProveCall> call = connection_->stub->Prove(&context);
  const absl::StatusOr<bool> sent = SendAll(*call, header, key, witness, stopwatch, &exchange);
  if (!sent.ok()) context.TryCancel();
  std::optional<v1::ProveResult> result;
  int64_t queued_ns = 0;
  v1::ProveAnswer answer;
  while (call->Read(&answer)) {
    exchange.received_bytes += answer.ByteSizeLong();
    if (answer.has_queued()) queued_ns = stopwatch.NowNs();
    if (answer.has_result()) result = std::move(*answer.mutable_result());
  }
  const grpc::Status status = call->Finish();
  const int64_t end_ns = stopwatch.NowNs();
  BF_RETURN_IF_ERROR(sent.status());
  if (!status.ok()) return Annotate(FromGrpc(status), "the proving service");
  if (!result) return absl::InternalError("the proving service ended without a result");
  BF_ASSIGN_OR_RETURN(exchange.result, FromProto(*result));
  exchange.whole_ns = end_ns - begin_ns;
  if (queued_ns != 0) exchange.after_queued_ns = end_ns - queued_ns;
  return exchange;
}

absl::StatusOr<int64_t> ProverClient::ProbeNs(size_t bytes, Stopwatch& stopwatch) {
  grpc::ClientContext context;
  v1::ProbeRequest request;
  request.mutable_payload()->assign(bytes, 'p');
  v1::ProbeAnswer answer;
  const int64_t begin_ns = stopwatch.NowNs();
  const grpc::Status status = connection_->stub->Probe(&context, request, &answer);
  const int64_t took_ns = stopwatch.NowNs() - begin_ns;
  if (!status.ok()) return Annotate(FromGrpc(status), "measuring the way to the proving service");
  return took_ns;
}

absl::StatusOr<MeasuredNetwork> ProverClient::MeasureNetwork(Stopwatch& stopwatch) {
  std::vector<int64_t> round_trips;
  for (int i = 0; i <= kRoundTrips; ++i) {
    BF_ASSIGN_OR_RETURN(const int64_t took_ns, ProbeNs(0, stopwatch));
    if (i > 0) round_trips.push_back(took_ns);  // the first call sets things up
  }
  std::nth_element(round_trips.begin(), round_trips.begin() + kRoundTrips / 2, round_trips.end());
  const int64_t round_trip_ns = round_trips[kRoundTrips / 2];
  MeasuredNetwork measured{absl::Nanoseconds(round_trip_ns)};
  // What two calls differ in is the bytes alone: round trips, the call's own cost and the wait for
  // gRPC's window, which begins small, are in both.
  int64_t before_ns = round_trip_ns;
  size_t bytes_before = 0;
  for (const size_t bytes : kProbes) {
    BF_ASSIGN_OR_RETURN(const int64_t took_ns, ProbeNs(bytes, stopwatch));
    const int64_t moving_ns = std::max<int64_t>(took_ns - before_ns, 1000);
    measured.bytes_per_second =
        static_cast<double>(bytes - bytes_before) * 1e9 / static_cast<double>(moving_ns);
    if (moving_ns > kLongProbeNs) break;
    before_ns = took_ns;
    bytes_before = bytes;
  }
  return measured;
}

}  // namespace benchfleet
