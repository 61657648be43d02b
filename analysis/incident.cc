#include "analysis/incident.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace benchfleet {
namespace {

constexpr double kBaiQuantile = 11;  // of the position's distribution, both sides, 95 %
constexpr double kReachMax = 10;
constexpr size_t kShortRevision = 8;

constexpr std::array<std::string_view, 64> kAdjectives = {
    "amber",  "ample",  "arctic", "bold",   "brave",  "brisk",  "bright", "calm",
    "candid", "civil",  "clear",  "clever", "cosmic", "crisp",  "daring", "deep",
    "deft",   "eager",  "early",  "even",   "fabled", "fair",   "fleet",  "fond",
    "frank",  "fresh",  "gentle", "golden", "grand",  "hardy",  "hasty",  "hidden",
    "humble", "jolly",  "keen",   "kind",   "lively", "lucid",  "lunar",  "merry",
    "mild",   "misty",  "noble",  "nimble", "oaken",  "placid", "plain",  "polar",
    "proud",  "quick",  "quiet",  "rapid",  "rosy",   "rustic", "silent", "solid",
    "spare",  "steady", "sunny",  "swift",  "tidy",   "velvet", "vivid",  "wise"};
constexpr std::array<std::string_view, 64> kNouns = {
    "acorn",  "anchor",  "badger", "basil",   "beacon",  "birch",  "bison",   "brook",
    "canyon", "cedar",   "cinder", "comet",   "coral",   "crane",  "delta",   "ember",
    "falcon", "fern",    "finch",  "fjord",   "forest",  "gecko",  "glade",   "grove",
    "harbor", "hazel",   "heron",  "iris",    "island",  "jasper", "juniper", "kestrel",
    "lagoon", "lantern", "larch",  "lark",    "lotus",   "lynx",   "maple",   "marten",
    "meadow", "mesa",    "nectar", "newt",    "oriole",  "osprey", "otter",   "owl",
    "pebble", "pine",    "plover", "quartz",  "quail",   "raven",  "reef",    "ridge",
    "robin",  "sable",   "slate",  "sparrow", "thistle", "tundra", "walnut",  "willow"};

// FNV-1a.
uint64_t HashOf(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

IncidentKind KindOf(const Incident& incident, std::span<const FoundShift> shifts) {
  bool worse = false;
  bool better = false;
  for (const size_t index : incident.shifts) {
    worse = worse || shifts[index].kind == ShiftKind::kWorse;
    better = better || shifts[index].kind == ShiftKind::kBetter;
  }
  if (worse && better) return IncidentKind::kMixed;
  if (worse) return IncidentKind::kRegression;
  return better ? IncidentKind::kImprovement : IncidentKind::kChange;
}

size_t Distance(size_t a, size_t b) { return a > b ? a - b : b - a; }

// The nearest incident within the shift's range that has no shift of its series yet.
Incident* NearestFor(const FoundShift& shift, std::span<const FoundShift> shifts,
                     std::vector<Incident>* incidents) {
  Incident* nearest = nullptr;
  for (Incident& incident : *incidents) {
    if (incident.at < shift.earliest || incident.at > shift.latest) continue;
    if (shifts[incident.shifts.front()].line != shift.line) continue;
    if (nearest != nullptr && Distance(incident.at, shift.at) >= Distance(nearest->at, shift.at)) {
      continue;
    }
    const bool has_series =
        std::any_of(incident.shifts.begin(), incident.shifts.end(),
                    [&](size_t index) { return shifts[index].series == shift.series; });
    if (!has_series) nearest = &incident;
  }
  return nearest;
}

}  // namespace

const char* IncidentKindName(IncidentKind kind) {
  switch (kind) {
    case IncidentKind::kRegression:
      return "regression";
    case IncidentKind::kImprovement:
      return "improvement";
    case IncidentKind::kMixed:
      return "mixed";
    case IncidentKind::kChange:
      return "change";
  }
  return "change";
}

std::vector<Incident> GroupShifts(std::span<const FoundShift> shifts) {
  std::vector<size_t> order(shifts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&shifts](size_t a, size_t b) {
    const size_t width_a = shifts[a].latest - shifts[a].earliest;
    const size_t width_b = shifts[b].latest - shifts[b].earliest;
    return width_a != width_b ? width_a < width_b : shifts[a].z > shifts[b].z;
  });
  std::vector<Incident> incidents;
  for (const size_t index : order) {
    Incident* const incident = NearestFor(shifts[index], shifts, &incidents);
    if (incident != nullptr) {
      incident->shifts.push_back(index);
    } else {
      incidents.push_back({.at = shifts[index].at, .shifts = {index}});
    }
  }
  for (Incident& incident : incidents) {
    std::stable_sort(incident.shifts.begin(), incident.shifts.end(), [&shifts](size_t a, size_t b) {
      return shifts[a].size != shifts[b].size ? shifts[a].size > shifts[b].size : a < b;
    });
    incident.kind = KindOf(incident, shifts);
  }
  std::stable_sort(incidents.begin(), incidents.end(),
                   [](const Incident& a, const Incident& b) { return a.at > b.at; });
  return incidents;
}

std::string IncidentName(std::string_view revision) {
  const uint64_t hash = HashOf(revision);
  std::string name(kAdjectives[hash % kAdjectives.size()]);
  name += '-';
  name += kNouns[hash / kAdjectives.size() % kNouns.size()];
  name += '-';
  // What can be typed without quotes.
  for (const char c : revision.substr(0, kShortRevision)) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '.' || c == '_' || c == '-';
    name += plain ? c : '_';
  }
  return name;
}

std::vector<size_t> LinesOf(std::span<const std::vector<size_t>> positions) {
  size_t count = 0;
  for (const auto& of_series : positions) {
    for (const size_t position : of_series) count = std::max(count, position + 1);
  }
  std::vector<size_t> root(count);
  std::iota(root.begin(), root.end(), size_t{0});
  const auto find = [&root](size_t position) {
    while (root[position] != position) position = root[position] = root[root[position]];
    return position;
  };
  for (const auto& of_series : positions) {
    for (const size_t position : of_series) root[find(position)] = find(of_series.front());
  }
  std::vector<size_t> lines;
  for (const auto& of_series : positions) {
    lines.push_back(of_series.empty() ? count : find(of_series.front()));
  }
  return lines;
}

size_t PositionReach(const ChangePoint& change, double noise, double long_run) {
  if (change.shift == 0) return static_cast<size_t>(kReachMax);
  const double ratio = noise / change.shift;
  return static_cast<size_t>(
      std::min(kReachMax, std::floor(kBaiQuantile * long_run * ratio * ratio)));
}

}  // namespace benchfleet
