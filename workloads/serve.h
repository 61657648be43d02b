// What a workload that serves (role "server") has to do with its runner.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "proto/model.h"
#include "workloads/stop_request.h"

namespace benchfleet {

// What a server tells its clients; they find it among RunContext::peers.
struct Offer {
  uint16_t port = 0;      // on ServeContext::address()
  StringMap values = {};  // such as a public key; with the port at most limits::kMaxOfferBytes
};

// Valid during the call of Serve. Implemented by the runner (run.cc) and by tests.
//
//   absl::Status Serve(ServeContext& context) override {
//     ... bind to (context.address(), 0), start threads ...
//     BF_RETURN_IF_ERROR(context.Ready({port, {{"public_key", key}}}));
//     context.stop().Wait();
//     ... end threads ...
//     context.Add("requests", count);
//     return absl::OkStatus();
//   }
//
// Threads: Serve is called on the runner's thread; Add may be called from any, the rest from there.
class ServeContext {
 public:
  virtual ~ServeContext() = default;

  // The numeric local address to bind to ("127.0.0.1", "10.0.0.7", "0.0.0.0" or "::"); port 0 lets
  // the kernel choose one.
  virtual const std::string& address() const = 0;
  // Once, when clients may connect. Errors, Internal: a second call, an offer above the bound; or
  // nobody listens any more.
  virtual absl::Status Ready(const Offer& offer) = 0;
  // Asked when all clients are done, or when the run is to end for another reason. It may be asked
  // before Ready: then the server is not needed any more.
  virtual const StopRequest& stop() const = 0;
  // A value of one of ServerMetrics(), in its unit.
  virtual absl::Status Add(std::string_view metric, double value) = 0;
};

}  // namespace benchfleet
