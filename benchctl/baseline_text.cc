#include "benchctl/baseline_text.h"

#include "absl/strings/str_format.h"
#include "benchctl/json_parts.h"
#include "benchctl/trend_words.h"
#include "proto/parameters_text.h"

namespace benchfleet {
namespace {

using json::Json;

constexpr size_t kJobsNamed = 4;

// "Ada L. (ada)", "ada"
std::string Who(const std::string& author, const std::string& name) {
  return author.empty() ? name : author + " (" + name + ")";
}

Json HeadOf(const BaselineContents& contents) {
  Json jobs = Json::array();
  for (const JobStatus& job : contents.jobs) {
    jobs.push_back({{"job", job.job.value}, {"name", job.name}, {"revision", job.revision}});
  }
  return {{"name", contents.setting.name},
          {"set_by", contents.setting.set_by},
          {"author", contents.setting.author},
          {"reason", contents.setting.reason},
          {"set_at", json::When(contents.setting.set_at)},
          {"jobs", std::move(jobs)}};
}

std::string Head(const BaselineContents& contents) {
  const Baseline& setting = contents.setting;
  std::string text = setting.name + ": ";
  for (size_t i = 0; i < contents.jobs.size(); ++i) {
    const JobStatus& job = contents.jobs[i];
    text += absl::StrFormat("%sjob %d %s", i == 0 ? "" : ", ", job.job.value, job.name);
    if (!job.revision.empty()) text += " (" + ShortRevision(job.revision) + ")";
  }
  text += "; set " + MinuteText(setting.set_at) + " by " + Who(setting.author, setting.set_by);
  if (!setting.reason.empty()) text += ": " + setting.reason;
  return Printable(text) + "\n";
}

}  // namespace

std::string JobsText(const std::vector<JobId>& jobs) {
  std::vector<std::string> names;
  for (const JobId job : jobs) names.push_back(absl::StrFormat("%d", job.value));
  return (jobs.size() == 1 ? "job " : "jobs ") + NamesText(names, kJobsNamed);
}

Table BaselineTable(const std::vector<Baseline>& baselines) {
  Table table{{{"baseline"}, {"is"}, {"set"}, {"by"}, {"reason"}}, {}};
  for (const Baseline& baseline : baselines) {
    std::string is = baseline.removed ? "removed" : JobsText(baseline.jobs);
    if (!baseline.runs.empty()) is += absl::StrFormat(", %d of its runs", baseline.runs.size());
    table.rows.push_back({baseline.name, is, MinuteText(baseline.set_at),
                          Who(baseline.author, baseline.set_by), baseline.reason});
  }
  return table;
}

std::string BaselineText(const std::vector<Baseline>& settings,
                         const std::vector<JobStatus>& jobs) {
  Table table{{{"job", true}, {"name"}, {"revision"}, {"finished"}, {"runs", true}}, {}};
  for (const JobStatus& job : jobs) {
    table.rows.push_back({absl::StrFormat("%d", job.job.value), job.name,
                          ShortRevision(job.revision), MinuteText(job.finished_at),
                          absl::StrFormat("%d", job.runs_done)});
  }
  const Baseline& newest = settings.front();
  std::string text = newest.removed ? "removed; what it was is below\n" : RenderText(table);
  if (!newest.runs.empty()) {
    text += absl::StrFormat("%d of the runs count\n", newest.runs.size());
  }
  return text + "\n" + RenderText(BaselineTable(settings));
}

Table BlessingTable(const std::vector<Blessing>& blessings) {
  Table table{{{"series"},
               {"what"},
               {"from"},
               {"to"},
               {"before", true},
               {"after", true},
               {"shift", true},
               {"interval"},
               {"by"},
               {"reason"}},
              {}};
  for (const Blessing& blessing : blessings) {
    TrendShift shift;
    shift.level = ShiftOf(blessing);
    const std::string& unit = blessing.series.key.unit;
    table.rows.push_back(
        {SeriesNumber(blessing.series.id), SeriesTitle(blessing.series),
         blessing.baseline.empty() ? ShortRevision(blessing.from_revision) : blessing.baseline,
         ShortRevision(blessing.to_revision), FormatValue(blessing.before, unit),
         FormatValue(blessing.after, unit), ShiftText(shift, unit), ShiftIntervalText(shift, unit),
         Who(blessing.author, blessing.blessed_by), blessing.reason});
  }
  return table;
}

std::string BlessingsJson(const std::vector<Blessing>& blessings) {
  Json list = Json::array();
  for (const Blessing& blessing : blessings) {
    list.push_back({{"series", SeriesNumber(blessing.series.id)},
                    {"workload", blessing.series.key.workload},
                    {"parameters", blessing.series.key.parameters},
                    {"metric", blessing.series.key.metric},
                    {"unit", blessing.series.key.unit},
                    {"before", json::Number(blessing.before)},
                    {"after", json::Number(blessing.after)},
                    {"shift", {{"low", blessing.shift_low}, {"high", blessing.shift_high}}},
                    {"logarithmic", blessing.logarithmic},
                    {"from_revision", blessing.from_revision},
                    {"to_revision", blessing.to_revision},
                    {"baseline", blessing.baseline},
                    {"author", blessing.author},
                    {"blessed_by", blessing.blessed_by},
                    {"reason", blessing.reason},
                    {"at", json::When(blessing.at)}});
  }
  return json::Dump({{"blessings", std::move(list)}});
}

std::string BaselineHeads(const BaselineContents& one, const BaselineContents& other) {
  return Head(one) + Head(other);
}

std::string BaselineDiffJson(const BaselineContents& one, const BaselineContents& other,
                             const std::string& comparison) {
  return json::Dump(
      {{"one", HeadOf(one)}, {"other", HeadOf(other)}, {"comparison", Json::parse(comparison)}});
}

}  // namespace benchfleet
