#include "absl/strings/str_format.h"
#include "analysis/across_report.h"
#include "base/status.h"
#include "base/text.h"
#include "benchctl/across_text.h"
#include "benchctl/commands.h"
#include "benchctl/judge_options.h"
#include "benchctl/side_reference.h"

namespace benchfleet {
namespace {

std::string RenderAcross(const AcrossReport& report, Format format, const Style& style) {
  switch (format) {
    case Format::kTable:
      return RenderAcrossText(report, style);
    case Format::kJson:
      return AcrossJson(report);
    case Format::kCsv:
      return RenderAcrossCsv(report);
    case Format::kMarkdown:
      return RenderAcrossMarkdown(report);
    case Format::kHtml:
      return RenderAcrossHtml(report);
  }
  return "";
}

absl::StatusOr<AcrossRequest> MakeRequest(const CompareOptions& options) {
  AcrossRequest request;
  request.base = options.base_host;
  BF_ASSIGN_OR_RETURN(const ComparisonOptions judge, MakeComparisonOptions(options.judge));
  request.options.alpha = judge.ladder.verdict.alpha;
  request.options.floor = judge.ladder.verdict.floor;
  if (!options.canary.empty()) {
    request.canary = [pattern = options.canary](const SeriesName& name) {
      return FitsPattern(pattern, name.workload);
    };
  }
  return request;
}

}  // namespace

absl::StatusOr<int> CompareAcrossCommand(const CompareOptions& options, const Session& session) {
  if (options.across != "hosts") {
    return absl::InvalidArgumentError(
        absl::StrFormat("--across: '%s' is nothing to compare across, "
                        "expected hosts",
                        Printable(options.across)));
  }
  BF_ASSIGN_OR_RETURN(const AcrossRequest request, MakeRequest(options));
  SideLoader loader(session, MakeSideFilter(options.judge), options.job, options.judge.read);
  BF_ASSIGN_OR_RETURN(Side side, loader.Load(options.baseline));
  if (!options.candidate.empty()) {
    BF_ASSIGN_OR_RETURN(const Side other, loader.Load(options.candidate));
    BF_ASSIGN_OR_RETURN(side, Together(side, other));
  }
  BF_RETURN_IF_ERROR(loader.CheckFileFlags());
  BF_ASSIGN_OR_RETURN(const AcrossReport report, CompareAcrossHosts(side, request));
  const Style style = options.output.empty() ? session.out_style : Style();
  BF_RETURN_IF_ERROR(Deliver(RenderAcross(report, session.format, style), options.output, session));
  return kExitOk;
}

}  // namespace benchfleet
