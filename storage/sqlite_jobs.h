// Jobs, tasks and runs in the store's tables. Each function is one method of Store
// (storage/store.h has the contracts) or a helper of several; the caller has a transaction.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/sqlite_database.h"
#include "storage/store.h"

namespace benchfleet::sqlite {

absl::StatusOr<Store::MaxIds> LargestIds(Database& db);

// The row of (workload, parameters); made where it is missing.
absl::StatusOr<int64_t> FindOrAddCell(Database& db, const std::string& workload,
                                      const StringMap& parameters);

absl::Status InsertJob(Database& db, const StoredJob& job);  // with its labels
absl::Status InsertJobLabels(Database& db, JobId job, const StringMap& labels);
absl::Status InsertTask(Database& db, const StoredTask& task, int64_t host);
absl::Status CreateJob(Database& db, const StoredJob& job, const std::vector<StoredTask>& tasks);
absl::Status UpdateJob(Database& db, const StoredJob& job);
absl::Status UpdateTask(Database& db, TaskId task, State state, const std::string& message);
absl::Status MoveTask(Database& db, TaskId task, const std::string& host,
                      const std::vector<TaskMember>& members);
absl::Status CreateRun(Database& db, const StoredRun& run);
absl::Status EndRun(Database& db, RunId run, Outcome outcome, const std::string& message,
                    absl::Time at);
absl::Status RetractRun(Database& db, RunId run, Outcome outcome, const std::string& message,
                        absl::Time at);
// "client=alpha,server=beta", as task.members has it; "" for none.
std::string MembersText(const std::vector<TaskMember>& members);
std::vector<TaskMember> ParseMembers(const std::string& text);
// The state of a run that has ended so.
State EndState(Outcome outcome);

absl::StatusOr<std::vector<OpenJob>> OpenJobs(Database& db);
absl::StatusOr<std::vector<JobOverview>> Jobs(Database& db, const JobFilter& filter);
absl::StatusOr<JobOverview> Job(Database& db, JobId job);
absl::StatusOr<double> ExpectedSeconds(Database& db, const std::string& workload,
                                       const StringMap& parameters, const std::string& host);

}  // namespace benchfleet::sqlite
