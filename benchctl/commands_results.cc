#include <optional>
#include <utility>

#include "base/limits.h"
#include "base/status.h"
#include "benchctl/commands.h"
#include "benchctl/json_out.h"
#include "benchctl/proving_html.h"
#include "benchctl/proving_json.h"
#include "benchctl/proving_report.h"
#include "benchctl/proving_text.h"
#include "benchctl/report.h"
#include "benchctl/report_context.h"
#include "benchctl/report_html.h"
#include "benchctl/report_text.h"
#include "benchctl/result_file.h"
#include "benchctl/results.h"

namespace benchfleet {
namespace {

std::string Render(const ProvingReport& report, Format format, const Style& style) {
  switch (format) {
    case Format::kTable:
      return RenderProvingText(report, style);
    case Format::kJson:
      return RenderProvingJson(report);
    case Format::kCsv:
      return RenderProvingCsv(report);
    case Format::kMarkdown:
      return RenderProvingMarkdown(report);
    case Format::kHtml:
      return RenderProvingHtml(report);
  }
  return "";
}

std::string Render(const Report& report, Format format, const Style& style) {
  switch (format) {
    case Format::kTable:
      return RenderReportText(report, style);
    case Format::kJson:
      return ReportJson(report);
    case Format::kCsv:
      return RenderReportCsv(report);
    case Format::kMarkdown:
      return RenderReportMarkdown(report);
    case Format::kHtml:
      return RenderReportHtml(report);
  }
  return "";
}

// The results as the pieces that an import is made of: chunks right after their run, together not
// much above what one message may carry.
class Pieces {
 public:
  explicit Pieces(JobResults results) : results_(std::move(results)) {}

  std::optional<ResultPiece> Next() {
    if (!job_given_) {
      job_given_ = true;
      return results_.job;
    }
    if (run_ == results_.runs.size()) return std::nullopt;
    RunData& run = results_.runs[run_];
    if (!run_given_) {
      run_given_ = true;
      return run.result;
    }
    if (chunk_ == run.chunks.size()) {
      ++run_;
      run_given_ = false;
      chunk_ = 0;
      return Next();
    }
    RunChunks piece{run.result.run, {}};
    for (size_t bytes = 0; chunk_ < run.chunks.size() && bytes < limits::kMaxResultPieceBytes / 2;
         ++chunk_) {
      bytes += run.chunks[chunk_].payload.size();
      piece.chunks.push_back(std::move(run.chunks[chunk_]));
    }
    return piece;
  }

 private:
  JobResults results_;
  bool job_given_ = false;
  bool run_given_ = false;
  size_t run_ = 0;
  size_t chunk_ = 0;
};

constexpr uint32_t kTwinsSearched = 1000;

// Results that are there already would count twice: what says so are revision, time, number of runs
// and, of imported ones, the file's name.
absl::Status WarnOfTwin(Client& client, const JobResults& results, const Session& session) {
  const JobStatus& status = results.job.status;
  JobFilter filter;
  filter.limit = kTwinsSearched;
  filter.revision = status.revision;
  BF_ASSIGN_OR_RETURN(const std::vector<JobStatus> jobs, client.ListJobs(filter));
  for (const JobStatus& job : jobs) {
    if (job.created_at != status.created_at || job.runs != status.runs) continue;
    BF_ASSIGN_OR_RETURN(const JobResults there, ReadJobResults(client, job.job, true));
    if (!there.job.source.empty() && there.job.source != results.job.source) continue;
    session.console.err(
        absl::StrFormat("warning: job %d seems to hold the same results (as many runs, of the same "
                        "time and revision): from now on they count twice\n",
                        job.job.value));
    break;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int> ReportCommand(const ReportOptions& options, const Session& session) {
  if (options.kind == kProvingReport && !(options.baseline + options.against).empty()) {
    return absl::InvalidArgumentError(
        "--baseline and --against are of the general report; to compare proving jobs: "
        "benchctl compare");
  }
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_ASSIGN_OR_RETURN(const JobId job, FindJob(*client, options.job));
  BF_ASSIGN_OR_RETURN(const JobResults results, ReadJobResults(*client, job, false));
  const Style style = options.output.empty() ? session.out_style : Style();
  const auto deliver = [&](const auto& report) {
    return Deliver(Render(report, session.format, style), options.output, session);
  };
  if (options.kind == kProvingReport) {
    BF_ASSIGN_OR_RETURN(const ProvingReport report, BuildProvingReport(results));
    BF_RETURN_IF_ERROR(deliver(report));
    return report.budgets_held ? kExitOk : kExitBudgetBroken;
  }
  BF_ASSIGN_OR_RETURN(Report report, BuildReport(results));
  BF_RETURN_IF_ERROR(
      AddContext({options.baseline, options.against}, results, *client, session, &report));
  BF_RETURN_IF_ERROR(deliver(report));
  return report.budgets_held() ? kExitOk : kExitBudgetBroken;
}

absl::StatusOr<int> ExportCommand(const ExportOptions& options, const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_ASSIGN_OR_RETURN(const JobId job, FindJob(*client, options.job));
  BF_ASSIGN_OR_RETURN(const JobResults results, ReadJobResults(*client, job, false));
  BF_ASSIGN_OR_RETURN(const std::string text,
                      WriteResultJson(results, session.console.clock->Now()));
  BF_RETURN_IF_ERROR(Deliver(text, options.output, session));
  return kExitOk;
}

absl::StatusOr<int> ImportCommand(const ImportOptions& options, const Session& session) {
  AnyFileOptions read = options.read;
  read.now = session.console.clock->Now();
  std::vector<std::string> warnings;
  BF_ASSIGN_OR_RETURN(JobResults results, ReadAnyResultFile(options.file, read, &warnings));
  for (const std::string& warning : warnings) {
    const char* help = warning == kMachineUnsaid ? " (--host NAME)" : "";
    session.console.err(absl::StrFormat("warning: %s%s\n", Printable(warning), help));
  }
  if (!options.name.empty()) results.job.status.name = results.job.spec.name = options.name;
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_RETURN_IF_ERROR(WarnOfTwin(*client, results, session));
  Pieces pieces(std::move(results));
  BF_ASSIGN_OR_RETURN(const ImportReceipt receipt,
                      client->Import([&pieces]() -> absl::StatusOr<std::optional<ResultPiece>> {
                        return pieces.Next();
                      }));
  if (session.format == Format::kJson) {
    session.console.out(absl::StrFormat("{\"job\": %d, \"runs\": %d, \"samples\": %d}\n",
                                        receipt.job.value, receipt.runs, receipt.samples));
  } else {
    session.console.out(absl::StrFormat("%d\n", receipt.job.value));
  }
  session.console.err(absl::StrFormat("%d runs with %d samples are now job %d\n", receipt.runs,
                                      receipt.samples, receipt.job.value));
  return kExitOk;
}

}  // namespace benchfleet
