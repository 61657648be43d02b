#include <charconv>
#include <cmath>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "benchctl/commands.h"
#include "benchctl/comparison_html.h"
#include "benchctl/comparison_json.h"
#include "benchctl/comparison_text.h"
#include "benchctl/judge_options.h"
#include "benchctl/side_history.h"
#include "benchctl/side_reference.h"

namespace benchfleet {

absl::StatusOr<double> ParseShare(const std::string& text, const std::string& flag) {
  std::string_view number = text;
  double factor = 1;
  if (number.ends_with('%')) {
    number.remove_suffix(1);
    while (number.ends_with(' ')) number.remove_suffix(1);
    factor = 0.01;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size() || !std::isfinite(value) ||
      value < 0) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: '%s' is no share, expected for example 10%% or 0.1", flag, Printable(text)));
  }
  return value * factor;
}

absl::StatusOr<ComparisonOptions> MakeComparisonOptions(const JudgeOptions& judge) {
  ComparisonOptions options;
  BF_ASSIGN_OR_RETURN(options.ladder.verdict.alpha, ParseShare(judge.alpha, "--alpha"));
  if (!(options.ladder.verdict.alpha > 0 && options.ladder.verdict.alpha < 1)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--alpha: '%s', expected above 0 and below 100%%", judge.alpha));
  }
  BF_ASSIGN_OR_RETURN(options.ladder.warn, ParseShare(judge.warn, "--warn"));
  BF_ASSIGN_OR_RETURN(options.ladder.fail, ParseShare(judge.fail, "--fail"));
  BF_ASSIGN_OR_RETURN(const double floor, ParseShare(judge.floor, "--floor"));
  options.ladder.verdict.floor = std::log1p(floor);
  options.vary = {judge.vary.begin(), judge.vary.end()};
  return options;
}

SideFilter MakeSideFilter(const JudgeOptions& judge) {
  return {.workload = judge.workload, .metric = judge.metric, .host = nullptr};
}

absl::StatusOr<ComparisonReport> CompareLoaded(SideLoader& loader, Side baseline,
                                               const Side& candidate, ComparisonOptions options) {
  if (Client* const client = loader.client()) {
    BF_RETURN_IF_ERROR(AddHistory(*client, loader.jobs(), candidate, &baseline));
    BF_ASSIGN_OR_RETURN(options.blessed, ReadBlessedShifts(*client));
  }
  return CompareSides(baseline, candidate, options);
}

std::string RenderComparison(const ComparisonReport& report, Format format, const Style& style) {
  switch (format) {
    case Format::kTable:
      return RenderComparisonText(report, style);
    case Format::kJson:
      return ComparisonJson(report);
    case Format::kCsv:
      return RenderComparisonCsv(report);
    case Format::kMarkdown:
      return RenderComparisonMarkdown(report);
    case Format::kHtml:
      return RenderComparisonHtml(report);
  }
  return "";
}

absl::StatusOr<int> CompareCommand(const CompareOptions& options, const Session& session) {
  if (!options.across.empty()) return CompareAcrossCommand(options, session);
  if (options.candidate.empty()) {
    return absl::InvalidArgumentError(
        "compare needs two sides, BASE and NEW (or one and --across hosts)");
  }
  BF_ASSIGN_OR_RETURN(const ComparisonOptions comparison_options,
                      MakeComparisonOptions(options.judge));
  SideLoader loader(session, MakeSideFilter(options.judge), options.job, options.judge.read);
  BF_ASSIGN_OR_RETURN(const Side baseline, loader.Load(options.baseline));
  BF_ASSIGN_OR_RETURN(const Side candidate, loader.Load(options.candidate));
  BF_RETURN_IF_ERROR(loader.CheckFileFlags());
  BF_ASSIGN_OR_RETURN(const ComparisonReport report,
                      CompareLoaded(loader, baseline, candidate, comparison_options));
  const Style style = options.output.empty() ? session.out_style : Style();
  BF_RETURN_IF_ERROR(
      Deliver(RenderComparison(report, session.format, style), options.output, session));
  if (!report.rows.empty()) return kExitOk;
  return absl::NotFoundError(
      absl::StrFormat("%s and %s have no series in common that can be compared", baseline.name(),
                      candidate.name()));
}

}  // namespace benchfleet
