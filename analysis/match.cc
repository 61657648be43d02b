#include "analysis/match.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_format.h"

namespace benchfleet {
namespace {

using Group = std::vector<const SideSeries*>;

// Metric first: a report is read metric by metric, and what everybody asks for is the latency.
struct ByMetric {
  bool operator()(const SeriesName& a, const SeriesName& b) const {
    const bool a_later = a.metric != "latency";
    const bool b_later = b.metric != "latency";
    return std::tie(a_later, a.metric, a.workload, a.parameters) <
           std::tie(b_later, b.metric, b.workload, b.parameters);
  }
};

struct Candidates {
  Group baseline;
  Group candidate;
};

std::string MachineOf(const SideSeries& series) {
  if (series.host.empty() && series.machine.empty()) return "a machine that is not named";
  if (series.host.empty() || series.machine.empty()) return series.host + series.machine;
  return series.host == series.machine ? series.host : series.host + ", " + series.machine;
}

std::string Machines(const Group& group) {
  std::set<std::string> machines;
  for (const SideSeries* series : group) machines.insert(MachineOf(*series));
  std::string text;
  for (const std::string& machine : machines) text += (text.empty() ? "" : ", ") + machine;
  return text;
}

SideSeries AllOf(const Group& group) {
  SideSeries all = *group.front();
  for (size_t i = 1; i < group.size(); ++i) all = Joined(std::move(all), *group[i]);
  return all;
}

using Names = std::map<SeriesName, Candidates, ByMetric>;

// Shorter revisions stand in a value by chance.
constexpr size_t kRevisionMin = 4;

void HideRevision(const SideSeries& series, std::string* value) {
  if (series.revisions.size() != 1) return;
  const std::string& revision = *series.revisions.begin();
  if (revision.size() < kRevisionMin) return;
  for (size_t at = value->find(revision); at != std::string::npos; at = value->find(revision, at)) {
    value->replace(at, revision.size(), 1, '*');
  }
}

// ["/srv/old/prove","a"] becomes ["prove","a"].
void HideDirectory(std::string* argv) {
  const size_t begin = argv->find('"');
  const size_t end = begin == std::string::npos ? begin : argv->find('"', begin + 1);
  if (end == std::string::npos) return;
  const size_t slash = argv->rfind('/', end);
  if (slash != std::string::npos && slash > begin) argv->erase(begin + 1, slash - begin);
}

SeriesName Loosely(const SideSeries& series, const std::set<std::string>& vary) {
  SeriesName name = series.name;
  for (const std::string& parameter : vary) name.parameters.erase(parameter);
  for (auto& [parameter, value] : name.parameters) {
    HideRevision(series, &value);
    if (name.workload == "exec" && parameter == "argv") HideDirectory(&value);
  }
  return name;
}

// Step 2: what belongs together goes under the candidate's name.
void MatchLoosely(const std::set<std::string>& vary, Names* names) {
  struct Owners {
    std::set<SeriesName> baseline;
    std::set<SeriesName> candidate;
  };
  std::map<SeriesName, Owners> loose;
  for (const auto& [name, group] : *names) {
    if (!group.baseline.empty() && !group.candidate.empty()) continue;
    for (const SideSeries* series : group.baseline) {
      loose[Loosely(*series, vary)].baseline.insert(name);
    }
    for (const SideSeries* series : group.candidate) {
      loose[Loosely(*series, vary)].candidate.insert(name);
    }
  }
  for (const auto& [name, owners] : loose) {
    if (owners.baseline.size() != 1 || owners.candidate.size() != 1) continue;
    const auto from = names->find(*owners.baseline.begin());
    const auto to = names->find(*owners.candidate.begin());
    if (from == names->end() || to == names->end() || !to->second.baseline.empty()) continue;
    to->second.baseline = std::move(from->second.baseline);
    names->erase(from);
  }
}

class Matcher {
 public:
  Matcher(const Side& baseline, const Side& candidate, Matches* matches)
      : baseline_(baseline), candidate_(candidate), matches_(*matches) {}

  void Match(const SeriesName& name, Candidates left) {
    std::ranges::stable_sort(left.baseline, {}, &SideSeries::host);
    SameHosts(&left);
    SameIdentities(&left);
    if (left.baseline.size() == 1 && left.candidate.size() == 1 &&
        (left.baseline[0]->identity.empty() || left.candidate[0]->identity.empty())) {
      Pair(left.baseline, left.candidate);
      return;
    }
    if (left.baseline.empty() && left.candidate.empty()) return;
    UnmatchedSeries rest{name, Machines(left.baseline), Machines(left.candidate), {}};
    const bool both = !left.baseline.empty() && !left.candidate.empty();
    if (both) rest.differing = Differing(*left.baseline[0], *left.candidate[0]);
    (both ? matches_.cross_machine : matches_.one_sided).push_back(rest);
  }

 private:
  // Fields of the hardware.
  std::vector<std::string> Differing(const SideSeries& before, const SideSeries& after) const {
    std::vector<std::string> differing;
    const auto a = baseline_.hardware().find(before.identity);
    const auto b = candidate_.hardware().find(after.identity);
    if (a == baseline_.hardware().end() || b == candidate_.hardware().end()) return differing;
    std::set<std::string> fields;
    for (const auto& [field, value] : a->second) fields.insert(field);
    for (const auto& [field, value] : b->second) fields.insert(field);
    const auto value_of = [](const std::map<std::string, std::string>& of,
                             const std::string& field) {
      const auto found = of.find(field);
      return found == of.end() ? std::string("not known") : found->second;
    };
    for (const std::string& field : fields) {
      const std::string was = value_of(a->second, field);
      const std::string is = value_of(b->second, field);
      if (was != is) differing.push_back(absl::StrFormat("%s: %s -> %s", field, was, is));
    }
    return differing;
  }

  void Pair(const Group& baseline, const Group& candidate) {
    matches_.pairs.push_back({AllOf(baseline), AllOf(candidate)});
  }

  void SameHosts(Candidates* left) {
    std::erase_if(left->baseline, [&](const SideSeries* series) {
      const auto found = std::ranges::find_if(left->candidate, [&](const SideSeries* other) {
        return other->host == series->host && other->identity == series->identity;
      });
      if (found == left->candidate.end()) return false;
      Pair({series}, {*found});
      left->candidate.erase(found);
      return true;
    });
  }

  void SameIdentities(Candidates* left) {
    std::set<std::string> identities;
    for (const SideSeries* series : left->baseline) identities.insert(series->identity);
    for (const std::string& identity : identities) {
      const auto of_identity = [&](const SideSeries* series) {
        return series->identity == identity;
      };
      Candidates same;
      std::ranges::copy_if(left->baseline, std::back_inserter(same.baseline), of_identity);
      std::ranges::copy_if(left->candidate, std::back_inserter(same.candidate), of_identity);
      // Of several machines that nobody named it cannot be said that they are one.
      const bool sure =
          !identity.empty() || (same.baseline.size() == 1 && same.candidate.size() == 1);
      if (same.candidate.empty() || !sure) continue;
      Pair(same.baseline, same.candidate);
      std::erase_if(left->baseline, of_identity);
      std::erase_if(left->candidate, of_identity);
    }
  }

  const Side& baseline_;
  const Side& candidate_;
  Matches& matches_;
};

}  // namespace

Matches MatchSides(const Side& baseline, const Side& candidate, const std::set<std::string>& vary) {
  Names names;
  for (const SideSeries& series : baseline.series()) {
    if (!series.derived) names[series.name].baseline.push_back(&series);
  }
  for (const SideSeries& series : candidate.series()) {
    if (!series.derived) names[series.name].candidate.push_back(&series);
  }
  MatchLoosely(vary, &names);
  Matches matches;
  Matcher matcher(baseline, candidate, &matches);
  for (auto& [name, left] : names) matcher.Match(name, std::move(left));
  return matches;
}

}  // namespace benchfleet
