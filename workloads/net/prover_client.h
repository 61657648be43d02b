// The client's side of proto/prover_port.proto: one connection to a proving service.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "workloads/remote/proving_request.h"
#include "workloads/stopwatch.h"

namespace benchfleet {

// One request, as the client's clock saw it.
struct ProvingExchange {
  ProvingResult result;
  int64_t whole_ns = 0;    // from before the header to after the end of the stream
  int64_t encrypt_ns = 0;  // of it: agreeing on a key and sealing all pieces
  // From the word that all of it had arrived to the end; 0 where the service gave no such word.
  int64_t after_queued_ns = 0;
  // Of messages, without the framing of gRPC and below.
  uint64_t sent_bytes = 0;
  uint64_t received_bytes = 0;
};

// What a way was measured to do.
struct MeasuredNetwork {
  absl::Duration round_trip;    // median of small calls
  double bytes_per_second = 0;  // towards the service, of one large call
};

// Calls block for as long as the service takes; a service that is gone is Unavailable (at once
// where its host says so, within 40 s where nobody does). One thread.
class ProverClient {
 public:
  // Returns when the connection stands. `endpoint` is numeric.
  static absl::StatusOr<std::unique_ptr<ProverClient>> Connect(const std::string& endpoint,
                                                               absl::Duration timeout);
  ~ProverClient();
  ProverClient(const ProverClient&) = delete;
  ProverClient& operator=(const ProverClient&) = delete;

  absl::StatusOr<ServiceKey> GetKey(const std::string& nonce);

  // Seals `witness` to `key` and sends it piece by piece, each as soon as it is sealed, then waits
  // for the result. `header` says what and how; encapsulated and witness_bytes are filled in here.
  // ProvingTask::kEverything sends no witness. Errors: the service's, with its code.
  absl::StatusOr<ProvingExchange> Prove(ProvingHeader header, const ServiceKey& key,
                                        std::string_view witness, Stopwatch& stopwatch);

  // Calls that grow until one takes long enough to tell a rate: seventeen round trips and up
  // to four seconds.
  absl::StatusOr<MeasuredNetwork> MeasureNetwork(Stopwatch& stopwatch);

 private:
  struct Connection;
  ProverClient();
  absl::StatusOr<int64_t> ProbeNs(size_t bytes, Stopwatch& stopwatch);

  std::unique_ptr<Connection> connection_;
};

}  // namespace benchfleet
