// The daemon: owns everything, in order of construction, and stops it in reverse.
//
//   store -> storage thread -> loop (fleet, scheduler) -> gRPC ports -> HTTP
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/service.h"
#include "proto/transport_port.h"

namespace benchfleet {

class Coordinator {
 public:
  struct Options {
    // Where agents and benchctl connect. Any address; 0 as port draws one (tests).
    std::string listen = "127.0.0.1:7443";
    // Dashboard, JSON, /metrics, /healthz: plain HTTP, so loopback unless a proxy stands in front.
    std::string http = "127.0.0.1:7480";
    // Holds the store and nothing else of importance. Made if missing.
    std::string data_dir = "/var/lib/benchfleet";
    TlsFiles tls;
    // A host that is away longer than this has its runs given out again.
    absl::Duration lease = absl::Seconds(60);
    absl::Duration heartbeat_interval = absl::Seconds(10);
  };

  // Opens the store and listens. Errors name the flag or the file and the remedy.
  static absl::StatusOr<std::unique_ptr<Coordinator>> Start(const Options& options,
                                                            StopSignal* stop);
  ~Coordinator();

  // Serves until `stop`, or until the store can no longer be written; the status says which.
  absl::Status Run();

 private:
  class Impl;
  explicit Coordinator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace benchfleet
