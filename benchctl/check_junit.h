// A check as JUnit XML, as CI servers read it: a suite of the series (a test case each: failed
// where it regressed, skipped where it is undecided) and a suite of the budgets. Pure.
#pragma once

#include <string>

#include "benchctl/check_report.h"

namespace benchfleet {

// Well-formed whatever names and reasons hold: bytes that XML 1.0 cannot carry become '?'.
std::string CheckJunit(const CheckReport& report);

}  // namespace benchfleet
