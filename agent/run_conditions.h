// What held on the host around one run, as a RunFinished carries it.
#pragma once

#include <memory>

#include "absl/time/time.h"
#include "proto/model.h"

namespace benchfleet {

struct Conditions;
class ConditionsSampler;

// Of this host. Costs some reads; keep it.
std::shared_ptr<const ConditionsSampler> MakeConditionsSampler();
// A tenth of a millisecond.
std::shared_ptr<const Conditions> SampleConditions(const ConditionsSampler& sampler);

// At one moment; whether it is quiet is not judged.
ConditionValues ToValues(const Conditions& conditions);

// At the end of a run: levels (load, temperatures, free memory) as they are then, counters and
// ratios over the run, and whether it was quiet. `own_cpu_time`: what the run itself used.
ConditionValues ToValues(const Conditions& before, const Conditions& after,
                         absl::Duration own_cpu_time);

}  // namespace benchfleet
