// bench-agent: flags into Options, the owner object, Run(), exit code.
#include <malloc.h>

#include <cstdio>

#include "agent/agent.h"
#include "agent/flags.h"
#include "base/log.h"
#include "base/service.h"
#include "base/status.h"
#include "proto/transport_port.h"

namespace benchfleet {
namespace {

absl::Status Serve(const AgentFlags& flags, StopSignal* stop) {
  BF_RETURN_IF_ERROR(InitLog("bench-agent", flags.log_level));
  BF_ASSIGN_OR_RETURN(const auto agent, Agent::Start(flags.options, stop));
  return agent->Run();
}

int Main(int argc, char** argv) {
  // A daemon that idles most of the time: one heap for all threads is enough, and is smaller.
  mallopt(M_ARENA_MAX, 1);
  const AgentFlags flags = ParseFlags(argc, argv);
  if (flags.exit_code) return *flags.exit_code;
  StopSignal stop(StopSignal::Hangup::kIsTaken);
  RequireTls13();
  RaiseOpenFilesLimit();
  const absl::Status status = Serve(flags, &stop);
  if (status.ok()) return 0;
  std::fprintf(stderr, "bench-agent: %s\n", Message(status).c_str());
  return 1;
}

}  // namespace
}  // namespace benchfleet

int main(int argc, char** argv) { return benchfleet::Main(argc, argv); }
