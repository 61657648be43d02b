// The commands of benchctl, one function each: from options to an exit code. They print through the
// session; an error comes back as a Status and is printed by RunBenchctl.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "benchctl/any_result_file.h"
#include "benchctl/ca_files.h"
#include "benchctl/commands_trend.h"
#include "benchctl/judge_flags.h"
#include "benchctl/session.h"

namespace benchfleet {

struct SubmitOptions {
  std::string file;
  bool dry_run = false;
  bool watch = false;
  std::vector<std::string> set;  // "NAME=VALUE"
};

struct RunOptions {
  std::string on;  // selector; "": every host that is connected
  std::string workload;
  std::vector<std::string> parameters;  // "name=value" or "name=value,value"
  std::vector<std::string> command;     // for `exec`, where there is no workload
  std::string name;
  std::string revision;
  uint32_t hosts = 0;  // 0: all that match
  uint32_t runs = 3;
  uint32_t samples = 10;
  uint32_t warmup = 1;
  std::string max_time;  // durations as in job files, "" the default
  std::string timeout;
};

struct JobsOptions {
  uint32_t limit = 20;
  std::string name;
  std::string revision;
  std::vector<std::string> labels;  // "NAME=VALUE"
};

struct LogsOptions {
  std::string job;
  std::string host;
  bool failed = false;
};

inline constexpr char kGeneralReport[] = "general";
inline constexpr char kProvingReport[] = "proving";

struct ReportOptions {
  std::string job;
  std::string kind = kGeneralReport;
  std::string baseline;  // a name
  std::string against;   // a side; of these at most one is given
  std::string output;    // a file instead of stdout
};

struct ExportOptions {
  std::string job;
  std::string output;
};

struct ImportOptions {
  std::string file;
  AnyFileOptions read;
  std::string name;  // of the job; "" the file's own
};

struct CompareOptions {
  std::string baseline;
  std::string candidate;
  std::string job;        // in which host: and label: look
  std::string output;     // a file instead of stdout
  std::string across;     // "hosts": the machines of the sides against each other, no verdicts
  std::string base_host;  // of --across
  std::string canary;     // of --across: a pattern of workloads
  JudgeOptions judge;
};

absl::StatusOr<int> SubmitCommand(const SubmitOptions& options, const Session& session);
absl::StatusOr<int> RunCommand(const RunOptions& options, const Session& session);
absl::StatusOr<int> JobsCommand(const JobsOptions& options, const Session& session);
absl::StatusOr<int> WatchCommand(const std::string& job, const Session& session);
absl::StatusOr<int> CancelCommand(const std::string& job, const std::string& reason,
                                  const Session& session);
absl::StatusOr<int> LogsCommand(const LogsOptions& options, const Session& session);

absl::StatusOr<int> HostsCommand(const std::string& match, const Session& session);
absl::StatusOr<int> HostsShowCommand(const std::string& name, const Session& session);
absl::StatusOr<int> HostsForgetCommand(const std::string& name, const Session& session);

absl::StatusOr<int> ReportCommand(const ReportOptions& options, const Session& session);
absl::StatusOr<int> ExportCommand(const ExportOptions& options, const Session& session);
absl::StatusOr<int> ImportCommand(const ImportOptions& options, const Session& session);

struct CheckOptions {
  std::string job;
  std::string baseline;             // a name
  std::string against;              // a side; of these at most one is given
  std::string of_job;               // in which host: and label: look
  std::string budgets;              // a file of rules
  std::vector<std::string> budget;  // single rules
  bool fail_on_undecided = false;
  bool confirm = false;                      // run what regressed again, in pairs
  std::string base_program;                  // the old build, on the suspects' host
  std::vector<std::string> base_parameters;  // "NAME=VALUE": of the base where they are others now
  uint32_t pairs = 20;                       // of runs, at most
  std::string junit;                         // files, "" for none
  std::string markdown;
  std::string output;
  JudgeOptions judge;
};

absl::StatusOr<int> CheckCommand(const CheckOptions& options, const Session& session);
absl::StatusOr<int> CompareCommand(const CompareOptions& options, const Session& session);
absl::StatusOr<int> CompareAcrossCommand(const CompareOptions& options, const Session& session);

absl::StatusOr<int> TrendCommand(const TrendOptions& options, const Session& session);
absl::StatusOr<int> IncidentsCommand(const IncidentOptions& options, const Session& session);
absl::StatusOr<int> IncidentShowCommand(const IncidentOptions& options, const Session& session);
absl::StatusOr<int> IncidentAckCommand(const IncidentOptions& options, const Session& session);
absl::StatusOr<int> IncidentWithdrawCommand(const IncidentOptions& options, const Session& session);

absl::StatusOr<int> SelftestCommand(const SelftestOptions& options, const Session& session);

absl::StatusOr<int> BaselineSetCommand(const BaselineOptions& options, const Session& session);
absl::StatusOr<int> BaselineListCommand(const Session& session);
absl::StatusOr<int> BaselineShowCommand(const BaselineOptions& options, const Session& session);
absl::StatusOr<int> BaselineDiffCommand(const BaselineOptions& options, const Session& session);
absl::StatusOr<int> BaselineRemoveCommand(const BaselineOptions& options, const Session& session);
absl::StatusOr<int> BaselineBlessCommand(const BaselineOptions& options, const Session& session);
absl::StatusOr<int> BlessingsCommand(const Session& session);

// What stands for a word that a shell completes: "job", "host", "workload", "selector",
// "baseline"; and how it begins.
struct CompleteOptions {
  std::string kind;
  std::string prefix;
};

const std::vector<std::string>& CompletionKinds();
// One word a line. Quiet, and within a second or so, whatever the coordinator does.
absl::StatusOr<int> CompleteCommand(const CompleteOptions& options, const Session& session);

absl::StatusOr<int> CaInitCommand(const CaInitOptions& options, const Session& session);
absl::StatusOr<int> CaIssueCommand(const CaIssueOptions& options, const Session& session);

}  // namespace benchfleet
