#include "benchctl/proving_compare.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "base/status.h"

namespace benchfleet {
namespace {

// Of one iteration; for a metric that is measured once a run, that; 0 for what was not measured.
double At(const ProvingRun& run, const char* metric, size_t iteration, size_t iterations) {
  const auto found = run.find(metric);
  if (found == run.end() || found->second.empty()) return 0;
  if (found->second.size() == iterations) return found->second[iteration];
  return MedianOf(found->second);
}

// The parts of every iteration of a cell, as the network model needs them.
struct NetworkParts {
  RunSamples fixed;
  RunSamples bound;
};

NetworkParts PartsOf(const ProvingCell& cell) {
  NetworkParts parts;
  for (const ProvingRun& run : cell.runs) {
    const std::vector<double>& latency = run.at("latency");
    std::vector<double>& fixed = parts.fixed.emplace_back();
    std::vector<double>& bound = parts.bound.emplace_back();
    for (size_t i = 0; i < latency.size(); ++i) {
      const auto at = [&](const char* metric) { return At(run, metric, i, latency.size()); };
      const RemoteParts iteration = {.latency = latency[i],
                                     .connect = at("connect"),
                                     .attest = at("attest"),
                                     .transfer = at("send") + at("return"),
                                     .bytes = at("sent_bytes") + at("received_bytes"),
                                     .rate = at("network_rate"),
                                     .round_trip = at("network_rtt")};
      fixed.push_back(FixedTime(iteration));
      bound.push_back(RoundTripBound(iteration));
    }
  }
  return parts;
}

// Rates or round trips of all remote rows between two hosts.
std::optional<Seen> SeenBetween(const std::vector<ProvingRow>& rows, const ProvingSides& sides,
                                const char* metric) {
  std::optional<Seen> seen;
  for (const ProvingRow& row : rows) {
    const std::optional<double> value = row.Median(metric);
    if (row.setting.sides != sides || !value || *value <= 0) continue;
    if (!seen) seen = Seen{*value, *value};
    seen->low = std::min(seen->low, *value);
    seen->high = std::max(seen->high, *value);
  }
  return seen;
}

NetworkLimit Unknown(const char* reason) {
  NetworkLimit limit;
  limit.reason = reason;
  return limit;
}

void FindLimits(const ProvingRow& local, const ProvingRow& remote, const ProvingCell& cell,
                const std::vector<ProvingRow>& rows, Estimator* estimator, ComparedSize* size) {
  const double level = kProvingLevel;
  size->bytes =
      remote.Median("sent_bytes").value_or(0) + remote.Median("received_bytes").value_or(0);
  size->measured_rate = remote.Median("network_rate");
  size->measured_round_trip = remote.Median("network_rtt");
  const NetworkParts parts = PartsOf(cell);
  const absl::StatusOr<Estimate> fixed = estimator->Of(parts.fixed, remote.shared);
  if (size->bytes <= 0) {
    size->rate = Unknown("the bytes sent and received were not measured");
  } else if (!fixed.ok()) {
    size->rate = Unknown("the parts of an iteration do not add up");
  } else {
    size->rate = FindBreakEvenRate(local.latency, *fixed, size->bytes,
                                   SeenBetween(rows, remote.setting.sides, "network_rate"), level);
  }
  const absl::StatusOr<Estimate> bound = estimator->Of(parts.bound);
  if (!size->measured_round_trip) {
    size->round_trip = Unknown("the round-trip time was not measured");
  } else if (!bound.ok()) {
    size->round_trip = Unknown("nothing that depends on the round trip was measured");
  } else {
    size->round_trip =
        FindBreakEvenRoundTrip(local.latency, remote.latency, *bound, *size->measured_round_trip,
                               SeenBetween(rows, remote.setting.sides, "network_rtt"), level);
  }
}

// Rows of all sizes of one comparison.
struct Pairs {
  std::map<std::string, const ProvingRow*> local;  // by size
  std::vector<const ProvingRow*> remote;
};

ProvingSubject WithoutSize(ProvingSubject subject) {
  subject.size.clear();
  return subject;
}

absl::StatusOr<ProvingComparison> Compare(const Pairs& pairs, const std::vector<ProvingRow>& rows,
                                          const ProvingCells& cells, Estimator* estimator) {
  ProvingComparison comparison;
  comparison.subject = WithoutSize(pairs.remote[0]->subject);
  comparison.remote = pairs.remote[0]->setting;
  comparison.local_prover =
      pairs.local.empty() ? comparison.subject.prover : pairs.local.begin()->second->subject.prover;
  std::vector<SizePoint> points;
  std::map<std::string, const ProvingRow*> local_alone = pairs.local;
  for (const ProvingRow* remote : pairs.remote) {
    const auto found = pairs.local.find(remote->subject.size);
    if (found == pairs.local.end()) {
      comparison.one_sided.push_back(remote->subject.CircuitText() + " remotely alone");
      continue;
    }
    const ProvingRow& local = *found->second;
    local_alone.erase(remote->subject.size);
    ComparedSize size;
    size.subject = remote->subject;
    size.local = local.latency.value;
    size.remote = remote->latency.value;
    size.speed_up = RatioOf(local.latency, remote->latency, kProvingLevel);
    FindLimits(local, *remote, cells.at({remote->subject, remote->setting}), rows, estimator,
               &size);
    comparison.sizes.push_back(std::move(size));
    comparison.single_run =
        comparison.single_run || local.latency.single_run || remote->latency.single_run;
    if (const std::optional<double> log2_size = remote->subject.log2_size()) {
      points.push_back({*log2_size, local.latency, remote->latency});
    }
  }
  for (const auto& [size, row] : local_alone) {
    comparison.one_sided.push_back(row->subject.CircuitText() + " locally alone");
  }
  if (points.size() > 1) {
    BF_ASSIGN_OR_RETURN(comparison.break_even, FindBreakEvenSize(points, kProvingLevel));
  } else {
    comparison.break_even.outcome = SizeOutcome::kSingleSize;
  }
  return comparison;
}

// The client's own proofs of the same circuit with the same parameters, whatever proves.
bool IsLocalSideOf(const ProvingRow& local, const ProvingRow& remote) {
  return local.setting.mode == kLocalMode && local.subject.circuit == remote.subject.circuit &&
         local.subject.others == remote.subject.others &&
         local.setting.sides.client == remote.setting.sides.client;
}

bool HaveTheSameKey(const ProvingRow& a, const ProvingRow& b) {
  return std::any_of(a.keys.begin(), a.keys.end(),
                     [&](const std::string& key) { return b.keys.contains(key); });
}

// What its prover makes remotely for the same client answers the question by itself.
bool IsOnlyLocal(const ProvingRow& local, const std::vector<ProvingRow>& rows) {
  return std::none_of(rows.begin(), rows.end(), [&](const ProvingRow& row) {
    return row.setting.mode == kRemoteMode && row.subject.prover == local.subject.prover &&
           IsLocalSideOf(local, row);
  });
}

bool AreWorthComparing(const ProvingRow& local, const ProvingRow& remote,
                       const std::vector<ProvingRow>& rows) {
  if (local.subject.size != remote.subject.size) return false;
  if (HaveTheSameKey(local, remote)) return true;
  return local.subject.size.empty() && IsOnlyLocal(local, rows);
}

}  // namespace

absl::StatusOr<std::vector<ProvingComparison>> CompareProving(const std::vector<ProvingRow>& rows,
                                                              const ProvingCells& cells,
                                                              Estimator* estimator) {
  using Key = std::pair<ProvingSubject, ProvingSetting>;
  std::vector<Key> order;
  std::map<Key, Pairs> all;
  for (const ProvingRow& row : rows) {
    if (row.setting.mode != kRemoteMode) continue;
    const Key key = {WithoutSize(row.subject), row.setting};
    if (all.count(key) == 0) order.push_back(key);
    all[key].remote.push_back(&row);
  }
  for (auto& [key, pairs] : all) {
    for (const ProvingRow& row : rows) {
      if (row.subject.prover != key.first.prover || !IsLocalSideOf(row, *pairs.remote[0])) continue;
      pairs.local[row.subject.size] = &row;
    }
  }
  std::vector<ProvingComparison> comparisons;
  for (const Key& key : order) {
    BF_ASSIGN_OR_RETURN(ProvingComparison comparison, Compare(all.at(key), rows, cells, estimator));
    comparisons.push_back(std::move(comparison));
  }
  return comparisons;
}

absl::StatusOr<std::vector<ProvingComparison>> CompareAcrossProvers(
    const std::vector<ProvingRow>& rows, const ProvingCells& cells, Estimator* estimator) {
  using Key = std::tuple<std::string, ProvingSubject, ProvingSetting>;  // the local prover first
  std::vector<Key> order;
  std::map<Key, Pairs> all;
  for (const ProvingRow& remote : rows) {
    if (remote.setting.mode != kRemoteMode) continue;
    for (const ProvingRow& local : rows) {
      if (local.subject.prover == remote.subject.prover || !IsLocalSideOf(local, remote) ||
          !AreWorthComparing(local, remote, rows)) {
        continue;
      }
      const Key key = {local.subject.prover, WithoutSize(remote.subject), remote.setting};
      if (all.count(key) == 0) order.push_back(key);
      all[key].remote.push_back(&remote);
      all[key].local[local.subject.size] = &local;
    }
  }
  std::vector<ProvingComparison> comparisons;
  for (const Key& key : order) {
    BF_ASSIGN_OR_RETURN(ProvingComparison comparison, Compare(all.at(key), rows, cells, estimator));
    comparisons.push_back(std::move(comparison));
  }
  return comparisons;
}

}  // namespace benchfleet
