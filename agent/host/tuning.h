// What an operator could change on a host for steadier measurements. Only tells; changes nothing.
#pragma once

#include <string>
#include <vector>

#include "agent/host/fingerprint.h"

namespace benchfleet {

struct Advice {
  std::string field;   // of the fingerprint: "cpufreq.governor"
  std::string value;   // as it is: "powersave"
  std::string why;     // what it does to measurements
  std::string change;  // what to do about it; a command where one does it
  bool operator==(const Advice&) const = default;
};

// In the order of what usually matters most. Nothing is advised about what the host does not have
// or does not tell.
std::vector<Advice> AdviseTuning(const Fingerprint& fingerprint);

}  // namespace benchfleet
