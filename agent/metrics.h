// The agent's figures for Prometheus, served over plain HTTP where a person asked for it.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/task_loop.h"

namespace benchfleet {

class AgentSession;

class MetricsServer {
 public:
  // Listens at once. The session is asked, on the loop, at every scrape; both outlive the server,
  // and the loop runs until it is destroyed. Error: the address cannot be had.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(const std::string& address,
                                                              TaskLoop* loop,
                                                              const AgentSession* session);
  ~MetricsServer();

 private:
  class Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace benchfleet
