// The proving service (workloads/remote/proving_service.h) on the wire: proto/prover_port.proto
// over gRPC. Plaintext: the witness is sealed, the rest is public, and the key that it is sealed to
// reaches clients over the fleet's own mutual TLS.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "workloads/remote/proving_service.h"

namespace benchfleet {

// Life cycle: Start; clients come and go; stop the service; the destructor ends the streams that
// are left and joins. Reactions on gRPC's threads open pieces and post; proving is the service's,
// and evidence, which the host may take seconds for, is asked for on a thread of its own.
class ProverPort {
 public:
  // Listens on `address` (numeric), on a port that the kernel chooses. `service` outlives it.
  static absl::StatusOr<std::unique_ptr<ProverPort>> Start(const std::string& address,
                                                           ProvingService* service);
  ~ProverPort();
  ProverPort(const ProverPort&) = delete;
  ProverPort& operator=(const ProverPort&) = delete;

  uint16_t port() const { return port_; }

 private:
  class Service;
  class Stream;
  class Listener;
  struct Server;
  ProverPort();

  uint16_t port_ = 0;
  std::unique_ptr<Server> server_;
};

}  // namespace benchfleet
