// The command line of bench-agent: flags, their twins in the environment, and the config file.
#pragma once

#include <optional>
#include <string>

#include "agent/agent.h"

namespace benchfleet {

struct AgentFlags {
  Agent::Options options;
  std::string log_level = "info";
  // Set when there is nothing to run: --help, --version, or a mistake that was told on stderr.
  std::optional<int> exit_code;
};

AgentFlags ParseFlags(int argc, const char* const* argv);

}  // namespace benchfleet
