// What Benchfleet adds around a prover on another host.
//
//   bench-proving-overhead [ROUNDS]       (30)
//
// A proving service and its client on loopback, over one warm connection, with a prover that takes
// 20 ms for any witness. For each witness size, in each round: one whole exchange, from before the
// key agreement to after the proof has come back; then the transfer alone, as many bytes there and
// back over a plain TCP connection. The overhead is the exchange less the service's own `prove`
// less that transfer: sealing, gRPC, opening, queueing, threads. Medians; the goal is 10 ms for
// witnesses up to 1 MiB.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/limits.h"
#include "base/status.h"
#include "workloads/net/prover_client.h"
#include "workloads/net/prover_port.h"
#include "workloads/remote/proving_service.h"
#include "workloads/sockets.h"

namespace benchfleet {
namespace {

constexpr absl::Duration kProving = absl::Milliseconds(20);
constexpr size_t kProofBytes = 14'656;  // UltraHonk's
constexpr double kTargetMs = 10;

[[noreturn]] void Fail(const std::string& message) {
  std::fprintf(stderr, "bench-proving-overhead: %s\n", message.c_str());
  std::exit(1);
}

class SleepingProver final : public Prover {
 public:
  std::string Version() const override { return "none"; }
  absl::StatusOr<Keys> SetUp(const Circuit& /*circuit*/) override { return Keys(); }
  absl::StatusOr<std::string> MakeWitness() override { return std::string(); }
  absl::StatusOr<MadeProof> Prove(const std::string& /*witness*/) override {
    absl::SleepFor(kProving);
    MadeProof made;
    made.proof.proof.assign(kProofBytes, 'p');
    return made;
  }
  absl::StatusOr<Verdict> Verify(const Proof& /*proof*/) override { return Verdict{true, ""}; }
  std::vector<std::string> SubPhases() const override { return {}; }
  bool proof_is_text() const override { return true; }
  StringMap Facts() const override { return {}; }
};

// The transfer alone: so many bytes there, a proof's worth back.
class PlainTransfer {
 public:
  explicit PlainTransfer(size_t bytes) : there_(bytes, 'w'), back_(kProofBytes, 'p') {
    auto listening = ListenOn("127.0.0.1");
    if (!listening.ok()) Fail(Message(listening.status()));
    auto client = ConnectTo(JoinEndpoint("127.0.0.1", listening->port), absl::Seconds(5));
    if (!client.ok()) Fail(Message(client.status()));
    client_ = std::move(*client);
    server_ = Socket(accept(listening->socket.fd(), nullptr, nullptr));
    const int on = 1;
    setsockopt(server_.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    thread_ = std::thread([this] {
      std::string received(there_.size(), '\0');
      while (ReceiveAll(server_.fd(), received.data(), received.size()).ok()) {
        if (!SendAll(server_.fd(), back_).ok()) return;
      }
    });
  }
  ~PlainTransfer() {
    shutdown(client_.fd(), SHUT_RDWR);
    thread_.join();
  }

  double Ms() {
    std::string received(back_.size(), '\0');
    const int64_t begin_ns = SystemStopwatch().NowNs();
    if (!SendAll(client_.fd(), there_).ok() ||
        !ReceiveAll(client_.fd(), received.data(), received.size()).ok()) {
      Fail("the plain transfer broke");
    }
    return static_cast<double>(SystemStopwatch().NowNs() - begin_ns) * 1e-6;
  }

 private:
  const std::string there_;
  const std::string back_;
  Socket client_;
  Socket server_;
  std::thread thread_;
};

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
}

// True where the goal was reached.
bool Measure(ProverClient& client, const ServiceKey& key, size_t bytes, int rounds) {
  PlainTransfer plain(bytes);
  const std::string witness(bytes, 'w');
  ProvingHeader header;
  header.subject = key.subject;
  std::vector<double> exchanges;
  std::vector<double> transfers;
  std::vector<double> overheads;
  std::vector<double> sealing;
  for (int round = -2; round < rounds; ++round) {
    const auto exchange = client.Prove(header, key, witness, SystemStopwatch());
    if (!exchange.ok()) Fail(Message(exchange.status()));
    const double transfer_ms = plain.Ms();
    if (round < 0) continue;  // buffers grow
    const auto prove_ns = exchange->result.times.prove_ns;
    exchanges.push_back(static_cast<double>(exchange->whole_ns) * 1e-6);
    transfers.push_back(transfer_ms);
    overheads.push_back(static_cast<double>(exchange->whole_ns - prove_ns) * 1e-6 - transfer_ms);
    sealing.push_back(
        static_cast<double>(exchange->encrypt_ns + exchange->result.times.decrypt_ns) * 1e-6);
  }
  const double median = Quantile(overheads, 0.5);
  std::printf("%9zu %12.2f %12.2f %12.2f %12.2f %12.2f  %s\n", bytes, Quantile(exchanges, 0.5),
              Quantile(transfers, 0.5), Quantile(sealing, 0.5), median, Quantile(overheads, 0.9),
              median < kTargetMs ? "reached" : "MISSED");
  return median < kTargetMs;
}

int Main(int rounds) {
  ProvingService::Options options;
  options.subject = {"sleep", "none", "none"};
  options.provers.push_back(std::make_unique<SleepingProver>());
  options.witness_bytes_max = limits::kMaxWitnessBytes;
  options.replay_entries_max = limits::kMaxReplayEntries;
  auto service = ProvingService::Start(std::move(options), SystemStopwatch());
  if (!service.ok()) Fail(Message(service.status()));
  auto port = ProverPort::Start("127.0.0.1", service->get());
  if (!port.ok()) Fail(Message(port.status()));
  auto client =
      ProverClient::Connect(JoinEndpoint("127.0.0.1", (*port)->port()), absl::Seconds(10));
  if (!client.ok()) Fail(Message(client.status()));
  const auto key = (*client)->GetKey(std::string(32, 'n'));
  if (!key.ok()) Fail(Message(key.status()));

  std::printf("%d rounds, a prover of %s; milliseconds, medians\n", rounds,
              absl::FormatDuration(kProving).c_str());
  std::printf("%9s %12s %12s %12s %12s %12s  %s\n", "witness", "exchange", "transfer", "seal+open",
              "overhead", "its p90", "goal < 10");
  bool reached = true;
  for (const size_t bytes : {size_t{1} << 10, size_t{64} << 10, size_t{1} << 20}) {
    reached = Measure(**client, *key, bytes, rounds) && reached;
  }
  (*service)->Stop();
  return reached ? 0 : 1;
}

}  // namespace
}  // namespace benchfleet

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 30;
  if (rounds < 1) {
    std::fprintf(stderr, "usage: bench-proving-overhead [ROUNDS]\n");
    return 2;
  }
  return benchfleet::Main(rounds);
}
