#include "benchctl/proving_report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "analysis/shared_variance.h"
#include "base/status.h"
#include "benchctl/proving_compare.h"
#include "benchctl/report_text.h"

namespace benchfleet {
namespace {

constexpr std::array<const char*, 4> kModes = {kLocalMode, kRemoteMode, kServerOnlyMode,
                                               kEncryptionOnlyMode};
// In the order of an iteration; phases that are not among them stand before "other".
constexpr std::array<const char*, 10> kPhases = {"witness", "connect", "attest",  "encrypt",
                                                 "send",    "queue",   "decrypt", "prove",
                                                 "return",  "verify"};
constexpr char kOther[] = "other";
constexpr double kRestWorthSaying = 0.01;  // of the whole

std::string Take(StringMap* parameters, const char* name) {
  const auto found = parameters->find(name);
  if (found == parameters->end()) return "";
  std::string value = std::move(found->second);
  parameters->erase(found);
  return value;
}

// What a run was given and, of what it was not given, what it says of itself: a job file need not
// name the prover, nor the size of a chain.
StringMap ParametersOf(const RunResult& run) {
  StringMap parameters = run.parameters;
  const StringMap& facts = run.finished.facts;
  if (const auto prover = facts.find("prover.name"); prover != facts.end()) {
    parameters.try_emplace("prover", prover->second);
  }
  const auto circuit = facts.find("circuit.name");  // "age", "chain-12"
  if (circuit == facts.end()) return parameters;
  const size_t dash = std::min(circuit->second.find('-'), circuit->second.size());
  const std::string name = circuit->second.substr(0, dash);
  parameters.try_emplace("circuit", name);
  if (parameters["circuit"] == name && dash < circuit->second.size()) {
    parameters.try_emplace("size", circuit->second.substr(dash + 1));
  }
  return parameters;
}

std::pair<ProvingSubject, ProvingSetting> Classify(const RunResult& run, StringMap parameters) {
  ProvingSubject subject;
  ProvingSetting setting;
  subject.prover = Take(&parameters, "prover");
  subject.circuit = Take(&parameters, "circuit");
  subject.size = Take(&parameters, "size");
  setting.mode = Take(&parameters, "mode");
  setting.network = Take(&parameters, "network");
  setting.connection = Take(&parameters, "connection");
  setting.sides = SidesOf(run);
  if (setting.mode.empty()) setting.mode = kLocalMode;
  if (setting.network.empty()) setting.network = "none";
  if (setting.mode == kLocalMode || setting.sides.client == setting.sides.server) {
    setting.network = "none";
    setting.connection.clear();
  }
  subject.others = std::move(parameters);
  return {std::move(subject), std::move(setting)};
}

size_t PhasePlace(const std::string& name) {
  const auto found = std::find(kPhases.begin(), kPhases.end(), name);
  if (name == kOther) return kPhases.size() + 1;
  return static_cast<size_t>(found - kPhases.begin());
}

double MeanOfMedians(const RunSamples& runs) {
  double sum = 0;
  for (const auto& run : runs) sum += MedianOf(run);
  return sum / static_cast<double>(runs.size());
}

bool AllPositive(const RunSamples& runs) {
  return std::all_of(runs.begin(), runs.end(), [](const auto& run) {
    return std::all_of(run.begin(), run.end(), [](double v) { return v > 0; });
  });
}

RunSamples SamplesOfMetric(const ProvingCell& cell, const std::string& metric) {
  RunSamples runs;
  for (const ProvingRun& run : cell.runs) {
    const auto found = run.find(metric);
    if (found != run.end() && !found->second.empty()) runs.push_back(found->second);
  }
  return runs;
}

// Of each iteration, what its phases leave of the whole; none for a run whose phases are not
// measured in every iteration.
double RestOf(const ProvingCell& cell, const std::vector<ProvingPhase>& phases) {
  RunSamples rests;
  for (const ProvingRun& run : cell.runs) {
    std::vector<double> rest = run.at("latency");
    bool whole = true;
    for (const ProvingPhase& phase : phases) {
      const auto found = run.find(phase.name);
      if (!phase.part_of.empty() || found == run.end()) continue;
      whole = whole && found->second.size() == rest.size();
      for (size_t i = 0; whole && i < rest.size(); ++i) rest[i] -= found->second[i];
    }
    if (whole) rests.push_back(std::move(rest));
  }
  return rests.empty() ? 0 : MeanOfMedians(rests);
}

absl::StatusOr<std::vector<ProvingPhase>> PhasesOf(const ProvingCell& cell, double whole,
                                                   Estimator* estimator) {
  std::vector<ProvingPhase> phases;
  for (const auto& [name, metric] : cell.metrics) {
    const size_t slash = name.find('/');
    Metric top = metric;
    top.name = name.substr(0, slash);
    if (name == "latency" || !IsPhase(top)) continue;
    const RunSamples runs = SamplesOfMetric(cell, name);
    if (runs.empty()) continue;
    ProvingPhase& phase = phases.emplace_back();
    phase.name = name;
    if (slash != std::string::npos) phase.part_of = top.name;
    phase.value = MeanOfMedians(runs);
    if (!AllPositive(runs)) continue;  // a phase may take no time
    BF_ASSIGN_OR_RETURN(const Estimate estimate, estimator->Of(runs));
    phase.interval = estimate.interval;
  }
  const bool has_other = std::any_of(
      phases.begin(), phases.end(), [](const ProvingPhase& phase) { return phase.name == kOther; });
  const double rest = RestOf(cell, phases);
  if (!has_other && !phases.empty() && rest > kRestWorthSaying * whole) {
    phases.push_back({kOther, "", rest, std::nullopt});
  }
  const auto key = [](const ProvingPhase& phase) {
    const std::string& top = phase.part_of.empty() ? phase.name : phase.part_of;
    return std::tuple(PhasePlace(top), top, !phase.part_of.empty(), -phase.value);
  };
  std::sort(phases.begin(), phases.end(),
            [&](const ProvingPhase& a, const ProvingPhase& b) { return key(a) < key(b); });
  return phases;
}

absl::StatusOr<ProvingRow> RowOf(const ProvingSubject& subject, const ProvingSetting& setting,
                                 const ProvingCell& cell, const SharedVariance& shared,
                                 Estimator* estimator) {
  ProvingRow row;
  row.subject = subject;
  row.setting = setting;
  row.keys = cell.keys;
  row.shared = shared;
  BF_ASSIGN_OR_RETURN(row.latency, estimator->Of(SamplesOfMetric(cell, "latency"), shared));
  BF_ASSIGN_OR_RETURN(row.phases, PhasesOf(cell, row.latency.value, estimator));
  for (const auto& [name, metric] : cell.metrics) {
    const RunSamples runs = SamplesOfMetric(cell, name);
    if (runs.empty() || name == "latency" || IsPhase(metric) || name.find('/') != name.npos) {
      continue;
    }
    row.medians[name] = MeanOfMedians(runs);
    if (name != "prover_rss_peak") continue;
    double highest = 0;
    for (const auto& run : runs)
      highest = std::max(highest, *std::max_element(run.begin(), run.end()));
    row.prover_rss_bytes = highest;
  }
  return row;
}

// What the rows of a prover's proofs tell each other of how much its runs differ.
using SharedVariances = std::map<ProvingCells::key_type, SharedVariance>;
SharedVariances ShareByProver(const ProvingCells& cells) {
  std::map<std::string, std::vector<ProvingCells::key_type>> provers;
  for (const auto& [key, cell] : cells) {
    if (key.second.mode != kEncryptionOnlyMode) provers[key.first.prover].push_back(key);
  }
  SharedVariances shared;
  for (const auto& [prover, keys] : provers) {
    std::vector<RunSamples> latencies;
    for (const auto& key : keys) latencies.push_back(SamplesOfMetric(cells.at(key), "latency"));
    const auto lent = ShareVariance(latencies);
    if (!lent.ok()) continue;  // the row at fault is refused by its name
    for (size_t i = 0; i < keys.size(); ++i) shared[keys[i]] = (*lent)[i];
  }
  return shared;
}

// Values in the order in which the job lists them; what it does not list comes behind, by name.
class SpecOrder {
 public:
  explicit SpecOrder(const JobSpec& spec) {
    for (const WorkloadSelection& selection : spec.workloads) {
      for (const auto& [name, values] : selection.parameters) {
        for (const std::string& value : values) places_.try_emplace({name, value}, places_.size());
      }
    }
  }
  std::pair<size_t, std::string> Of(const char* name, const std::string& value) const {
    const auto found = places_.find({name, value});
    return {found == places_.end() ? places_.size() : found->second, value};
  }

 private:
  std::map<std::pair<std::string, std::string>, size_t> places_;
};

void Sort(const JobSpec& spec, std::vector<ProvingRow>* rows) {
  const SpecOrder order(spec);
  const auto key = [&](const ProvingRow& row) {
    const auto mode = std::find(kModes.begin(), kModes.end(), row.setting.mode) - kModes.begin();
    return std::tuple(order.Of("prover", row.subject.prover), row.subject.others,
                      order.Of("circuit", row.subject.circuit),
                      row.subject.log2_size().value_or(-1), row.subject.size, mode,
                      row.setting.sides, order.Of("network", row.setting.network),
                      row.setting.connection);
  };
  std::sort(rows->begin(), rows->end(),
            [&](const ProvingRow& a, const ProvingRow& b) { return key(a) < key(b); });
}

// The local row that another is measured against: on its client, or, for a proof that the server
// made for itself, on the only other host that made it locally.
const ProvingRow* LocalFor(const ProvingRow& row, const std::vector<ProvingRow>& rows) {
  const ProvingRow* other = nullptr;
  size_t others = 0;
  for (const ProvingRow& candidate : rows) {
    if (candidate.setting.mode != kLocalMode || candidate.subject != row.subject) continue;
    const bool same = candidate.setting.sides.client == row.setting.sides.client;
    if (row.setting.sides.client != row.setting.sides.server) {
      if (same) return &candidate;
    } else if (!same) {
      other = &candidate;
      ++others;
    }
  }
  return others == 1 ? other : nullptr;
}

absl::Status AddRun(const RunData& run, StringMap parameters, ProvingCells* cells,
                    RunRemarks* remarks) {
  BF_ASSIGN_OR_RETURN(ProvingRun samples, SamplesOf(run));
  const auto latency = samples.find("latency");
  if (latency == samples.end() || latency->second.empty()) {
    remarks->failed.push_back({run.result.host, run.result.workload, run.result.parameters,
                               run.result.repetition, run.result.attempt, Outcome::kOk,
                               "it has no samples of its latency"});
    return absl::OkStatus();
  }
  ProvingCell& cell = (*cells)[Classify(run.result, std::move(parameters))];
  const StringMap& facts = run.result.finished.facts;
  if (const auto key = facts.find("keys.sha256"); key != facts.end()) cell.keys.insert(key->second);
  for (const Metric& metric : run.result.metrics) cell.metrics.try_emplace(metric.name, metric);
  cell.runs.push_back(std::move(samples));
  return absl::OkStatus();
}

absl::Status NothingToShow(const ProvingReport& report) {
  if (!report.remarks.failed.empty()) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "no proving run of job %d has succeeded (benchctl logs %d --failed tells why)",
        report.job.job.value, report.job.job.value));
  }
  return absl::FailedPreconditionError(
      absl::StrFormat("job %d has no results of %s: --kind proving has nothing to show",
                      report.job.job.value, std::string(kProvingWorkload)));
}

}  // namespace

ProvingSides SidesOf(const RunResult& run) {
  for (const TaskMember& member : run.members) {
    if (member.role == kServerRole) return {run.host, member.host};
  }
  return {run.host, run.host};
}

std::optional<double> ProvingSubject::log2_size() const {
  double value = 0;
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), value);
  if (error != std::errc() || end != size.data() + size.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::string ProvingSubject::CircuitText() const {
  if (size.empty()) return circuit;
  return circuit + (log2_size() ? " 2^" : " ") + size;
}

std::string ProvingSetting::Where() const {
  return sides.client == sides.server ? sides.client : sides.client + " → " + sides.server;
}

std::string ProvingSetting::How() const {
  std::string text = mode;
  if (network != "none") text += " " + network;
  if (!connection.empty()) text += ", " + connection;
  return text;
}

std::optional<double> ProvingRow::Median(const std::string& metric) const {
  const auto found = medians.find(metric);
  if (found == medians.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<ProvingReport> BuildProvingReport(const JobResults& results) {
  ProvingReport report;
  report.job = results.job.status;
  report.source = results.job.source;
  report.hosts = results.job.hosts;
  ProvingCells cells;
  for (const RunData& run : results.runs) {
    if (run.result.finished.outcome == Outcome::kUnspecified) continue;
    if (run.result.workload != kProvingWorkload) {
      ++report.other_runs;
      continue;
    }
    if (!NoteRun(run.result, &report.remarks)) continue;
    if (run.result.role == kServerRole) continue;  // its clients measure
    const auto version = run.result.finished.facts.find("prover.version");
    StringMap parameters = ParametersOf(run.result);
    if (version != run.result.finished.facts.end()) {
      report.versions[parameters["prover"]].insert(version->second);
    }
    const StringMap& facts = run.result.finished.facts;
    if (const auto host = facts.find("server.host"); host != facts.end()) {
      const auto words = facts.find("server.evidence");
      if (words != facts.end()) report.evidence[host->second].insert(words->second);
    }
    BF_RETURN_IF_ERROR(AddRun(run, std::move(parameters), &cells, &report.remarks));
  }
  if (cells.empty()) return NothingToShow(report);
  Estimator estimator({.level = kProvingLevel});
  const SharedVariances shared = ShareByProver(cells);
  for (const auto& [key, cell] : cells) {
    const auto lent = shared.find(key);
    auto row = RowOf(key.first, key.second, cell,
                     lent == shared.end() ? SharedVariance{} : lent->second, &estimator);
    BF_RETURN_IF_ERROR(Annotate(row.status(), key.first.prover + " " + key.first.CircuitText()));
    report.rows.push_back(*std::move(row));
  }
  Sort(results.job.spec, &report.rows);
  for (ProvingRow& row : report.rows) {
    // What makes no proof has no speed-up.
    const bool comparable =
        row.setting.mode != kLocalMode && row.setting.mode != kEncryptionOnlyMode;
    const ProvingRow* local = comparable ? LocalFor(row, report.rows) : nullptr;
    if (local != nullptr) row.speed_up = RatioOf(local->latency, row.latency, kProvingLevel);
  }
  BF_ASSIGN_OR_RETURN(report.comparisons, CompareProving(report.rows, cells, &estimator));
  BF_ASSIGN_OR_RETURN(report.across, CompareAcrossProvers(report.rows, cells, &estimator));
  BF_ASSIGN_OR_RETURN(const Report general, BuildReport(results));
  if (!general.budgets.empty()) report.budgets = BudgetSummary(general);
  report.budgets_held = general.budgets_held();
  return report;
}

}  // namespace benchfleet
