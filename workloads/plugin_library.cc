#include "workloads/plugin_library.h"

#include <dlfcn.h>

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"
#include "proto/parameter_value.h"
#include "workloads/workload.h"

namespace benchfleet {
namespace {

constexpr size_t kListMax = 1000;  // entries of a list that should end with NULL
constexpr size_t kNameMax = limits::kMaxNameBytes;

absl::Status Unusable(std::string_view what) {
  return absl::FailedPreconditionError(std::string(what));
}

// Text of a plug-in: there, bounded, UTF-8.
bool IsText(const char* text, size_t bytes_max) {
  return text != nullptr && strnlen(text, bytes_max + 1) <= bytes_max && IsUtf8(text);
}

bool IsWorkloadName(const char* name) {
  if (!IsText(name, kNameMax)) return false;
  const std::string_view text = name;
  const bool only_known =
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string_view::npos;
  return only_known && text.find('.') != std::string_view::npos && text.front() != '.' &&
         text.back() != '.';
}

template <typename T>
size_t Length(const T* const* list) {
  size_t length = 0;
  while (list != nullptr && length <= kListMax && list[length] != nullptr) ++length;
  return length;
}

// A kind of a later version of the interface is text here.
absl::Status DescribeKind(const benchfleet_parameter& from, ParameterDescription* to) {
  if (from.struct_size < offsetof(benchfleet_parameter, max) + sizeof from.max) {
    return absl::OkStatus();
  }
  switch (from.kind) {
    case BENCHFLEET_SIZE:
    case BENCHFLEET_COUNT:
    case BENCHFLEET_DURATION:
    case BENCHFLEET_NUMBER:
    case BENCHFLEET_BOOLEAN:
      to->kind = static_cast<ParameterKind>(from.kind);
      break;
    default:
      return absl::OkStatus();
  }
  ParameterDescription unbounded = *to;
  unbounded.default_value.clear();
  for (const auto& [text, bound] : {std::pair{from.min, &to->min}, std::pair{from.max, &to->max}}) {
    if (text == nullptr) continue;
    if (!IsText(text, kNameMax) || !CheckParameterValue(unbounded, text).ok()) {
      return Unusable(absl::StrFormat("parameter '%s' has a bound that is not %s", to->name,
                                      ExpectedValue(unbounded)));
    }
    *bound = text;
  }
  return absl::OkStatus();
}

absl::StatusOr<ParameterDescription> Describe(const benchfleet_parameter& from) {
  if (!IsText(from.name, kNameMax) || *from.name == '\0') {
    return Unusable("a parameter has no usable name");
  }
  ParameterDescription to;
  to.name = from.name;
  if (IsText(from.description, limits::kMaxFactBytes)) to.description = from.description;
  to.required = from.default_value == nullptr;
  if (!to.required) {
    if (!IsText(from.default_value, limits::kMaxParameterBytes)) {
      return Unusable(absl::StrFormat("parameter '%s' has no usable default", to.name));
    }
    to.default_value = from.default_value;
  }
  for (size_t i = 0; i < Length(from.allowed); ++i) {
    if (!IsText(from.allowed[i], limits::kMaxParameterBytes)) {
      return Unusable(absl::StrFormat("parameter '%s' allows what is no text", to.name));
    }
    to.allowed.emplace_back(from.allowed[i]);
  }
  BF_RETURN_IF_ERROR(DescribeKind(from, &to));
  return to;
}

absl::Status CheckMetrics(const benchfleet_workload& workload) {
  if (Length(workload.metrics) > limits::kMaxMetricsPerRun) return Unusable("too many metrics");
  for (size_t i = 0; i < Length(workload.metrics); ++i) {
    const benchfleet_metric& metric = *workload.metrics[i];
    if (!IsText(metric.name, kNameMax) || *metric.name == '\0' || !IsText(metric.unit, kNameMax) ||
        metric.direction < BENCHFLEET_LOWER_IS_BETTER || metric.direction > BENCHFLEET_NEUTRAL ||
        (metric.derived_from != nullptr && !IsText(metric.derived_from, kNameMax))) {
      return Unusable(absl::StrFormat("metric number %d has no usable name, unit or direction", i));
    }
  }
  return absl::OkStatus();
}

absl::Status DescribeInto(const benchfleet_workload& from, WorkloadDescription* to) {
  if (from.struct_size < offsetof(benchfleet_workload, validate)) {
    return Unusable("its struct_size is too small");
  }
  if (IsText(from.description, limits::kMaxFactBytes)) to->description = from.description;
  if (from.set_up == nullptr) return Unusable("it has no set_up");
  if ((from.run == nullptr) == (from.run_once == nullptr)) {
    return Unusable("it must have run or run_once, and not both");
  }
  if (Length(from.parameters) > kListMax) return Unusable("too many parameters");
  for (size_t i = 0; i < Length(from.parameters); ++i) {
    BF_ASSIGN_OR_RETURN(ParameterDescription parameter, Describe(*from.parameters[i]));
    to->parameters.push_back(std::move(parameter));
  }
  BF_RETURN_IF_ERROR(CheckMetrics(from));
  to->metrics = PluginMetrics(from);
  const char* reason = BF_PLUGIN_HAS(from, unavailable) ? from.unavailable() : nullptr;
  if (reason == nullptr) return absl::OkStatus();
  return Unusable(IsText(reason, limits::kMaxFactBytes) ? reason : "it does not say why");
}

}  // namespace

std::vector<Metric> PluginMetrics(const benchfleet_workload& workload) {
  std::vector<Metric> metrics;
  bool latency = false;
  for (size_t i = 0; i < Length(workload.metrics); ++i) {
    const benchfleet_metric& from = *workload.metrics[i];
    const char* derived_from = from.derived_from == nullptr ? "" : from.derived_from;
    metrics.push_back({from.name, from.unit, static_cast<Direction>(from.direction), derived_from,
                       from.numerator});
    latency = latency || metrics.back().name == kLatency;
  }
  // Last, so that the numbers of the others stay those of the plug-in.
  if (!latency) metrics.push_back(LatencyMetric());
  return metrics;
}

absl::StatusOr<PluginLibrary> PluginLibrary::Open(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    return Unusable(absl::StrFormat("it does not load: %s", reason == nullptr ? "?" : reason));
  }
  using Entry = const benchfleet_plugin* (*)(uint32_t);
  const auto entry = reinterpret_cast<Entry>(dlsym(library, BENCHFLEET_PLUGIN_ENTRY));
  if (entry == nullptr) return Unusable("it has no function " BENCHFLEET_PLUGIN_ENTRY);
  const benchfleet_plugin* plugin = entry(BENCHFLEET_PLUGIN_ABI_VERSION);
  if (plugin == nullptr) return Unusable(BENCHFLEET_PLUGIN_ENTRY " returned nothing");
  if (plugin->abi_version != BENCHFLEET_PLUGIN_ABI_VERSION) {
    return Unusable(absl::StrFormat("it was built for plug-in ABI version %d; this host has %d",
                                    plugin->abi_version, BENCHFLEET_PLUGIN_ABI_VERSION));
  }
  if (plugin->struct_size < sizeof(benchfleet_plugin)) {
    return Unusable("its struct_size is too small");
  }
  if (Length(plugin->workloads) == 0) return Unusable("it has no workloads");
  if (Length(plugin->workloads) > limits::kMaxWorkloadsPerHost) {
    return Unusable("its list of workloads does not end");
  }
  return PluginLibrary(plugin);
}

std::vector<WorkloadDescription> PluginLibrary::Describe() const {
  std::vector<WorkloadDescription> all;
  for (size_t i = 0; i < Length(plugin_->workloads); ++i) {
    const benchfleet_workload& from = *plugin_->workloads[i];
    WorkloadDescription to;
    if (IsText(plugin_->version, kNameMax)) to.version = plugin_->version;
    absl::Status status = Unusable(
        "its name is not lower case letters, digits, '_' and at least one '.' between them");
    to.name = absl::StrFormat("workload %d", i + 1);
    if (IsWorkloadName(from.name)) {
      to.name = from.name;
      status = DescribeInto(from, &to);
    }
    to.unavailable = Message(status);
    all.push_back(std::move(to));
  }
  return all;
}

absl::StatusOr<const benchfleet_workload*> PluginLibrary::Find(const std::string& name) const {
  for (size_t i = 0; i < Length(plugin_->workloads); ++i) {
    const char* candidate = plugin_->workloads[i]->name;
    if (candidate != nullptr && name == candidate) return plugin_->workloads[i];
  }
  return absl::NotFoundError(absl::StrFormat("the plug-in has no workload '%s'", name));
}

}  // namespace benchfleet
