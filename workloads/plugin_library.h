// One loaded plug-in: the C structs checked and turned into our words.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/model.h"
#include "workloads/plugin.h"

namespace benchfleet {

// Value; what it points to lives in the library, which stays loaded until the process ends.
class PluginLibrary {
 public:
  // Runs the library's constructors and its entry. Errors, FailedPrecondition: no shared library,
  // no entry, another ABI version, no workloads; each names the reason, not the path.
  static absl::StatusOr<PluginLibrary> Open(const std::string& path);

  // One for each workload of the plug-in, in its order. A workload that is not as plugin.h says has
  // the reason in `unavailable`; one without a usable name is left out of use by its number:
  // "workload 2".
  std::vector<WorkloadDescription> Describe() const;

  // Error, NotFound: it has no such workload.
  absl::StatusOr<const benchfleet_workload*> Find(const std::string& name) const;

 private:
  explicit PluginLibrary(const benchfleet_plugin* plugin) : plugin_(plugin) {}
  const benchfleet_plugin* plugin_;
};

// The metrics of a workload that passed Describe(); numerators as declared.
std::vector<Metric> PluginMetrics(const benchfleet_workload& workload);

// True when `workload`'s maker knew `field`, and set it.
#define BF_PLUGIN_HAS(object, field)                                               \
  ((object).struct_size >=                                                         \
       offsetof(std::decay_t<decltype(object)>, field) + sizeof((object).field) && \
   (object).field != nullptr)

}  // namespace benchfleet
