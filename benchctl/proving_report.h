// What a job says of proving here, there and elsewhere: the modes of each prover, circuit and size
// side by side, where the time goes, and from which size, bandwidth and up to which round trip it
// pays to have proofs made by another host. Computed here once; proving_text, proving_json and
// proving_html only render it. Pure functions.
//
// Runs of proving.prove are told apart by their parameters: prover, circuit, size (log2 of the
// constraints of circuit=chain), mode, network, connection; whatever else they have (threads,
// start) must be equal for two to be compared. `network` and `connection` mean nothing to a proof
// that is made locally, so local runs of all networks are one row.
//
// Two provers are compared where they do the same work: the one that the client has itself (as a
// browser has WebAssembly) against the one that the server has. They do where their verification
// keys are the same. Of circuits without a size the statement is the same whoever proves it, which
// is compared where the client's prover was never used remotely; as many constraints of another
// proof system hold another number of hashes, so sizes are not.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/break_even.h"
#include "benchctl/budget.h"
#include "benchctl/report.h"
#include "benchctl/results.h"
#include "benchctl/run_remarks.h"
#include "proto/control.h"

namespace benchfleet {

inline constexpr std::string_view kProvingWorkload = "proving.prove";
inline constexpr double kProvingLevel = 0.95;  // of every interval here

inline constexpr char kLocalMode[] = "local";
inline constexpr char kRemoteMode[] = "remote";
inline constexpr char kServerOnlyMode[] = "server_only";
inline constexpr char kEncryptionOnlyMode[] = "encryption_only";

// Which host asks and which one serves it; one host for both where a run has no peer.
struct ProvingSides {
  std::string client;
  std::string server;
  auto operator<=>(const ProvingSides&) const = default;
};
ProvingSides SidesOf(const RunResult& run);

// What the proof is of, and how it is made: equal for all that is compared.
struct ProvingSubject {
  std::string prover;
  std::string circuit;
  std::string size;  // the parameter; "" where the circuit has none
  StringMap others;  // threads, start, ...
  auto operator<=>(const ProvingSubject&) const = default;

  std::optional<double> log2_size() const;  // of circuit=chain
  std::string CircuitText() const;          // "chain 2^12", "age"
};

struct ProvingSetting {
  std::string mode;
  ProvingSides sides;
  std::string network;     // "none" for none
  std::string connection;  // "" where the job does not say
  auto operator<=>(const ProvingSetting&) const = default;

  // "laptop", "laptop → tee-1"
  std::string Where() const;
  // "remote wan, kept": the mode, and how the two are connected.
  std::string How() const;
};

// Part of an iteration; `part_of` is "prove" for "prove/sumcheck", which the sum leaves out.
struct ProvingPhase {
  std::string name;
  std::string part_of;
  double value = 0;  // ns: the mean of the medians of the runs
  std::optional<Interval> interval;
};

struct ProvingRow {
  ProvingSubject subject;
  ProvingSetting setting;
  Estimate latency;                        // ns
  SharedVariance shared;                   // what the prover.s other rows lend it
  std::optional<RatioEstimate> speed_up;   // local latency over this one
  std::vector<ProvingPhase> phases;        // in the order of an iteration, parts after their whole
  std::map<std::string, double> medians;   // of the other metrics: "sent_bytes", "network_rtt", ...
  std::optional<double> prover_rss_bytes;  // the highest
  std::set<std::string> keys;              // digests of the verification keys

  std::optional<double> Median(const std::string& metric) const;
};

// Local and remote at one size.
struct ComparedSize {
  ProvingSubject subject;
  double local = 0;  // ns
  double remote = 0;
  RatioEstimate speed_up;
  double bytes = 0;  // each proof, both ways; 0: not measured
  std::optional<double> measured_rate;
  std::optional<double> measured_round_trip;
  NetworkLimit rate;
  NetworkLimit round_trip;
};

// One circuit, one client, one server, one network; one prover, or one on each side.
struct ProvingComparison {
  ProvingSubject subject;    // without size; of the remote side
  std::string local_prover;  // the client's own
  ProvingSetting remote;
  std::vector<ComparedSize> sizes;  // by size
  BreakEvenSize break_even;
  std::vector<std::string> one_sided;  // sizes of which one side alone was measured
  bool single_run = false;             // some figure is of one run: its interval is too narrow

  bool across_provers() const { return local_prover != subject.prover; }
};

struct ProvingReport {
  JobStatus job;
  std::string source;
  std::vector<HostStatus> hosts;
  std::vector<ProvingRow> rows;                // by prover, circuit, size, mode, hosts, network
  std::vector<ProvingComparison> comparisons;  // of each prover with itself
  std::vector<ProvingComparison> across;       // of the client's prover with another of the server
  RunRemarks remarks;                          // of proving runs
  std::map<std::string, std::set<std::string>> versions;  // of each prover
  // What clients found the evidence of each proving host to show, in words.
  std::map<std::string, std::set<std::string>> evidence;
  uint64_t other_runs = 0;  // of other workloads
  std::string budgets;      // "2 of 3 not held", "" without budgets
  bool budgets_held = true;
};

// Errors: no run of proving.prove, none that has succeeded, damaged samples, times that are not
// above 0.
absl::StatusOr<ProvingReport> BuildProvingReport(const JobResults& results);

}  // namespace benchfleet
