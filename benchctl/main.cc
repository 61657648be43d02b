// benchctl: the command line of a fleet.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "benchctl/client.h"
#include "benchctl/command_line.h"
#include "benchctl/console.h"
#include "proto/transport_port.h"

int main(int argc, char** argv) {
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);  // errors come as statuses, said once
  benchfleet::RequireTls13();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const int code =
      benchfleet::RunBenchctl(arguments, benchfleet::SystemConsole(), benchfleet::DialCoordinator);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("benchctl: writing to stdout failed\n", stderr);
    return 1;
  }
  return code;
}
