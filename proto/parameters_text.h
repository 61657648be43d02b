// Parameters as people read them, wherever a run is spoken of. Pure function.
#pragma once

#include <string>

#include "proto/model.h"

namespace benchfleet {

// "circuit=age size=10"; the argument vector of an `exec` as the command that it is:
// "sh -c 'sha256sum /bin/ls'".
std::string ParametersText(const StringMap& parameters);

}  // namespace benchfleet
