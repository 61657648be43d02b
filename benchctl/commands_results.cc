#include "base/status.h"
#include "benchctl/commands.h"
#include "benchctl/json_out.h"
#include "benchctl/report.h"
#include "benchctl/report_html.h"
#include "benchctl/report_text.h"
#include "benchctl/results.h"

namespace benchfleet {
namespace {

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

// To the file, or to stdout where none is named.
absl::Status Deliver(const std::string& text, const std::string& output, const Session& session) {
  if (output.empty() || output == "-") {
    session.console.out(text);
    return absl::OkStatus();
  }
  BF_RETURN_IF_ERROR(WriteFile(output, text));
  session.console.err("wrote " + output + "\n");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int> ReportCommand(const ReportOptions& options, const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_ASSIGN_OR_RETURN(const JobId job, FindJob(*client, options.job));
  BF_ASSIGN_OR_RETURN(const JobResults results, ReadJobResults(*client, job, false));
  BF_ASSIGN_OR_RETURN(const Report report, BuildReport(results));
  const Style style = options.output.empty() ? session.out_style : Style();
  BF_RETURN_IF_ERROR(Deliver(Render(report, session.format, style), options.output, session));
  return report.budgets_held() ? kExitOk : kExitBudgetBroken;
}

}  // namespace benchfleet
