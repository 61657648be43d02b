#include "analysis/side.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace benchfleet {
namespace {

const char* BetterText(Better better) {
  switch (better) {
    case Better::kLower:
      return "lower is better";
    case Better::kHigher:
      return "higher is better";
    case Better::kNeither:
      return "neither direction is better";
  }
  return "";
}

}  // namespace

std::string SeriesText(const SeriesName& name) {
  std::string text = name.workload;
  for (const auto& [key, value] : name.parameters) text += " " + key + "=" + value;
  return text + " " + name.metric;
}

SeriesName NameOfBoth(const SeriesName& baseline, const SeriesName& candidate) {
  SeriesName name = candidate;
  for (const auto& [key, value] : baseline.parameters) {
    const auto found = candidate.parameters.find(key);
    const std::string now = found == candidate.parameters.end() ? "none" : found->second;
    if (now != value) name.parameters[key] = value + " -> " + now;
  }
  for (auto& [key, value] : name.parameters) {
    if (!baseline.parameters.contains(key)) value = "none -> " + value;
  }
  return name;
}

SideSeries Joined(SideSeries a, SideSeries b) {
  for (auto& run : b.runs) a.runs.push_back(std::move(run));
  a.aggregates.insert(a.aggregates.end(), b.aggregates.begin(), b.aggregates.end());
  a.revisions.merge(b.revisions);
  a.artefacts.merge(b.artefacts);
  a.states.merge(b.states);
  for (auto& [name, values] : b.conditions) a.conditions[name].merge(values);
  if (a.host != b.host) a.host += "+" + b.host;
  a.measured_until = std::max(a.measured_until, b.measured_until);
  if (a.history.empty()) a.history = std::move(b.history);
  return a;
}

bool Side::comparable() const {
  return std::ranges::any_of(series_, [](const SideSeries& one) { return !one.derived; });
}

absl::Status Side::Add(SideSeries added) {
  const auto [found, is_new] =
      index_.try_emplace(Key{added.name, added.identity, added.host}, series_.size());
  if (is_new) {
    series_.push_back(std::move(added));
    return absl::OkStatus();
  }
  SideSeries& known = series_[found->second];
  if (known.unit != added.unit) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: %s is measured in '%s' and in '%s'",
                                                      name_, SeriesText(known.name), known.unit,
                                                      added.unit));
  }
  if (known.better != added.better) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: of %s it is said both that %s and that %s", name_, SeriesText(known.name),
        BetterText(known.better), BetterText(added.better)));
  }
  known = Joined(std::move(known), std::move(added));
  return absl::OkStatus();
}

absl::StatusOr<Side> Together(const Side& a, const Side& b) {
  Side both(a.name() + " and " + b.name());
  for (const Side* side : {&a, &b}) {
    for (const SideSeries& series : side->series()) BF_RETURN_IF_ERROR(both.Add(series));
    for (const auto& [identity, fields] : side->hardware()) both.Describe(identity, fields);
  }
  return both;
}

}  // namespace benchfleet
