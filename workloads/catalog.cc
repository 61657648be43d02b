#include "workloads/catalog.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"
#include "workloads/builtins.h"

namespace benchfleet {

Catalog Catalog::Builtins() {
  Catalog catalog;
  for (WorkloadEntry& entry : BuiltinWorkloads()) catalog.entries_.push_back(std::move(entry));
  return catalog;
}

absl::Status Catalog::Add(WorkloadEntry entry) {
  const std::string& name = entry.description.name;
  if (entries_.size() >= limits::kMaxWorkloadsPerHost) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "workload '%s': there are %d already, which is the bound", name, entries_.size()));
  }
  for (const WorkloadEntry& other : entries_) {
    if (other.description.name != name) continue;
    return absl::AlreadyExistsError(
        absl::StrFormat("workload '%s' is there already: names are unique", name));
  }
  entries_.push_back(std::move(entry));
  return absl::OkStatus();
}

absl::StatusOr<const WorkloadEntry*> Catalog::Find(std::string_view name) const {
  std::vector<std::string> names;
  for (const WorkloadEntry& entry : entries_) {
    const WorkloadDescription& description = entry.description;
    names.push_back(description.name);
    if (description.name != name) continue;
    if (description.unavailable.empty()) return &entry;
    return absl::FailedPreconditionError(
        absl::StrFormat("%s cannot run on this host: %s", name, description.unavailable));
  }
  // The missing one may be in a plug-in that could not be used.
  std::string unusable;
  for (const WorkloadEntry& entry : entries_) {
    if (entry.create) continue;
    unusable += absl::StrFormat("; %s: %s", entry.description.name, entry.description.unavailable);
  }
  return absl::NotFoundError(absl::StrFormat("this host has no workload '%s'%s%s", name,
                                             DidYouMean(name, names), unusable));
}

std::vector<WorkloadDescription> Catalog::Describe() const {
  std::vector<WorkloadDescription> descriptions;
  for (const WorkloadEntry& entry : entries_) {
    descriptions.push_back(entry.description);
    if (entry.complete) entry.complete(&descriptions.back());
  }
  std::sort(descriptions.begin(), descriptions.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return descriptions;
}

}  // namespace benchfleet
