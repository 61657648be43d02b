// Runs whole command lines of benchctl against a FakeFleet and keeps what they print.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "benchctl/canned.h"
#include "benchctl/command_line.h"
#include "benchctl/console.h"

namespace benchfleet {

// Moves only when told.
class StillClock : public Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Time now = CannedNow();
};

struct CliHarness {
  CliHarness();

  // Returns the exit code; `out`, `err` and `all` hold what was printed since.
  int Run(const std::vector<std::string>& arguments);
  // "$ benchctl ...", then stdout, stderr with "! " before each line, and the exit code.
  std::string Transcript(const std::vector<std::string>& arguments);

  FakeFleet fleet = CannedFleet();
  StillClock clock;
  Console console;
  std::string out;
  std::string err;
  std::string address;  // that was dialled last
  TlsFiles tls;
};

}  // namespace benchfleet
