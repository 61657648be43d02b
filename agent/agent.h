// The daemon on a host: owns everything, in order of construction, and stops it in reverse.
//
//   state directory -> spool -> loop (runner, client, session) -> metrics
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/service.h"
#include "proto/model.h"
#include "proto/transport_port.h"

namespace benchfleet {

class Agent {
 public:
  struct Options {
    // HOST:PORT of the coordinator's agent port. The agent only dials out.
    std::string coordinator = "127.0.0.1:7443";
    TlsFiles tls;
    // Under which the coordinator knows this host. "": the name in the certificate, which is the
    // only one that the coordinator accepts; over plaintext the host's own name.
    std::string name;
    // For selectors: {"kind", "local"}.
    StringMap labels;
    // Holds the spool and the scratch folders of runs. Made if missing. One agent at a time.
    std::string state_dir = "/var/lib/benchfleet-agent";
    // bench-runner. "": the one beside this program.
    std::string runner;
    // Shared libraries with workloads of your own; "" for none.
    std::string plugins_dir;
    // Where other hosts of a task reach servers that run here. "": the address that this host has
    // towards the coordinator.
    std::string advertise;
    // What may wait for the coordinator. At the bound no new run is started.
    uint64_t spool_limit_bytes = 1u << 30;
    // How long a stop waits for the run that is going on.
    absl::Duration drain_timeout = absl::Seconds(60);
    // HOST:PORT for Prometheus, plain HTTP; "": none.
    std::string metrics_address;
    // Of the image that the agent runs in; nothing inside a container can find it out.
    std::string container_image;
  };

  // Opens the spool and asks bench-runner what this host can run. Errors name the flag or the file.
  static absl::StatusOr<std::unique_ptr<Agent>> Start(const Options& options, StopSignal* stop);
  ~Agent();

  // Serves until `stop`: the first signal drains, a second one ends at once; a hang-up asks anew
  // what this host can run. An error when the
  // coordinator refused this agent for good, or when a second signal came.
  absl::Status Run();

 private:
  class Impl;
  explicit Agent(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace benchfleet
