#include "coordinator/replacement.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/status.h"
#include "coordinator/selector.h"

namespace benchfleet {
namespace {

using CellKey = std::pair<std::string, StringMap>;

// The counted selections that mean `host`; empty when one asks for this very host.
std::vector<Selector> CountedSelections(const JobSpec& spec, const SelectableHost& host) {
  std::vector<Selector> counted;
  for (const HostSelection& selection : spec.hosts) {
    absl::StatusOr<Selector> selector = Selector::Parse(selection.match);
    if (!selector.ok() || !selector->Matches(host)) continue;
    if (selection.count == 0) return {};
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
  const std::vector<Selector> selectors = CountedSelections(spec, Selectable(former->host));
  if (selectors.empty()) return "";

  std::set<CellKey> cells;
  for (const PlannedTask& task : waiting) cells.emplace(task.workload, task.parameters);
  std::set<std::string> busy_with_them;
  for (const PlannedTask& task : placed) {
    if (cells.contains({task.workload, task.parameters})) busy_with_them.insert(task.host);
  }

  const PlannableHost* best = nullptr;
  for (const PlannableHost& host : hosts) {
    const bool meant = std::all_of(
        selectors.begin(), selectors.end(),
        [&](const Selector& selector) { return selector.Matches(Selectable(host.host)); });
    const bool able = std::all_of(cells.begin(), cells.end(), [&](const CellKey& cell) {
      return CheckRunnable(cell.first, cell.second, host.host).ok();
    });
    if (!host.connected || !meant || !able || busy_with_them.contains(host.host.name)) continue;
    if (best == nullptr || host.open_runs < best->open_runs) best = &host;
  }
  return best == nullptr ? "" : best->host.name;
}

}  // namespace benchfleet
