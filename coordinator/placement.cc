// Which cells of a job go to which hosts; plan.cc has the rest of plan.h.
#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"
#include "coordinator/plan.h"
#include "coordinator/selector.h"

namespace benchfleet {
namespace {

struct Cell {
  const WorkloadSelection* selection;
  StringMap parameters;
  size_t index;  // of the selection in the job
};

// The cell's workload in the job.
std::string PlaceOf(const Cell& cell) { return absl::StrFormat("workloads[%d]", cell.index); }

// CheckRunnable, with the place in the job.
absl::Status CheckCell(const Cell& cell, const StoredHost& host) {
  std::string where;
  const absl::Status status = CheckRunnable(cell.selection->name, cell.parameters, host, &where);
  if (status.ok()) return status;
  std::string place = PlaceOf(cell);
  if (!where.empty()) place += "." + where;
  // Which one of a list.
  for (const auto& [name, values] : cell.selection->parameters) {
    if (where != "parameters." + name || values.size() < 2) continue;
    const auto value = std::find(values.begin(), values.end(), cell.parameters.at(name));
    place += absl::StrFormat("[%d]", value - values.begin());
  }
  return Annotate(status, place);
}

// Quotes an argument vector as a JSON array, the form in which `exec` takes its command.
std::string CommandAsJson(const std::vector<std::string>& command) {
  std::string json = "[";
  for (const std::string& word : command) {
    if (json.size() > 1) json += ',';
    json += '"';
    for (const char c : word) {
      if (c == '"' || c == '\\') {
        json += '\\';
        json += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        json += absl::StrFormat("\\u%04x", c);
      } else {
        json += c;
      }
    }
    json += '"';
  }
  return json + "]";
}

absl::StatusOr<std::vector<Cell>> ExpandCells(const JobSpec& spec) {
  std::vector<Cell> cells;
  for (size_t index = 0; index < spec.workloads.size(); ++index) {
    const WorkloadSelection& workload = spec.workloads[index];
    std::vector<StringMap> combinations = {{}};
    if (!workload.command.empty()) combinations[0]["argv"] = CommandAsJson(workload.command);
    for (const auto& [name, values] : workload.parameters) {
      if (combinations.size() * values.size() > limits::kMaxTasksPerJob) {
        return absl::InvalidArgumentError(
            absl::StrFormat("workloads[%d].parameters: the parameters of workload '%s' make more "
                            "than %d cells",
                            index, workload.name, limits::kMaxTasksPerJob));
      }
      std::vector<StringMap> wider;
      wider.reserve(combinations.size() * values.size());
      for (const StringMap& combination : combinations) {
        for (const std::string& value : values) {
          wider.push_back(combination);
          wider.back()[name] = value;
        }
      }
      combinations = std::move(wider);
    }
    for (StringMap& parameters : combinations) {
      cells.push_back({&workload, std::move(parameters), index});
    }
  }
  return cells;
}

// The hosts of one selection; with a count, those that are connected and least busy first.
// `place` of the selection in the job: "hosts[0]".
absl::StatusOr<std::vector<const PlannableHost*>> Select(const HostSelection& selection,
                                                         const std::vector<PlannableHost>& hosts,
                                                         const std::string& place) {
  const absl::StatusOr<Selector> parsed = Selector::Parse(selection.match);
  if (!parsed.ok()) return Annotate(parsed.status(), place + ".match");
  const Selector& selector = *parsed;
  std::vector<SelectableHost> selectable;
  std::vector<const PlannableHost*> matching;
  size_t away = 0;
  for (const PlannableHost& host : hosts) {
    selectable.push_back({host.host.name, host.host.labels, host.host.fingerprint.fields});
    if (!selector.Matches(selectable.back())) continue;
    if (selection.connected && !host.connected) {
      ++away;
    } else {
      matching.push_back(&host);
    }
  }
  if (matching.empty() && away > 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s.match: none of the %d hosts that selector '%s' matches is connected "
                        "(see: benchctl hosts)",
                        place, away, selection.match));
  }
  if (matching.empty()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s.match: selector '%s' matches none of the %d known hosts: %s (see: benchctl hosts)",
        place, selection.match, hosts.size(), WhyNoneFits(selector, selectable)));
  }
  if (selection.count == 0) return matching;
  if (selection.count > matching.size()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s.count: selector '%s' matches %d hosts and count asks for %d", place,
                        selection.match, matching.size(), selection.count));
  }
  std::stable_sort(matching.begin(), matching.end(), [](const auto* a, const auto* b) {
    return std::make_pair(!a->connected, a->open_runs) <
           std::make_pair(!b->connected, b->open_runs);
  });
  matching.resize(selection.count);
  std::sort(matching.begin(), matching.end(),
            [](const auto* a, const auto* b) { return a->host.name < b->host.name; });
  return matching;
}

using Group = std::vector<const PlannableHost*>;

// Hosts that take a role together, from each selection with that role.
struct Chosen {
  std::vector<const PlannableHost*> clients;  // each once: cells without roles run on every one
  std::vector<Group> client_groups;
  std::vector<Group> server_groups;
};

absl::Status Split(const std::vector<const PlannableHost*>& hosts, const HostSelection& selection,
                   size_t index, std::vector<Group>* groups) {
  const size_t size = std::max<size_t>(selection.per_task, 1);
  if (hosts.size() % size != 0) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "hosts[%d].per_task: %d hosts are selected, which per_task: %d does not divide%s", index,
        hosts.size(), size,
        hosts.size() > size ? absl::StrFormat(" (give count: %d)", hosts.size() / size * size)
                            : std::string(" (select more hosts)")));
  }
  for (size_t at = 0; at < hosts.size(); at += size) {
    Group group(hosts.begin() + static_cast<ptrdiff_t>(at),
                hosts.begin() + static_cast<ptrdiff_t>(at + size));
    if (std::find(groups->begin(), groups->end(), group) == groups->end()) {
      groups->push_back(std::move(group));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Chosen> Choose(const JobSpec& spec, const std::vector<PlannableHost>& hosts) {
  Chosen chosen;
  std::set<std::string> names;
  for (size_t i = 0; i < spec.hosts.size(); ++i) {
    const HostSelection& selection = spec.hosts[i];
    BF_ASSIGN_OR_RETURN(const auto matching,
                        Select(selection, hosts, absl::StrFormat("hosts[%d]", i)));
    const bool serves = selection.role == kServerRole;
    BF_RETURN_IF_ERROR(
        Split(matching, selection, i, serves ? &chosen.server_groups : &chosen.client_groups));
    for (const PlannableHost* host : matching) {
      if (!serves && names.insert(host->host.name).second) chosen.clients.push_back(host);
    }
  }
  return chosen;
}

// The roles of a cell, as the first selected host that knows the workload describes them.
std::vector<RoleDescription> RolesOfCell(const Cell& cell, const Chosen& chosen) {
  std::vector<Group> groups = chosen.client_groups;
  groups.insert(groups.end(), chosen.server_groups.begin(), chosen.server_groups.end());
  for (const Group& group : groups) {
    for (const PlannableHost* host : group) {
      for (const WorkloadDescription& workload : host->host.workloads) {
        if (workload.name == cell.selection->name) return RolesOf(workload, cell.parameters);
      }
    }
  }
  return {};
}

absl::Status CheckGroup(const Cell& cell, const RoleDescription& role, const Group& group) {
  const std::string& name = cell.selection->name;
  if (group.size() < role.min || (role.max != 0 && group.size() > role.max)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: workload '%s' takes %s %d hosts as %s in a task, and the job gives per_task: %d",
        PlaceOf(cell), name, group.size() < role.min ? "at least" : "at most",
        group.size() < role.min ? role.min : role.max, role.name, group.size()));
  }
  for (const PlannableHost* host : group) {
    BF_RETURN_IF_ERROR(CheckCell(cell, host->host));
  }
  return absl::OkStatus();
}

bool Overlap(const Group& a, const Group& b) {
  return std::any_of(a.begin(), a.end(), [&](const PlannableHost* host) {
    return std::find(b.begin(), b.end(), host) != b.end();
  });
}

// Every client group with every server group, but no host with itself.
absl::Status PlaceTogether(const Cell& cell, const std::vector<RoleDescription>& roles,
                           const Chosen& chosen, std::vector<PlannedTask>* placed) {
  const std::string& name = cell.selection->name;
  for (const RoleDescription& role : roles) {
    const auto& groups = role.name == kServerRole ? chosen.server_groups : chosen.client_groups;
    if (groups.empty()) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s: workload '%s' needs a %s, and no entry of hosts has that role (for example hosts: "
          "[{match: \"name=a\", role: client}, {match: \"name=b\", role: server}])",
          PlaceOf(cell), name, role.name));
    }
    for (const Group& group : groups) BF_RETURN_IF_ERROR(CheckGroup(cell, role, group));
  }
  const size_t before = placed->size();
  for (const Group& clients : chosen.client_groups) {
    for (const Group& servers : chosen.server_groups) {
      if (Overlap(clients, servers)) continue;
      PlannedTask task{clients.front()->host.name, name, cell.parameters, {}};
      for (const auto* host : clients) task.members.push_back({kClientRole, host->host.name});
      for (const auto* host : servers) task.members.push_back({kServerRole, host->host.name});
      placed->push_back(std::move(task));
    }
  }
  if (placed->size() > before) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat(
      "%s: workload '%s': host '%s' would be client and server at once, and is never its own peer "
      "(select another host for one of the roles)",
      PlaceOf(cell), name, chosen.server_groups.front().front()->host.name));
}

absl::Status CheckCount(uint64_t tasks, const JobSpec& spec, size_t cells) {
  if (tasks <= limits::kMaxTasksPerJob && tasks * spec.runs <= limits::kMaxRunsPerJob) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "workloads: the job makes %d cells with %d runs each: %d tasks and %d runs on the hosts that "
      "it "
      "selects; the bounds are %d and %d",
      cells, spec.runs, tasks, tasks * spec.runs, limits::kMaxTasksPerJob, limits::kMaxRunsPerJob));
}

// A role that nothing in the job takes is a slip.
absl::Status CheckServersUsed(const JobSpec& spec, bool served) {
  for (size_t i = 0; i < spec.hosts.size(); ++i) {
    if (spec.hosts[i].role != kServerRole || served) continue;
    return absl::InvalidArgumentError(absl::StrFormat(
        "hosts[%d].role: role is 'server', and no workload of the job takes a server with these "
        "parameters",
        i));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<PlannedTask>> PlaceTasks(const JobSpec& spec,
                                                    const std::vector<PlannableHost>& hosts) {
  BF_RETURN_IF_ERROR(CheckJobSpec(spec));
  if (hosts.empty()) {
    return absl::InvalidArgumentError("no host is known yet (start a bench-agent first)");
  }
  BF_ASSIGN_OR_RETURN(const Chosen chosen, Choose(spec, hosts));
  BF_ASSIGN_OR_RETURN(const std::vector<Cell> cells, ExpandCells(spec));
  std::vector<std::vector<RoleDescription>> roles;
  uint64_t alone = 0;
  for (const Cell& cell : cells) {
    roles.push_back(RolesOfCell(cell, chosen));
    alone += roles.back().empty();
  }
  const uint64_t pairs = chosen.client_groups.size() * chosen.server_groups.size();
  BF_RETURN_IF_ERROR(CheckCount(alone * chosen.clients.size() + (cells.size() - alone) * pairs,
                                spec, cells.size()));
  std::vector<PlannedTask> placed;
  for (const PlannableHost* host : chosen.clients) {
    for (size_t i = 0; i < cells.size(); ++i) {
      if (!roles[i].empty()) continue;
      BF_RETURN_IF_ERROR(CheckCell(cells[i], host->host));
      placed.push_back({host->host.name, cells[i].selection->name, cells[i].parameters, {}});
    }
  }
  for (size_t i = 0; i < cells.size(); ++i) {
    if (!roles[i].empty()) {
      BF_RETURN_IF_ERROR(PlaceTogether(cells[i], roles[i], chosen, &placed));
    } else if (chosen.clients.empty()) {
      // A misspelt value may be why it takes no role.
      BF_RETURN_IF_ERROR(CheckCell(cells[i], chosen.server_groups.front().front()->host));
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: workload '%s' runs on one host, and every entry of hosts has the "
                          "role server",
                          PlaceOf(cells[i]), cells[i].selection->name));
    }
  }
  BF_RETURN_IF_ERROR(CheckServersUsed(spec, alone < cells.size()));
  return placed;
}

}  // namespace benchfleet
