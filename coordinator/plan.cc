#include "coordinator/plan.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/display.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"
#include "proto/parameter_value.h"

namespace benchfleet {
namespace {

absl::Status CheckText(std::string_view what, const std::string& text, size_t most) {
  if (text.size() > most) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is %d bytes long; the bound is %d", what, text.size(), most));
  }
  if (!IsUtf8(text)) return absl::InvalidArgumentError(absl::StrFormat("%s is not UTF-8", what));
  return absl::OkStatus();
}

absl::Status CheckWorkload(const WorkloadSelection& workload) {
  if (workload.name.empty()) return absl::InvalidArgumentError("a workload has no name");
  BF_RETURN_IF_ERROR(CheckText("a workload's name", workload.name, limits::kMaxNameBytes));
  for (const auto& [name, values] : workload.parameters) {
    if (values.empty()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("parameter '%s' of workload '%s' has no values", name, workload.name));
    }
    for (const std::string& value : values) {
      BF_RETURN_IF_ERROR(
          CheckText(absl::StrFormat("parameter '%s'", name), value, limits::kMaxParameterBytes));
    }
  }
  if (!workload.command.empty() && workload.parameters.count("argv") != 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("workload '%s' has both a command and the parameter argv", workload.name));
  }
  return absl::OkStatus();
}

absl::Status CheckParameter(const WorkloadDescription& workload, const std::string& name,
                            const StringMap& parameters, const StoredHost& host) {
  std::vector<std::string> names;
  for (const ParameterDescription& parameter : workload.parameters) {
    names.push_back(parameter.name);
    if (parameter.name != name) continue;
    const std::string& value = parameters.at(name);
    if (const absl::Status good = CheckParameterValue(parameter, value); !good.ok()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("workload '%s' on host '%s' does not take %s=%s, %s", workload.name,
                          host.name, name, Shorten(Printable(value), 60), Message(good)));
    }
    return Annotate(CheckParameterUse(workload, parameter, parameters),
                    absl::StrFormat("workload '%s': parameter '%s'", workload.name, name));
  }
  return absl::InvalidArgumentError(absl::StrFormat("workload '%s' has no parameter '%s'%s",
                                                    workload.name, name, DidYouMean(name, names)));
}

// What the job leaves to the workload must be there too.
absl::Status CheckNotGiven(const WorkloadDescription& workload,
                           const ParameterDescription& parameter, const StoredHost& host) {
  if (parameter.required) {
    return absl::InvalidArgumentError(
        absl::StrFormat("workload '%s' needs the parameter '%s'%s", workload.name, parameter.name,
                        parameter.name == "argv" ? " (give a command)" : ""));
  }
  if (parameter.default_value.empty()) return absl::OkStatus();
  const absl::Status good = CheckParameterValue(parameter, parameter.default_value);
  if (good.ok()) return good;
  return absl::InvalidArgumentError(absl::StrFormat(
      "workload '%s' needs the parameter '%s' on host '%s', which has no %s, %s", workload.name,
      parameter.name, host.name, parameter.default_value, Message(good)));
}

}  // namespace

absl::Status CheckJobSpec(const JobSpec& spec) {
  if (spec.name.empty()) return absl::InvalidArgumentError("the job has no name");
  BF_RETURN_IF_ERROR(CheckText("the job's name", spec.name, limits::kMaxNameBytes));
  BF_RETURN_IF_ERROR(CheckText("the job's revision", spec.revision, limits::kMaxNameBytes));
  if (spec.workloads.empty()) return absl::InvalidArgumentError("the job names no workload");
  if (spec.hosts.empty()) return absl::InvalidArgumentError("the job selects no host");
  for (const WorkloadSelection& workload : spec.workloads)
    BF_RETURN_IF_ERROR(CheckWorkload(workload));
  for (size_t i = 0; i < spec.hosts.size(); ++i) {
    const std::string& role = spec.hosts[i].role;
    if (role.empty() || role == kClientRole || role == kServerRole) continue;
    return absl::InvalidArgumentError(
        absl::StrFormat("hosts[%d].role is '%s', expected client or server%s", i, role,
                        DidYouMean(role, {kClientRole, kServerRole})));
  }
  if (spec.runs == 0) return absl::InvalidArgumentError("repetitions.runs must be at least 1");
  if (spec.retries > limits::kMaxRetries) {
    return absl::InvalidArgumentError(
        absl::StrFormat("retries is %d; the bound is %d", spec.retries, limits::kMaxRetries));
  }
  if (spec.timeout <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("timeout must be longer than nothing");
  }
  const Measurement& m = spec.measurement;
  if (m.max_samples != 0 && m.max_samples < m.min_samples) {
    return absl::InvalidArgumentError(absl::StrFormat("max_samples (%d) is below min_samples (%d)",
                                                      m.max_samples, m.min_samples));
  }
  if (!(m.until_relative_ci >= 0 && m.until_relative_ci < 1)) {
    return absl::InvalidArgumentError("until.relative_ci must lie between 0 and 1");
  }
  return absl::OkStatus();
}

absl::Status CheckRunnable(const std::string& name, const StringMap& parameters,
                           const StoredHost& host, std::string* where) {
  std::string ignored;
  std::string& at = where == nullptr ? ignored : *where;
  std::vector<std::string> names;
  for (const WorkloadDescription& workload : host.workloads) {
    names.push_back(workload.name);
    if (workload.name != name) continue;
    at = "";
    if (!workload.unavailable.empty()) {
      return absl::FailedPreconditionError(absl::StrFormat("host '%s' cannot run workload '%s': %s",
                                                           host.name, name, workload.unavailable));
    }
    for (const auto& [parameter, value] : parameters) {
      at = "parameters." + parameter;
      BF_RETURN_IF_ERROR(CheckParameter(workload, parameter, parameters, host));
    }
    at = "";
    for (const ParameterDescription& parameter : workload.parameters) {
      if (parameters.count(parameter.name) != 0) continue;
      BF_RETURN_IF_ERROR(CheckNotGiven(workload, parameter, host));
    }
    return absl::OkStatus();
  }
  at = "name";
  return absl::InvalidArgumentError(absl::StrFormat("host '%s' has no workload '%s'%s", host.name,
                                                    name, DidYouMean(name, names)));
}

std::vector<RunSlot> OrderRuns(uint32_t tasks, uint32_t runs, bool interleave, uint64_t seed) {
  std::vector<RunSlot> order;
  order.reserve(static_cast<size_t>(tasks) * runs);
  if (!interleave) {
    for (uint32_t task = 0; task < tasks; ++task) {
      for (uint32_t repetition = 0; repetition < runs; ++repetition)
        order.push_back({task, repetition});
    }
    return order;
  }
  Random random(seed);
  std::vector<uint32_t> block(tasks);
  for (uint32_t repetition = 0; repetition < runs; ++repetition) {
    for (uint32_t task = 0; task < tasks; ++task) block[task] = task;
    for (size_t i = block.size(); i > 1; --i) std::swap(block[i - 1], block[random.Below(i)]);
    for (const uint32_t task : block) order.push_back({task, repetition});
  }
  return order;
}

}  // namespace benchfleet
