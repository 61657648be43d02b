// benchctl's command line: flags, their environment twins and the configuration file into one
// command, run. Every message about the command line comes from here.
//
// Precedence: flag, environment (BENCHFLEET_…), configuration file, default.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "benchctl/client.h"
#include "benchctl/console.h"
#include "proto/transport_port.h"

namespace benchfleet {

using Dialer = std::function<absl::StatusOr<std::unique_ptr<Client>>(const std::string& address,
                                                                     const TlsFiles& tls)>;

// `arguments` without the program's name. Returns the exit code (benchctl/session.h).
int RunBenchctl(const std::vector<std::string>& arguments, const Console& console,
                const Dialer& dialer);

}  // namespace benchfleet
