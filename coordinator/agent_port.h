// The gRPC side of the fleet: one callback-API stream per agent, translated to Fleet and back.
// Reactions convert and post to the loop; nothing here blocks.
#pragma once

#include <memory>

#include "base/task_loop.h"
#include "coordinator/fleet.h"

namespace grpc {
class Service;
}

namespace benchfleet {

class AgentPort {
 public:
  // Both outlive the port; the loop runs until the server has shut down.
  AgentPort(TaskLoop* loop, Fleet* fleet);
  ~AgentPort();
  grpc::Service* service();

 private:
  class Service;
  std::unique_ptr<Service> service_;
};

}  // namespace benchfleet
