#include "storage/sqlite_import.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "storage/sqlite_history.h"
#include "storage/sqlite_hosts.h"
#include "storage/sqlite_jobs.h"

namespace benchfleet::sqlite {
namespace {

StoredHost ToStored(const HostStatus& from) {
  return {from.name,      from.labels,     from.fingerprint, from.agent_version,
          from.workloads, from.first_seen, from.last_seen};
}

// The host as the file names it; one that the file does not describe is made with its name alone.
absl::StatusOr<int64_t> ImportedHost(Database& db, JobId job, const std::string& name) {
  const auto imported_by = static_cast<int64_t>(job.value);
  absl::StatusOr<int64_t> known = FindHost(db, name, imported_by);
  if (!absl::IsNotFound(known.status())) return known;
  StoredHost host;
  host.name = name;
  BF_RETURN_IF_ERROR(PutHost(db, host, imported_by));
  return FindHost(db, name, imported_by);
}

// The id after the largest of a table, in the range of imported ones.
absl::StatusOr<uint64_t> NextId(Database& db, const char* largest, uint64_t first) {
  BF_ASSIGN_OR_RETURN(const int64_t last, db.Number(largest));
  return std::max(static_cast<uint64_t>(last) + 1, first);
}

// Clients come first, each role in order of name.
std::vector<TaskMember> SortedMembers(const RunResult& run) {
  std::vector<TaskMember> members = run.members;
  std::sort(members.begin(), members.end());
  return members;
}

// All runs of one cell on one host, or on the same hosts in the same roles, are one task, as they
// were where they were measured.
absl::StatusOr<TaskId> ImportedTask(Database& db, JobId job, const RunResult& run, int64_t host) {
  BF_ASSIGN_OR_RETURN(const int64_t cell, FindOrAddCell(db, run.workload, run.parameters));
  const std::vector<TaskMember> members = SortedMembers(run);
  for (const TaskMember& member : members) {
    BF_RETURN_IF_ERROR(ImportedHost(db, job, member.host).status());
  }
  const std::string text = MembersText(members);
  BF_ASSIGN_OR_RETURN(const int64_t known,
                      db.Number("SELECT id FROM task WHERE job = ?1 AND cell = ?2 AND members = ?4 "
                                "AND (?4 <> '' OR host = ?3)",
                                job, cell, host, text));
  if (known != 0) return TaskId{static_cast<uint64_t>(known)};
  BF_ASSIGN_OR_RETURN(const uint64_t id,
                      NextId(db, "SELECT max(id) FROM task", kFirstImportedTask.value));
  const StoredTask task{TaskId{id},
                        job,
                        members.empty() ? run.host : members[0].host,
                        run.workload,
                        run.parameters,
                        State::kDone,
                        "",
                        members};
  BF_ASSIGN_OR_RETURN(const int64_t first, ImportedHost(db, job, task.host));
  BF_RETURN_IF_ERROR(InsertTask(db, task, first));
  return task.id;
}

// Summaries of metrics whose samples are not there, as the file gives them.
absl::Status ImportSummaries(Database& db, const RunRow& row, const RunResult& run) {
  for (const MetricSummary& summary : run.summaries) {
    const auto channel = row.channels.find(summary.metric);
    if (channel == row.channels.end()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("the metric '%s' has a summary but no description", summary.metric));
    }
    const std::string& source = channel->second.metric.derived_from;
    const Channel& measured = source.empty() ? channel->second : row.channels.find(source)->second;
    if (measured.samples != 0) continue;
    MetricSummary kept = summary;
    kept.aggregate_only = true;
    BF_RETURN_IF_ERROR(StoreSummary(db, row.id, channel->second.number, kept));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JobId> ImportJob(Database& db, const JobResult& job) {
  const JobStatus& status = job.status;
  if (!IsFinal(status.state)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("job '%s' is %s: only a finished one can be imported", job.spec.name,
                        StateName(status.state)));
  }
  BF_ASSIGN_OR_RETURN(const uint64_t id,
                      NextId(db, "SELECT max(id) FROM job", kFirstImportedJob.value));
  StoredJob stored;
  stored.id = JobId{id};
  stored.spec = job.spec;
  stored.state = status.state;
  stored.message = status.message;
  stored.submitted_by = status.submitted_by;
  stored.created_at = status.created_at;
  stored.started_at = status.started_at;
  stored.finished_at = status.finished_at;
  stored.source = job.source;
  BF_RETURN_IF_ERROR(InsertJob(db, stored));
  for (const HostStatus& host : job.hosts) {
    BF_RETURN_IF_ERROR(PutHost(db, ToStored(host), static_cast<int64_t>(id)));
  }
  return stored.id;
}

absl::Status ImportRun(Database& db, RunCache& runs, JobId job, const RunResult& run,
                       const std::vector<SampleChunk>& chunks) {
  BF_RETURN_IF_ERROR(Job(db, job).status());
  const std::string fault = MetricsFault(run.metrics);
  if (!fault.empty()) return absl::InvalidArgumentError(fault);
  BF_ASSIGN_OR_RETURN(const int64_t host, ImportedHost(db, job, run.host));
  BF_ASSIGN_OR_RETURN(const TaskId task, ImportedTask(db, job, run, host));
  BF_ASSIGN_OR_RETURN(const uint64_t id,
                      NextId(db, "SELECT max(id) FROM run", kFirstImportedRun.value));
  StoredRun made;
  made.id = RunId{id};
  made.task = task;
  made.repetition = run.repetition;
  made.attempt = run.attempt;
  made.created_at = run.finished.started_at;
  const std::vector<TaskMember> members = SortedMembers(run);
  const auto self = std::find(members.begin(), members.end(), TaskMember{run.role, run.host});
  if (!members.empty() && self == members.end()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "run %d on host '%s' is not among the members of its task", run.run.value, run.host));
  }
  made.member = static_cast<uint32_t>(self - members.begin());
  BF_RETURN_IF_ERROR(CreateRun(db, made));
  BF_ASSIGN_OR_RETURN(RunRow* const row, runs.Find(db, made.id));
  BF_RETURN_IF_ERROR(AddMetrics(db, *row, run.metrics));
  RunFinished counted = run.finished;
  counted.sample_counts.clear();
  for (const SampleChunk& chunk : chunks) {
    const std::string chunk_fault = ChunkFault(*row, chunk);
    if (!chunk_fault.empty()) return absl::InvalidArgumentError(chunk_fault);
    BF_RETURN_IF_ERROR(AddChunk(db, *row, chunk));
    counted.sample_counts[chunk.metric] += chunk.count;
  }
  std::map<std::string, uint64_t> told = run.finished.sample_counts;
  std::erase_if(told, [](const auto& count) { return count.second == 0; });
  if (!chunks.empty() && counted.sample_counts != told) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "the samples of run %d are not as many as its sample_counts say", run.run.value));
  }
  BF_RETURN_IF_ERROR(AddReport(db, *row, run.finished));
  BF_RETURN_IF_ERROR(EndReportedRun(db, *row, counted));
  BF_RETURN_IF_ERROR(ImportSummaries(db, *row, run));
  runs.Forget(made.id);
  return AddToHistory(db, made.id);
}

}  // namespace benchfleet::sqlite
