#include "agent/run_conditions.h"

#include "agent/host/conditions.h"
#include "agent/host/host_files.h"
#include "proto/condition_names.h"

namespace benchfleet {

std::shared_ptr<const ConditionsSampler> MakeConditionsSampler() {
  return std::make_shared<ConditionsSampler>(HostFiles());
}

std::shared_ptr<const Conditions> SampleConditions(const ConditionsSampler& sampler) {
  return std::make_shared<Conditions>(sampler.Sample());
}

ConditionValues ToValues(const Conditions& conditions) {
  ConditionValues values;
  values.values = NumbersOf(conditions);
  values.boot_id = conditions.boot_id;
  return values;
}

ConditionValues ToValues(const Conditions& before, const Conditions& after,
                         absl::Duration own_cpu_time) {
  const ConditionsDelta delta = DeltaOf(before, after);
  const QuietVerdict verdict = JudgeQuiet(delta, own_cpu_time);
  ConditionValues values = ToValues(after);
  for (const auto& [name, value] : NumbersOf(delta)) values.values[name] = value;
  if (verdict.foreign_cpu_ratio) values.values["foreign_cpu_ratio"] = *verdict.foreign_cpu_ratio;
  values.quiet = verdict.quiet == Quiet::kQuiet;
  if (verdict.quiet == Quiet::kUnknown) values.values[kQuietUnknown] = 1;
  values.quiet_reason = verdict.reason;
  return values;
}

}  // namespace benchfleet
