// Which host does what another one, which is lost, was to do. A pure function, as in plan.h.
#pragma once

#include <string>
#include <vector>

#include "coordinator/plan.h"

namespace benchfleet {

// The host that takes over what waits for `lost` (`waiting`, the tasks in which it takes part,
// alone or with others) in all its roles: one that
//   - is connected,
//   - every selection with a count means which means `lost` in one of these roles,
//   - can run all of `waiting`,
//   - has none of these cells itself in the same role (of `placed`, all tasks of the job), and does
//     not take part in any of `waiting`: nobody is its own peer,
// the least busy first. "" when there is none, and when a selection without a count means `lost`:
// that asks for this very host.
std::string ReplacementFor(const std::string& lost, const JobSpec& spec,
                           const std::vector<PlannedTask>& waiting,
                           const std::vector<PlannedTask>& placed,
                           const std::vector<PlannableHost>& hosts);

}  // namespace benchfleet
