// The gRPC side of what people ask of the coordinator: jobs, hosts, results. Translates and posts.
#pragma once

#include <memory>

#include "base/task_loop.h"
#include "coordinator/fleet.h"
#include "coordinator/scheduler.h"
#include "storage/store_queue.h"

namespace grpc {
class Service;
}

namespace benchfleet {

class ControlPort {
 public:
  // All outlive the port; the loop and the store run until the server has shut down.
  ControlPort(TaskLoop* loop, Fleet* fleet, Scheduler* scheduler, StoreQueue* store);
  ~ControlPort();
  grpc::Service* service();

 private:
  class Service;
  std::unique_ptr<Service> service_;
};

}  // namespace benchfleet
