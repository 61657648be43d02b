// The last step of every kind of comparison. Private to analysis/.
#pragma once

#include <string>

#include "analysis/verdict.h"

namespace benchfleet {

// Undecided for good: there is too little to judge by, and `reason` says what is missing.
Comparison NotJudgeable(Comparison result, std::string reason);

// A difference in the unit of the values, as people read it: "+1.5 ms", "-2".
std::string DifferenceText(double difference, const std::string& unit);

}  // namespace benchfleet
