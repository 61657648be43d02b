// Which host does what another one, which is lost, was to do. A pure function, as in plan.h.
#pragma once

#include <string>
#include <vector>

#include "coordinator/plan.h"

namespace benchfleet {

// The host that takes over what waits for `lost` (`waiting`, the tasks on it): one that is
// connected, that every selection with a count means which means `lost`, that can run all of
// `waiting`, and that has none of these cells itself (of `placed`, all tasks of the job); the least
// busy first. "" when there is none, and when a selection without a count means `lost`: that asks
// for this very host.
std::string ReplacementFor(const std::string& lost, const JobSpec& spec,
                           const std::vector<PlannedTask>& waiting,
                           const std::vector<PlannedTask>& placed,
                           const std::vector<PlannableHost>& hosts);

}  // namespace benchfleet
