// What the coordinator remembers. The seam behind which SQLite (or another database) stands:
// nothing outside storage/ knows which one it is.
//
// Life cycle: 1. OpenSqliteStore (storage/sqlite_store.h) opens or creates, and migrates; 2.
// methods are called from one thread at a time (the storage thread; tests call it directly), always
// inside InTransaction when they write; 3. destruction closes. A method that fails leaves no trace
// of itself; the others of the same transaction stand. Errors: kResourceExhausted when the disk is
// full, kDataLoss when the file is damaged, kFailedPrecondition when the file was written by a
// newer version; kNotFound and kInvalidArgument as named.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/control.h"
#include "proto/history.h"
#include "proto/model.h"
#include "proto/session.h"

namespace benchfleet {

struct StoreIdentity {
  std::string coordinator_id;  // drawn when the store is made
  std::string host_salt;       // for host digests
};

struct StoredHost {
  std::string name;
  StringMap labels;
  HostFingerprint fingerprint;
  std::string agent_version;
  std::vector<WorkloadDescription> workloads;
  absl::Time first_seen = absl::InfinitePast();
  absl::Time last_seen = absl::InfinitePast();
};

struct StoredTask {
  TaskId id;
  JobId job;
  std::string host;
  std::string workload;
  StringMap parameters;
  State state = State::kWaiting;
  std::string message;
  // Of a task on several hosts: clients first, each role in order of name; `host` is the first.
  std::vector<TaskMember> members = {};
};

struct StoredJob {
  JobId id;
  JobSpec spec;
  State state = State::kWaiting;
  std::string message;
  std::string submitted_by;
  absl::Time created_at = absl::InfinitePast();
  absl::Time started_at = absl::InfinitePast();
  absl::Time finished_at = absl::InfinitePast();
  std::string source;  // of imported results, else ""
};

// One attempt. Made (kRunning) before an agent hears of it, so that its id is never used twice.
struct StoredRun {
  RunId id;
  TaskId task;
  std::string host;
  uint32_t repetition = 0;  // from 0
  uint32_t attempt = 0;     // from 0
  State state = State::kRunning;
  Outcome outcome = Outcome::kUnspecified;
  std::string message;
  absl::Time created_at = absl::InfinitePast();
  uint64_t samples = 0;
  uint32_t member = 0;    // of its task's members
  std::string role = {};  // of that member; "" where the task is for one host
};

// Everything that a restarted scheduler needs of a job that has not ended.
struct OpenJob {
  StoredJob job;
  std::vector<StoredTask> tasks;  // in order of TaskId: the order in which they were made
  std::vector<StoredRun> runs;    // in order of RunId
};

struct JobOverview {
  StoredJob job;
  uint64_t tasks = 0, tasks_done = 0, tasks_failed = 0;
  uint64_t runs_done = 0;  // outcome ok
  uint64_t samples = 0;
};

// Ids below these are the coordinator's to give, the others the store's, for imported results.
inline constexpr JobId kFirstImportedJob{1'000'000'000};
inline constexpr TaskId kFirstImportedTask{uint64_t{1} << 40};
inline constexpr RunId kFirstImportedRun{uint64_t{1} << 40};

// What became of one batch.
struct IngestResult {
  uint64_t acked_sequence = 0;  // all of the spool up to here is durable once the transaction is
  struct Started {
    RunId run;
    absl::Time at;
  };
  struct Finished {
    RunId run;
    Outcome outcome = Outcome::kUnspecified;
    std::string message;
    uint64_t samples = 0;
  };
  std::vector<Started> started;
  std::vector<Finished> finished;  // newly: a repeated record is not listed again
  std::vector<HostFingerprint> fingerprints;
  uint64_t new_records = 0;
  uint64_t new_samples = 0;
  uint64_t new_payload_bytes = 0;
  std::vector<std::string>
      refused;  // records that no correct agent sends, one line each, at most 10
};

struct StoreStatistics {
  uint64_t file_bytes = 0;  // with the write-ahead log
  uint64_t samples = 0;
  uint64_t runs = 0;
};

// Implemented by SqliteStore (storage/sqlite_store.h).
class Store {
 public:
  virtual ~Store() = default;

  // Runs `body`, in which writing methods are called, and commits durably (synchronous=FULL). When
  // it returns an error nothing of `body` was stored.
  virtual absl::Status InTransaction(const std::function<void()>& body) = 0;

  // Within InTransaction: runs `body`; when it returns an error nothing that it did is stored, and
  // the rest of the transaction stands. May be nested.
  virtual absl::Status AllOrNothing(const std::function<absl::Status()>& body) = 0;
  // Housekeeping that is better done when nobody waits for a commit. Not within a transaction.
  virtual void Rest() {}

  virtual absl::StatusOr<StoreIdentity> Identity() = 0;
  virtual absl::StatusOr<StoreStatistics> Statistics() = 0;

  // ---- hosts
  // Inserts or updates by name; first_seen is kept. A fingerprint whose identity or state digest
  // differs from the host's newest one is added to its history at last_seen.
  virtual absl::Status PutHost(const StoredHost& host) = 0;
  // It was heard of at `at`; an older time than the stored one changes nothing. A host that is not
  // there is left alone.
  virtual absl::Status TouchHost(const std::string& name, absl::Time at) = 0;
  // Leaves it out of Hosts() until it is put again. Its runs, fingerprints and spools stay.
  // kNotFound, with the nearest name.
  virtual absl::Status ForgetHost(const std::string& name, absl::Time at) = 0;
  // By name; none imported, none forgotten.
  virtual absl::StatusOr<std::vector<StoredHost>> Hosts() = 0;
  // Those that a job's tasks are for or were run on; for an imported job the hosts that came with
  // it. By name.
  virtual absl::StatusOr<std::vector<StoredHost>> JobHosts(JobId job) = 0;
  // Newest first, at most `limit`: what changed between consecutive fingerprints.
  virtual absl::StatusOr<std::vector<StateChange>> StateChanges(const std::string& host,
                                                                uint32_t limit) = 0;
  // 0 for a spool never seen.
  virtual absl::StatusOr<uint64_t> AckedSequence(const std::string& host,
                                                 const std::string& spool_id) = 0;

  // ---- jobs. The caller gives the ids: each larger than any before, which LargestIds tells, and
  // smaller than those of imported jobs.
  struct MaxIds {
    JobId job;
    TaskId task;
    RunId run;
  };
  virtual absl::StatusOr<MaxIds> LargestIds() = 0;
  virtual absl::Status CreateJob(const StoredJob& job, const std::vector<StoredTask>& tasks) = 0;
  virtual absl::Status UpdateJob(
      const StoredJob& job) = 0;  // state, message, started_at, finished_at
  virtual absl::Status UpdateTask(TaskId task, State state, const std::string& message) = 0;
  // The task's coming runs are for another host, or in a task on several for these members; those
  // that it had keep theirs. `host` is the first member's.
  virtual absl::Status MoveTask(TaskId task, const std::string& host,
                                const std::vector<TaskMember>& members) = 0;
  virtual absl::Status CreateRun(const StoredRun& run) = 0;
  // The coordinator's own word (lost, cancelled). Harmless when the run has ended already.
  virtual absl::Status EndRun(RunId run, Outcome outcome, const std::string& message,
                              absl::Time at) = 0;
  // The coordinator's word about a run of a task on several hosts, which stands even where the
  // run has ended already: it then leaves its series, if it was in one.
  virtual absl::Status RetractRun(RunId run, Outcome outcome, const std::string& message,
                                  absl::Time at) = 0;
  virtual absl::StatusOr<std::vector<OpenJob>> OpenJobs() = 0;
  virtual absl::StatusOr<std::vector<JobOverview>> Jobs(
      const JobFilter& filter) = 0;  // newest first
  virtual absl::StatusOr<JobOverview> Job(JobId job) = 0;
  // Mean wall seconds of the last ten finished runs of this cell on this host, or on hosts of the
  // same identity; 0 when there is none.
  virtual absl::StatusOr<double> ExpectedSeconds(const std::string& workload,
                                                 const StringMap& parameters,
                                                 const std::string& host) = 0;

  // ---- samples
  // Applies the records after what is already acked; a gap is kInvalidArgument and nothing is
  // applied. A RunFinished ends its run if it is open, or if it was ended as lost and no later
  // attempt of the same task and repetition exists (the late result is taken after all, unless
  // other hosts took part: their attempt is over). A damaged
  // chunk, or one of an unknown run, is refused by name and the rest goes on. A run whose stored
  // sample counts differ from those its RunFinished names is ended as kGarbled.
  virtual absl::StatusOr<IngestResult> Ingest(const std::string& host, const RecordBatch& batch,
                                              absl::Time now) = 0;
  // Runs of a job after `after`, by id, at most `limit`, with metrics and summaries (derived ones
  // too).
  virtual absl::StatusOr<std::vector<RunResult>> Runs(JobId job, RunId after, uint32_t limit) = 0;
  // Chunks of a run in order of (metric, first_index), metrics in the order of announcement, from
  // `*position` (0 at first) on, to about `max_bytes`; moves `*position`; an empty answer is the
  // end.
  virtual absl::StatusOr<std::vector<SampleChunk>> Chunks(RunId run, uint64_t* position,
                                                          size_t max_bytes) = 0;

  // The newest `limit` runs of a series, the newest first; runs with outcome ok alone are in one.
  virtual absl::StatusOr<std::vector<HistoryPoint>> History(const SeriesKey& series,
                                                            uint32_t limit) = 0;
  // By id. kResourceExhausted where more than limits::kMaxSeriesRead fit.
  virtual absl::StatusOr<std::vector<Series>> FindSeries(const HistoryFilter& filter) = 0;
  // Points of a series that fit, the newest first, those behind `*after` where it is not null.
  virtual absl::StatusOr<std::vector<HistoryPoint>> Points(SeriesId series,
                                                           const HistoryFilter& filter,
                                                           const HistoryPoint* after,
                                                           uint32_t limit) = 0;

  // ---- what people said about it. Names and words are stored as they are given.
  // Adds a setting of the name. kNotFound and kFailedPrecondition name the job or run that cannot
  // be in a baseline: it does not exist, has not ended, has no run with outcome ok. A removal of a
  // name that stands for nothing is kNotFound, with the nearest name that does.
  virtual absl::Status SetBaseline(const Baseline& setting) = 0;
  // What each name behind `after` stands for, by name.
  virtual absl::StatusOr<std::vector<Baseline>> Baselines(const std::string& after,
                                                          uint32_t limit) = 0;
  // All settings of a name, the newest first; kNotFound, with the nearest name, where there is
  // none.
  virtual absl::StatusOr<std::vector<Baseline>> BaselineSettings(const std::string& name,
                                                                 uint32_t limit) = 0;
  // kNotFound: no such series.
  virtual absl::Status AddBlessing(const Blessing& blessing) = 0;
  virtual absl::StatusOr<std::vector<Blessing>> Blessings(uint64_t after_id, uint32_t limit) = 0;
  // kAlreadyExists says who did it before, and when. What was withdrawn can be acknowledged again;
  // a withdrawal where nothing stands is kNotFound, with the nearest name. All are kept.
  virtual absl::Status AddAcknowledgement(const Acknowledgement& acknowledgement) = 0;
  virtual absl::StatusOr<std::vector<Acknowledgement>> Acknowledgements(uint64_t after_id,
                                                                        uint32_t limit) = 0;
  virtual absl::Status AddSelftest(const PublishedSelftest& selftest) = 0;
  virtual absl::StatusOr<std::optional<PublishedSelftest>> NewestSelftest() = 0;

  // ---- import: a finished job with its runs and chunks, under new ids from kFirstImportedJob on,
  // which the callers of CreateJob and CreateRun never give. Imported hosts are apart from the
  // fleet's hosts, whatever their names.
  virtual absl::StatusOr<JobId> ImportJob(const JobResult& job) = 0;
  virtual absl::Status ImportRun(JobId job, const RunResult& run,
                                 const std::vector<SampleChunk>& chunks) = 0;
};

}  // namespace benchfleet
