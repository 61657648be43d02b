// The last step of every kind of comparison. Private to analysis/.
#pragma once

#include <string>

#include "analysis/verdict.h"

namespace benchfleet {

// Undecided for good: there is too little to judge by, and `reason` says what is missing.
Comparison NotJudgeable(Comparison result, std::string reason);

}  // namespace benchfleet
