// The agent's connection to the coordinator over gRPC: one stream at a time, on a channel of its
// own. Nothing blocks; what comes is posted to the loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "agent/coordinator_link.h"
#include "base/loop_scope.h"
#include "proto/transport_port.h"

namespace grpc {
class Channel;
}

namespace benchfleet {

class CoordinatorClient : public CoordinatorLink {
 public:
  // `address`: HOST:PORT. Errors, found before anything is dialled: certificate files that cannot
  // be read, plaintext to an address that is not loopback. The files are read again for each
  // connection, so that a renewed certificate is taken up. `loop` outlives the client.
  static absl::StatusOr<std::unique_ptr<CoordinatorClient>> Create(const std::string& address,
                                                                   const TlsFiles& tls,
                                                                   TaskLoop* loop);
  // Closes and waits until gRPC has let go. On the loop, or when it has stopped.
  ~CoordinatorClient() override;

  void Connect(LinkEvents* events) override;
  void Send(AgentMessage message) override;
  void Close() override;

 private:
  class Stream;
  class StreamCount;

  CoordinatorClient(std::string address, TlsFiles tls, TaskLoop* loop);

  const std::string address_;
  const TlsFiles tls_;
  TaskLoop* const loop_;
  const std::shared_ptr<StreamCount> count_;
  std::shared_ptr<Stream> stream_;
  std::shared_ptr<grpc::Channel> channel_;  // of the newest attempt
  uint64_t attempt_ = 0;
  LoopScope scope_;
};

}  // namespace benchfleet
