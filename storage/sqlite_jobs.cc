#include "storage/sqlite_jobs.h"

#include <algorithm>
#include <unordered_map>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "proto/convert.h"
#include "storage/json_text.h"
#include "storage/sqlite_conditions.h"
#include "storage/sqlite_hosts.h"

namespace benchfleet::sqlite {
namespace {

// ReadOverview knows the columns.
std::string SelectJobs(const std::string& which) {
  return "SELECT id, spec, state, message, submitted_by, created_at_ns, started_at_ns, "
         "finished_at_ns, source, tasks, tasks_done, tasks_failed, runs_done, samples FROM job " +
         which;
}

absl::StatusOr<JobOverview> ReadOverview(const Query& row) {
  JobOverview overview;
  StoredJob& job = overview.job;
  job.id = JobId{row.Unsigned(0)};
  BF_ASSIGN_OR_RETURN(job.spec, ParseJobSpec(row.Bytes(1)));
  job.state = static_cast<State>(row.Int(2));
  job.message = row.Text(3);
  job.submitted_by = row.Text(4);
  job.created_at = row.Time(5);
  job.started_at = row.Time(6);
  job.finished_at = row.Time(7);
  job.source = row.Text(8);
  overview.tasks = row.Unsigned(9);
  overview.tasks_done = row.Unsigned(10);
  overview.tasks_failed = row.Unsigned(11);
  overview.runs_done = row.Unsigned(12);
  overview.samples = row.Unsigned(13);
  return overview;
}

absl::StatusOr<std::vector<JobOverview>> ReadOverviews(Query rows) {
  std::vector<JobOverview> overviews;
  while (rows.Next()) {
    BF_ASSIGN_OR_RETURN(JobOverview overview, ReadOverview(rows));
    overviews.push_back(std::move(overview));
  }
  BF_RETURN_IF_ERROR(rows.status());
  return overviews;
}

absl::StatusOr<std::vector<StoredTask>> TasksOf(Database& db, JobId job) {
  Query rows = db.Select(
      "SELECT task.id, host.name, cell.workload, cell.parameters, task.state, task.message, "
      "task.members "
      "FROM task JOIN host ON host.id = task.host JOIN cell ON cell.id = task.cell "
      "WHERE task.job = ? ORDER BY task.id",
      job);
  std::vector<StoredTask> tasks;
  while (rows.Next()) {
    StoredTask task{TaskId{rows.Unsigned(0)}, job, rows.Text(1), rows.Text(2), {}, {}, {}, {}};
    BF_ASSIGN_OR_RETURN(task.parameters, FromJsonText(rows.Bytes(3)));
    task.state = static_cast<State>(rows.Int(4));
    task.message = rows.Text(5);
    task.members = ParseMembers(rows.Text(6));
    tasks.push_back(std::move(task));
  }
  BF_RETURN_IF_ERROR(rows.status());
  return tasks;
}

absl::StatusOr<std::vector<StoredRun>> RunsOf(Database& db, JobId job) {
  Query rows = db.Select(
      "SELECT run.id, run.task, host.name, run.repetition, run.attempt, run.state, run.outcome, "
      "run.message, run.created_at_ns, run.samples, run.member, run.role FROM run JOIN host ON "
      "host.id = run.host "
      "WHERE run.job = ? ORDER BY run.id",
      job);
  std::vector<StoredRun> runs;
  while (rows.Next()) {
    runs.push_back({RunId{rows.Unsigned(0)}, TaskId{rows.Unsigned(1)}, rows.Text(2), rows.Small(3),
                    rows.Small(4), static_cast<State>(rows.Int(5)),
                    static_cast<Outcome>(rows.Int(6)), rows.Text(7), rows.Time(8), rows.Unsigned(9),
                    rows.Small(10), rows.Text(11)});
  }
  BF_RETURN_IF_ERROR(rows.status());
  return runs;
}

absl::Status ExpectOne(const Database& db, const char* what, uint64_t id) {
  if (db.rows_changed() == 1) return absl::OkStatus();
  return absl::NotFoundError(absl::StrFormat("there is no %s %d", what, id));
}

// Where a run goes: its host's row and, in a task on several hosts, its role and who the others
// are, for its series.
struct PlaceOfRun {
  int64_t host = 0;
  std::string role;
  std::string others;  // ":client,server=D2"
};

absl::StatusOr<std::string> IdentityOf(Database& db, int64_t host) {
  Query row = db.Select(
      "SELECT coalesce((SELECT nullif(identity_digest, '') FROM fingerprint "
      "WHERE fingerprint.host = host.id ORDER BY fingerprint.id DESC LIMIT 1), 'host:' || name) "
      "FROM host WHERE id = ?",
      host);
  row.Next();
  BF_RETURN_IF_ERROR(row.status());
  return row.Text(0);
}

absl::Status FindPlace(Database& db, const StoredRun& run, PlaceOfRun* place) {
  std::vector<TaskMember> members;
  int64_t imported_by = 0;
  {
    Query task = db.Select(
        "SELECT task.host, task.members, host.imported_by FROM task JOIN host ON host.id = "
        "task.host WHERE task.id = ?",
        run.task);
    if (!task.Next()) {
      BF_RETURN_IF_ERROR(task.status());
      return absl::NotFoundError(absl::StrFormat("there is no task %d", run.task.value));
    }
    place->host = task.Int(0);
    members = ParseMembers(task.Text(1));
    imported_by = task.Int(2);
  }
  if (members.empty()) return absl::OkStatus();
  if (run.member >= members.size()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "task %d has %d members, not %d", run.task.value, members.size(), run.member + 1));
  }
  place->role = members[run.member].role;
  place->others = ":" + place->role;
  for (uint32_t i = 0; i < members.size(); ++i) {
    BF_ASSIGN_OR_RETURN(const int64_t host, FindHost(db, members[i].host, imported_by));
    if (i == run.member) {
      place->host = host;
      continue;
    }
    BF_ASSIGN_OR_RETURN(const std::string identity, IdentityOf(db, host));
    place->others += "," + members[i].role + "=" + identity;
  }
  return absl::OkStatus();
}

// Mean wall seconds of up to ten ok runs, the newest first, that `query` finds.
absl::StatusOr<double> MeanSeconds(Query rows) {
  double sum = 0;
  double count = 0;
  while (rows.Next()) {
    sum += rows.Real(0) * 1e-9;
    count += 1;
  }
  BF_RETURN_IF_ERROR(rows.status());
  return count > 0 ? sum / count : 0.0;
}

}  // namespace

absl::StatusOr<Store::MaxIds> LargestIds(Database& db) {
  Query row = db.Select(
      "SELECT (SELECT max(id) FROM job WHERE id < ?), (SELECT max(id) FROM task WHERE id < ?), "
      "(SELECT max(id) FROM run WHERE id < ?)",
      kFirstImportedJob, kFirstImportedTask, kFirstImportedRun);
  Store::MaxIds ids;
  if (row.Next()) ids = {{row.Unsigned(0)}, {row.Unsigned(1)}, {row.Unsigned(2)}};
  BF_RETURN_IF_ERROR(row.status());
  return ids;
}

absl::StatusOr<int64_t> FindOrAddCell(Database& db, const std::string& workload,
                                      const StringMap& parameters) {
  const std::string text = ToJsonText(parameters);
  BF_ASSIGN_OR_RETURN(
      const int64_t known,
      db.Number("SELECT id FROM cell WHERE workload = ? AND parameters = ?", workload, text));
  if (known != 0) return known;
  BF_RETURN_IF_ERROR(
      db.Run("INSERT INTO cell (workload, parameters) VALUES (?, ?)", workload, text));
  return db.last_insert_id();
}

absl::Status InsertJob(Database& db, const StoredJob& job) {
  BF_RETURN_IF_ERROR(db.Run(
      "INSERT INTO job (id, name, revision, state, message, submitted_by, source, spec, "
      "created_at_ns, started_at_ns, finished_at_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      job.id, job.spec.name, job.spec.revision, job.state, job.message, job.submitted_by,
      job.source, Blob{Serialize(job.spec)}, job.created_at, job.started_at, job.finished_at));
  return InsertJobLabels(db, job.id, job.spec.labels);
}

absl::Status InsertJobLabels(Database& db, JobId job, const StringMap& labels) {
  for (const auto& [name, value] : labels) {
    BF_RETURN_IF_ERROR(
        db.Run("INSERT INTO job_label (name, value, job) VALUES (?, ?, ?)", name, value, job));
  }
  return absl::OkStatus();
}

absl::Status InsertTask(Database& db, const StoredTask& task, int64_t host) {
  BF_ASSIGN_OR_RETURN(const int64_t cell, FindOrAddCell(db, task.workload, task.parameters));
  return db.Run(
      "INSERT INTO task (id, job, host, cell, state, message, members) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)",
      task.id, task.job, host, cell, task.state, task.message, MembersText(task.members));
}

absl::Status CreateJob(Database& db, const StoredJob& job, const std::vector<StoredTask>& tasks) {
  BF_RETURN_IF_ERROR(InsertJob(db, job));
  std::unordered_map<std::string, int64_t> hosts;
  for (const StoredTask& task : tasks) {
    if (task.job != job.id) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "task %d is of job %d, not of job %d", task.id.value, task.job.value, job.id.value));
    }
    auto host = hosts.find(task.host);
    if (host == hosts.end()) {
      BF_ASSIGN_OR_RETURN(const int64_t row, FindHost(db, task.host));
      host = hosts.emplace(task.host, row).first;
    }
    BF_RETURN_IF_ERROR(InsertTask(db, task, host->second));
  }
  return absl::OkStatus();
}

absl::Status UpdateJob(Database& db, const StoredJob& job) {
  BF_RETURN_IF_ERROR(db.Run(
      "UPDATE job SET state = ?, message = ?, started_at_ns = ?, finished_at_ns = ? WHERE id = ?",
      job.state, job.message, job.started_at, job.finished_at, job.id));
  return ExpectOne(db, "job", job.id.value);
}

absl::Status UpdateTask(Database& db, TaskId task, State state, const std::string& message) {
  BF_RETURN_IF_ERROR(
      db.Run("UPDATE task SET state = ?, message = ? WHERE id = ?", state, message, task));
  return ExpectOne(db, "task", task.value);
}

absl::Status MoveTask(Database& db, TaskId task, const std::string& host,
                      const std::vector<TaskMember>& members) {
  BF_ASSIGN_OR_RETURN(const int64_t row, FindHost(db, host));
  for (const TaskMember& member : members) {
    BF_RETURN_IF_ERROR(FindHost(db, member.host).status());
  }
  BF_RETURN_IF_ERROR(db.Run("UPDATE task SET host = ?, members = ? WHERE id = ?", row,
                            MembersText(members), task));
  return ExpectOne(db, "task", task.value);
}

std::string MembersText(const std::vector<TaskMember>& members) {
  std::string text;
  for (const TaskMember& member : members) {
    text += (text.empty() ? "" : ",") + member.role + '=' + member.host;
  }
  return text;
}

std::vector<TaskMember> ParseMembers(const std::string& text) {
  std::vector<TaskMember> members;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    const size_t equals = text.find('=', at);
    members.push_back({text.substr(at, equals - at), text.substr(equals + 1, end - equals - 1)});
    at = end + 1;
  }
  return members;
}

absl::Status CreateRun(Database& db, const StoredRun& run) {
  PlaceOfRun place;
  BF_RETURN_IF_ERROR(FindPlace(db, run, &place));
  BF_RETURN_IF_ERROR(
      db.Run("INSERT INTO run (id, task, job, host, cell, repetition, attempt, state, outcome, "
             "message, created_at_ns, samples, member, role, others, members) "
             "SELECT ?, id, job, ?, cell, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, members FROM task "
             "WHERE id = ?",
             run.id, place.host, run.repetition, run.attempt, run.state, run.outcome, run.message,
             run.created_at, run.member, place.role, place.others, run.task));
  return ExpectOne(db, "task", run.task.value);
}

State EndState(Outcome outcome) {
  if (outcome == Outcome::kOk) return State::kDone;
  return outcome == Outcome::kCancelled ? State::kCancelled : State::kFailed;
}

absl::Status EndRun(Database& db, RunId run, Outcome outcome, const std::string& message,
                    absl::Time at) {
  return db.Run(
      "UPDATE run SET state = ?, outcome = ?, message = ?, finished_at_ns = ? "
      "WHERE id = ? AND state < ?",
      EndState(outcome), outcome, message, at, run, State::kDone);
}

absl::Status RetractRun(Database& db, RunId run, Outcome outcome, const std::string& message,
                        absl::Time at) {
  BF_RETURN_IF_ERROR(
      db.Run("DELETE FROM history WHERE (series, at_ns, run) IN (SELECT series.id, r.at_ns, r.run "
             "FROM run_in_series AS r JOIN series USING (cell, metric, unit, identity) "
             "WHERE r.run = ?)",
             run));
  return db.Run(
      "UPDATE run SET state = ?, outcome = ?, message = ?, "
      "finished_at_ns = coalesce(finished_at_ns, ?) WHERE id = ?",
      EndState(outcome), outcome, message, at, run);
}

absl::StatusOr<std::vector<OpenJob>> OpenJobs(Database& db) {
  // The constant matches the condition of the index job_open.
  BF_ASSIGN_OR_RETURN(const std::vector<JobOverview> jobs,
                      ReadOverviews(db.Select(SelectJobs("WHERE state < 3 ORDER BY id"))));
  std::vector<OpenJob> open;
  for (const JobOverview& overview : jobs) {
    OpenJob& job = open.emplace_back();
    job.job = overview.job;
    BF_ASSIGN_OR_RETURN(job.tasks, TasksOf(db, job.job.id));
    BF_ASSIGN_OR_RETURN(job.runs, RunsOf(db, job.job.id));
  }
  return open;
}

absl::StatusOr<std::vector<JobOverview>> Jobs(Database& db, const JobFilter& filter) {
  Conditions where;
  if (!filter.name.empty()) where.Ask("name = ?", filter.name);
  if (!filter.revision.empty()) where.Ask("revision = ?", filter.revision);
  for (const auto& [name, value] : filter.labels) {
    where.Ask("id IN (SELECT job FROM job_label WHERE name = ? AND value = ?)", name, value);
  }
  where.Add(filter.limit);
  return ReadOverviews(db.SelectWith(
      SelectJobs(where.sql("WHERE ") + " ORDER BY created_at_ns DESC, id DESC LIMIT ?"),
      where.values()));
}

absl::StatusOr<JobOverview> Job(Database& db, JobId job) {
  BF_ASSIGN_OR_RETURN(std::vector<JobOverview> found,
                      ReadOverviews(db.Select(SelectJobs("WHERE id = ?"), job)));
  if (found.empty()) return absl::NotFoundError(absl::StrFormat("there is no job %d", job.value));
  return std::move(found.front());
}

absl::StatusOr<double> ExpectedSeconds(Database& db, const std::string& workload,
                                       const StringMap& parameters, const std::string& host) {
  BF_ASSIGN_OR_RETURN(const int64_t cell,
                      db.Number("SELECT id FROM cell WHERE workload = ? AND parameters = ?",
                                workload, ToJsonText(parameters)));
  if (cell == 0) return 0.0;
  const absl::StatusOr<int64_t> host_row = FindHost(db, host);
  if (absl::IsNotFound(host_row.status())) return 0.0;
  BF_RETURN_IF_ERROR(host_row.status());
  BF_ASSIGN_OR_RETURN(
      const double here,
      MeanSeconds(db.Select("SELECT wall_ns FROM run WHERE cell = ? AND host = ? AND outcome = 1 "
                            "AND wall_ns > 0 "
                            "ORDER BY id DESC LIMIT 10",
                            cell, *host_row)));
  if (here > 0) return here;
  return MeanSeconds(db.Select(
      "SELECT wall_ns FROM run WHERE cell = ? AND outcome = 1 AND wall_ns > 0 AND identity_digest "
      "!= '' AND "
      "identity_digest = (SELECT identity_digest FROM fingerprint WHERE fingerprint.host = ? "
      "ORDER BY fingerprint.id DESC LIMIT 1) ORDER BY id DESC LIMIT 10",
      cell, *host_row));
}

}  // namespace benchfleet::sqlite
