#include "coordinator/replacement.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/status.h"
#include "coordinator/selector.h"

namespace benchfleet {
namespace {

using CellKey = std::pair<std::string, StringMap>;
using PartKey = std::tuple<std::string, StringMap, bool>;  // a cell, as its server or not

// Who takes part in a task; one that has its task to itself is its client.
std::vector<TaskMember> MembersOf(const PlannedTask& task) {
  if (!task.members.empty()) return task.members;
  return {{kClientRole, task.host}};
}

PartKey PartOf(const PlannedTask& task, const TaskMember& member) {
  return {task.workload, task.parameters, member.role == kServerRole};
}

// The counted selections that mean `host` as a server, or as a client; nothing when one asks for
// this very host.
std::optional<std::vector<Selector>> CountedSelections(const JobSpec& spec,
                                                       const SelectableHost& host, bool serves) {
  std::vector<Selector> counted;
  for (const HostSelection& selection : spec.hosts) {
    if ((selection.role == kServerRole) != serves) continue;
    absl::StatusOr<Selector> selector = Selector::Parse(selection.match);
    if (!selector.ok() || !selector->Matches(host)) continue;
    if (selection.count == 0) return std::nullopt;
    counted.push_back(*std::move(selector));
  }
  return counted;
}

SelectableHost Selectable(const StoredHost& host) {
  return {host.name, host.labels, host.fingerprint.fields};
}

}  // namespace

std::string ReplacementFor(const std::string& lost, const JobSpec& spec,
                           const std::vector<PlannedTask>& waiting,
                           const std::vector<PlannedTask>& placed,
                           const std::vector<PlannableHost>& hosts) {
  const auto former = std::find_if(hosts.begin(), hosts.end(), [&](const PlannableHost& host) {
    return host.host.name == lost;
  });
  if (former == hosts.end()) return "";

  std::set<CellKey> cells;
  std::set<PartKey> parts;             // that `lost` has in them
  std::set<std::string> not_for_this;  // hosts
  for (const PlannedTask& task : waiting) {
    cells.emplace(task.workload, task.parameters);
    for (const TaskMember& member : MembersOf(task)) {
      if (member.host == lost) parts.insert(PartOf(task, member));
      not_for_this.insert(member.host);
    }
  }
  for (const PlannedTask& task : placed) {
    for (const TaskMember& member : MembersOf(task)) {
      if (parts.contains(PartOf(task, member))) not_for_this.insert(member.host);
    }
  }

  std::vector<Selector> selectors;
  for (const bool serves : {false, true}) {
    const bool has_part = std::any_of(parts.begin(), parts.end(), [&](const PartKey& part) {
      return std::get<bool>(part) == serves;
    });
    if (!has_part) continue;
    auto counted = CountedSelections(spec, Selectable(former->host), serves);
    if (!counted) return "";
    selectors.insert(selectors.end(), counted->begin(), counted->end());
  }
  if (selectors.empty()) return "";

  const PlannableHost* best = nullptr;
  for (const PlannableHost& host : hosts) {
    const bool meant = std::all_of(
        selectors.begin(), selectors.end(),
        [&](const Selector& selector) { return selector.Matches(Selectable(host.host)); });
    const bool able = std::all_of(cells.begin(), cells.end(), [&](const CellKey& cell) {
      return CheckRunnable(cell.first, cell.second, host.host).ok();
    });
    if (!host.connected || !meant || !able || not_for_this.contains(host.host.name)) continue;
    if (best == nullptr || host.open_runs < best->open_runs) best = &host;
  }
  return best == nullptr ? "" : best->host.name;
}

}  // namespace benchfleet
