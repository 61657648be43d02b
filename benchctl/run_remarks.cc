#include "benchctl/run_remarks.h"

#include <map>

#include "absl/strings/str_format.h"
#include "proto/condition_names.h"
#include "proto/parameters_text.h"

namespace benchfleet {
namespace {

constexpr size_t kRemarkParametersWidth = 96;
constexpr size_t kReasonWidth = 120;
constexpr size_t kExamples = 3;

std::string RunNumber(uint32_t repetition, uint32_t attempt) {
  std::string number = absl::StrFormat("%d", repetition + 1);
  if (attempt > 0) number += absl::StrFormat(" (attempt %d)", attempt + 1);
  return number;
}

// Reasons that differ in their figures alone are one kind.
std::string KindOf(const std::string& reason) {
  std::string kind;
  for (const char c : reason) {
    if ((c < '0' || c > '9') && c != '.') kind += c;
  }
  return kind;
}

void NoteConditions(const RunResult& run, RunRemarks* remarks) {
  const Quiet quiet = QuietnessOf(run);
  if (quiet == Quiet::kUnknown) ++remarks->conditions_unknown;
  if (quiet != Quiet::kNo) return;
  remarks->disturbed.push_back({run.host, run.workload, run.parameters, run.repetition, run.attempt,
                                run.finished.after.quiet_reason});
}

}  // namespace

Quiet QuietnessOf(const RunResult& run) {
  const ConditionValues& after = run.finished.after;
  if (after.quiet) return Quiet::kYes;
  const bool unknown = after.quiet_reason.empty() || after.values.count(kQuietUnknown) > 0;
  return unknown ? Quiet::kUnknown : Quiet::kNo;
}

bool NoteRun(const RunResult& run, RunRemarks* remarks) {
  const RunFinished& finished = run.finished;
  if (finished.outcome != Outcome::kOk) {
    remarks->failed.push_back({run.host, run.workload, run.parameters, run.repetition, run.attempt,
                               finished.outcome, finished.message});
    return false;
  }
  ++remarks->good;
  NoteConditions(run, remarks);
  // A prover says of its keys and reference string what whoever reads its proofs must know.
  const auto fact = finished.facts.find("prover.setup");
  if (fact != finished.facts.end()) remarks->warnings.insert(run.workload + ": " + fact->second);
  return true;
}

Table FailureTable(const std::vector<FailedRun>& failed) {
  Table table{{{"host"}, {"workload"}, {"parameters"}, {"run", true}, {"outcome"}, {"reason"}}, {}};
  for (const FailedRun& run : failed) {
    table.rows.push_back(
        {run.host, run.workload, Shorten(ParametersText(run.parameters), kRemarkParametersWidth),
         RunNumber(run.repetition, run.attempt), std::string(OutcomeName(run.outcome)),
         Shorten(run.message, kReasonWidth)});
  }
  return table;
}

Table DisturbanceTable(const std::vector<DisturbedRun>& disturbed) {
  Table table{{{"host"}, {"workload"}, {"parameters"}, {"run", true}, {"reason"}}, {}};
  for (const DisturbedRun& run : disturbed) {
    table.rows.push_back(
        {run.host, run.workload, Shorten(ParametersText(run.parameters), kRemarkParametersWidth),
         RunNumber(run.repetition, run.attempt), Shorten(run.reason, kReasonWidth)});
  }
  return table;
}

std::string DisturbanceNote(const RunRemarks& remarks) {
  if (remarks.disturbed.empty()) return "";
  std::map<std::string, size_t> hosts;
  std::map<std::string, const std::string*> kinds;  // with the first of each
  for (const DisturbedRun& run : remarks.disturbed) {
    ++hosts[run.host];
    kinds.try_emplace(KindOf(run.reason), &run.reason);
  }
  std::string text =
      absl::StrFormat("%d of %d runs were not quiet (", remarks.disturbed.size(), remarks.good);
  const char* separator = "";
  for (const auto& [host, count] : hosts) {
    text += absl::StrFormat("%s%s %d", separator, host, count);
    separator = ", ";
  }
  text += "), for example: ";
  size_t shown = 0;
  for (const auto& [kind, reason] : kinds) {
    if (shown++ == kExamples) break;
    text += (shown == 1 ? "" : "; ") + Shorten(*reason, kReasonWidth);
  }
  return Printable(text);
}

}  // namespace benchfleet
