#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "base/text.h"
#include "benchctl/baseline_text.h"
#include "benchctl/bless.h"
#include "benchctl/commands.h"
#include "benchctl/history_query.h"
#include "benchctl/judge_options.h"
#include "benchctl/results.h"
#include "benchctl/side_reference.h"
#include "benchctl/trend_json.h"
#include "benchctl/trend_words.h"

namespace benchfleet {
namespace {

constexpr uint32_t kPointsRead = 10'000;  // of each series, to bless

absl::StatusOr<std::vector<JobStatus>> StatusOf(Client& client, const std::vector<JobId>& jobs) {
  std::vector<JobStatus> found;
  for (const JobId job : jobs) {
    BF_ASSIGN_OR_RETURN(const JobResults results,
                        ReadJobResults(client, job, /*without_samples=*/true));
    found.push_back(results.job.status);
  }
  return found;
}

absl::StatusOr<BaselineContents> ReadContents(Client& client, const std::string& name) {
  BaselineContents contents;
  BF_ASSIGN_OR_RETURN(contents.setting, FindBaseline(client, name));
  BF_ASSIGN_OR_RETURN(contents.jobs, StatusOf(client, contents.setting.jobs));
  return contents;
}

// What the blessings of a job are: one for each series that it moved.
absl::StatusOr<std::vector<Blessing>> BlessingsOfJob(Client& client, JobId job,
                                                     const Baseline* baseline) {
  HistoryQuery query;
  query.filter.in_job = job;
  query.newest = kPointsRead;
  BF_ASSIGN_OR_RETURN(const std::vector<SeriesHistory> histories, ReadAllHistory(client, query));
  BF_ASSIGN_OR_RETURN(const TrendContext context, ReadTrendContext(client));
  BF_ASSIGN_OR_RETURN(const TrendReport report,
                      BuildTrendReport(histories, context, ChangePointOptions()));
  std::vector<Blessing> blessings;
  for (size_t i = 0; i < histories.size(); ++i) {
    auto blessing = ShiftOfJob(histories[i], report.series[i], job, baseline);
    if (blessing) blessings.push_back(*std::move(blessing));
  }
  if (!blessings.empty()) return blessings;
  return absl::NotFoundError(absl::StrFormat(
      "job %d moved none of its %d series for sure%s: there is nothing to bless", job.value,
      histories.size(),
      baseline == nullptr ? "" : " against baseline '" + Printable(baseline->name) + "'"));
}

absl::StatusOr<std::vector<Blessing>> BlessingsOfSeries(Client& client, SeriesId series,
                                                        const std::string& revision) {
  HistoryQuery query;
  query.filter.series = {series};
  query.newest = kPointsRead;
  BF_ASSIGN_OR_RETURN(const std::vector<SeriesHistory> histories, ReadAllHistory(client, query));
  if (histories.empty()) {
    return absl::NotFoundError(absl::StrFormat("there is no series %s", SeriesNumber(series)));
  }
  BF_ASSIGN_OR_RETURN(const TrendContext context, ReadTrendContext(client));
  BF_ASSIGN_OR_RETURN(const TrendReport report,
                      BuildTrendReport(histories, context, ChangePointOptions()));
  BF_ASSIGN_OR_RETURN(Blessing blessing, NewestShift(report.series.front(), revision));
  return std::vector<Blessing>{std::move(blessing)};
}

}  // namespace

absl::StatusOr<int> BaselineSetCommand(const BaselineOptions& options, const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  Baseline setting;
  setting.name = options.name;
  for (const std::string& job : options.jobs) {
    BF_ASSIGN_OR_RETURN(const JobId id, FindJob(*client, job));
    setting.jobs.push_back(id);
  }
  for (const uint64_t run : options.runs) setting.runs.push_back(RunId{run});
  setting.author = options.author;
  setting.reason = options.reason;
  BF_ASSIGN_OR_RETURN(const Baseline stored, client->SetBaseline(setting));
  session.console.err(absl::StrFormat("baseline %s is %s\n", stored.name, JobsText(stored.jobs)));
  return kExitOk;
}

absl::StatusOr<int> BaselineListCommand(const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_ASSIGN_OR_RETURN(const std::vector<Baseline> baselines, client->ListBaselines());
  if (baselines.empty() && session.format == Format::kTable) {
    session.console.err("there is no baseline yet (see: benchctl baseline set --help)\n");
    return kExitOk;
  }
  Print(session, "Baselines", BaselineTable(baselines),
        [&baselines] { return BaselinesJson(baselines); });
  return kExitOk;
}

absl::StatusOr<int> BaselineShowCommand(const BaselineOptions& options, const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_ASSIGN_OR_RETURN(const std::vector<Baseline> settings, client->ShowBaseline(options.name));
  if (session.format == Format::kTable) {
    BF_ASSIGN_OR_RETURN(const std::vector<JobStatus> jobs,
                        StatusOf(*client, settings.front().jobs));
    session.console.out(BaselineText(settings, jobs));
    return kExitOk;
  }
  Print(session, "Baseline " + options.name, BaselineTable(settings),
        [&settings] { return BaselinesJson(settings); });
  return kExitOk;
}

absl::StatusOr<int> BaselineDiffCommand(const BaselineOptions& options, const Session& session) {
  BF_ASSIGN_OR_RETURN(const ComparisonOptions judge, MakeComparisonOptions(options.judge));
  SideLoader loader(session, MakeSideFilter(options.judge), "");
  BF_ASSIGN_OR_RETURN(Client* const client, loader.Connected());
  BF_ASSIGN_OR_RETURN(const BaselineContents one, ReadContents(*client, options.name));
  BF_ASSIGN_OR_RETURN(const BaselineContents other, ReadContents(*client, options.other));
  BF_ASSIGN_OR_RETURN(const Side base, loader.Load("baseline:" + options.name));
  BF_ASSIGN_OR_RETURN(const Side candidate, loader.Load("baseline:" + options.other));
  BF_ASSIGN_OR_RETURN(const ComparisonReport report, CompareLoaded(loader, base, candidate, judge));
  std::string text = RenderComparison(report, session.format, session.out_style);
  if (session.format == Format::kTable) text = BaselineHeads(one, other) + "\n" + text;
  if (session.format == Format::kJson) text = BaselineDiffJson(one, other, text);
  session.console.out(text);
  return kExitOk;
}

absl::StatusOr<int> BaselineRemoveCommand(const BaselineOptions& options, const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_RETURN_IF_ERROR(client->RemoveBaseline(options.name, options.author, options.reason));
  session.console.err(absl::StrFormat(
      "baseline %s is removed; its settings stay known (benchctl baseline show %s)\n",
      Printable(options.name), Printable(options.name)));
  return kExitOk;
}

absl::StatusOr<int> BaselineBlessCommand(const BaselineOptions& options, const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  std::vector<Blessing> blessings;
  const absl::StatusOr<JobId> job = FindJob(*client, options.target);
  if (!job.ok() && LooksLikeSeriesNumber(options.target)) {
    BF_ASSIGN_OR_RETURN(const SeriesId series, ParseSeriesNumber(options.target));
    BF_ASSIGN_OR_RETURN(blessings, BlessingsOfSeries(*client, series, options.revision));
  } else {
    BF_RETURN_IF_ERROR(job.status());
    std::optional<Baseline> baseline;
    if (!options.against.empty()) {
      BF_ASSIGN_OR_RETURN(baseline, FindBaseline(*client, options.against));
    }
    BF_ASSIGN_OR_RETURN(blessings, BlessingsOfJob(*client, *job, baseline ? &*baseline : nullptr));
  }
  BF_RETURN_IF_ERROR(client->Bless(blessings, options.author, options.reason));
  Print(session, "Blessed", BlessingTable(blessings),
        [&blessings] { return BlessingsJson(blessings); });
  session.console.err(absl::StrFormat("%d shift%s blessed: no longer told, unless it grows\n",
                                      blessings.size(), blessings.size() == 1 ? " is" : "s are"));
  return kExitOk;
}

absl::StatusOr<int> BlessingsCommand(const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_ASSIGN_OR_RETURN(const std::vector<Blessing> blessings, client->ListBlessings());
  if (blessings.empty() && session.format == Format::kTable) {
    session.console.err("no shift is blessed\n");
    return kExitOk;
  }
  Print(session, "Blessings", BlessingTable(blessings),
        [&blessings] { return BlessingsJson(blessings); });
  return kExitOk;
}

}  // namespace benchfleet
