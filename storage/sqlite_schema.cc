#include "storage/sqlite_schema.h"

#include <iterator>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "proto/convert.h"
#include "storage/sqlite_jobs.h"
#include "storage/sqlite_migrations.h"

namespace benchfleet {
namespace {

// Version 1: hosts, jobs, runs, samples. Enumerations are stored by their numbers in model.proto,
// times as Unix nanoseconds; NULL is "not yet".
constexpr char kVersion1[] = R"sql(
CREATE TABLE store (
  only_row       INTEGER PRIMARY KEY CHECK (only_row = 1),
  coordinator_id TEXT NOT NULL,
  host_salt      TEXT NOT NULL,
  runs           INTEGER NOT NULL DEFAULT 0,
  samples        INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE host (
  id            INTEGER PRIMARY KEY,
  name          TEXT NOT NULL,
  imported_by   INTEGER NOT NULL DEFAULT 0,
  labels        TEXT NOT NULL,
  agent_version TEXT NOT NULL,
  workloads     BLOB NOT NULL,
  first_seen_ns INTEGER,
  last_seen_ns  INTEGER,
  UNIQUE (name, imported_by)
) STRICT;

CREATE TABLE fingerprint (
  id              INTEGER PRIMARY KEY,
  host            INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
  at_ns           INTEGER,
  identity_digest TEXT NOT NULL,
  state_digest    TEXT NOT NULL,
  host_digest     TEXT NOT NULL,
  value           BLOB NOT NULL
) STRICT;
CREATE INDEX fingerprint_of_host ON fingerprint (host, id);

CREATE TABLE spool (
  host           INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
  spool_id       TEXT NOT NULL,
  acked_sequence INTEGER NOT NULL,
  PRIMARY KEY (host, spool_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE job (
  id             INTEGER PRIMARY KEY,
  name           TEXT NOT NULL,
  revision       TEXT NOT NULL,
  state          INTEGER NOT NULL,
  message        TEXT NOT NULL,
  submitted_by   TEXT NOT NULL,
  source         TEXT NOT NULL,
  created_at_ns  INTEGER,
  started_at_ns  INTEGER,
  finished_at_ns INTEGER,
  tasks          INTEGER NOT NULL DEFAULT 0,
  tasks_done     INTEGER NOT NULL DEFAULT 0,
  tasks_failed   INTEGER NOT NULL DEFAULT 0,
  runs           INTEGER NOT NULL DEFAULT 0,
  runs_done      INTEGER NOT NULL DEFAULT 0,
  samples        INTEGER NOT NULL DEFAULT 0,
  spec           BLOB NOT NULL
) STRICT;
CREATE INDEX job_open ON job (id) WHERE state < 3;
CREATE INDEX job_by_name ON job (name, id);

CREATE TABLE cell (
  id         INTEGER PRIMARY KEY,
  workload   TEXT NOT NULL,
  parameters TEXT NOT NULL,
  UNIQUE (workload, parameters)
) STRICT;

CREATE TABLE task (
  id      INTEGER PRIMARY KEY,
  job     INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  host    INTEGER NOT NULL REFERENCES host (id),
  cell    INTEGER NOT NULL REFERENCES cell (id),
  state   INTEGER NOT NULL,
  message TEXT NOT NULL
) STRICT;
CREATE INDEX task_of_job ON task (job, cell, host);

CREATE TABLE run (
  id              INTEGER PRIMARY KEY,
  task            INTEGER NOT NULL REFERENCES task (id) ON DELETE CASCADE,
  job             INTEGER NOT NULL,
  host            INTEGER NOT NULL,
  cell            INTEGER NOT NULL,
  repetition      INTEGER NOT NULL,
  attempt         INTEGER NOT NULL,
  state           INTEGER NOT NULL,
  outcome         INTEGER NOT NULL,
  message         TEXT NOT NULL,
  created_at_ns   INTEGER,
  started_at_ns   INTEGER,
  finished_at_ns  INTEGER,
  wall_ns         INTEGER,
  identity_digest TEXT,
  state_digest    TEXT,
  samples         INTEGER NOT NULL DEFAULT 0,
  UNIQUE (task, repetition, attempt)
) STRICT;
CREATE INDEX run_of_job ON run (job, id);
CREATE INDEX run_time_on_host ON run (cell, host, id) WHERE outcome = 1 AND wall_ns > 0;
CREATE INDEX run_time_on_identity ON run (cell, identity_digest, id)
  WHERE outcome = 1 AND wall_ns > 0;

CREATE TABLE run_detail (
  run      INTEGER PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE,
  started  BLOB,
  finished BLOB
) STRICT;

CREATE TABLE run_metric (
  run            INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  metric         INTEGER NOT NULL,
  name           TEXT NOT NULL,
  unit           TEXT NOT NULL,
  direction      INTEGER NOT NULL,
  derived_from   TEXT NOT NULL,
  numerator      REAL NOT NULL,
  count          INTEGER,
  min            REAL,
  max            REAL,
  mean           REAL,
  stddev         REAL,
  median         REAL,
  p95            REAL,
  p99            REAL,
  aggregate_only INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (run, metric)
) STRICT, WITHOUT ROWID;

CREATE TABLE chunk (
  id          INTEGER PRIMARY KEY,
  run         INTEGER NOT NULL,
  metric      INTEGER NOT NULL,
  first_index INTEGER NOT NULL,
  count       INTEGER NOT NULL,
  encoding    INTEGER NOT NULL,
  operations  INTEGER NOT NULL,
  warmup      INTEGER NOT NULL,
  payload     BLOB NOT NULL,
  FOREIGN KEY (run, metric) REFERENCES run_metric (run, metric) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX chunk_of_run ON chunk (run, metric, first_index);

CREATE TRIGGER task_added AFTER INSERT ON task BEGIN
  UPDATE job SET tasks = tasks + 1, tasks_done = tasks_done + (NEW.state = 3),
                 tasks_failed = tasks_failed + (NEW.state = 4) WHERE id = NEW.job;
END;
CREATE TRIGGER task_changed AFTER UPDATE OF state ON task BEGIN
  UPDATE job SET tasks_done = tasks_done + (NEW.state = 3) - (OLD.state = 3),
                 tasks_failed = tasks_failed + (NEW.state = 4) - (OLD.state = 4)
    WHERE id = NEW.job;
END;
CREATE TRIGGER run_added AFTER INSERT ON run BEGIN
  UPDATE job SET runs = runs + 1, runs_done = runs_done + (NEW.outcome = 1),
                 samples = samples + NEW.samples WHERE id = NEW.job;
  UPDATE store SET runs = runs + 1, samples = samples + NEW.samples;
END;
CREATE TRIGGER run_changed AFTER UPDATE OF outcome, samples ON run BEGIN
  UPDATE job SET runs_done = runs_done + (NEW.outcome = 1) - (OLD.outcome = 1),
                 samples = samples + NEW.samples - OLD.samples WHERE id = NEW.job;
  UPDATE store SET samples = samples + NEW.samples - OLD.samples;
END;
)sql";

// Version 2: series and their history, filled from the summaries that are there; and the view
// `result` for people with a SQL prompt.
constexpr char kVersion2[] = R"sql(
CREATE TABLE series (
  id        INTEGER PRIMARY KEY,
  cell      INTEGER NOT NULL REFERENCES cell (id),
  metric    TEXT NOT NULL,
  unit      TEXT NOT NULL,
  identity  TEXT NOT NULL,
  direction INTEGER NOT NULL,
  UNIQUE (cell, metric, unit, identity)
) STRICT;

CREATE TABLE history (
  series         INTEGER NOT NULL REFERENCES series (id),
  at_ns          INTEGER NOT NULL,
  run            INTEGER NOT NULL,
  job            INTEGER NOT NULL,
  revision       TEXT NOT NULL,
  host           TEXT NOT NULL,
  state_digest   TEXT NOT NULL,
  count          INTEGER NOT NULL,
  min            REAL,
  max            REAL,
  mean           REAL,
  stddev         REAL,
  median         REAL,
  p95            REAL,
  p99            REAL,
  aggregate_only INTEGER NOT NULL,
  PRIMARY KEY (series, at_ns, run)
) STRICT, WITHOUT ROWID;

CREATE VIEW run_in_series AS
  SELECT run.id AS run, run.job, job.revision, host.name AS host, run.cell, m.name AS metric,
         m.unit, m.direction,
         coalesce(nullif(run.identity_digest, ''), 'host:' || host.name) AS identity,
         coalesce(run.state_digest, '') AS state_digest,
         coalesce(run.finished_at_ns, run.started_at_ns, run.created_at_ns, 0) AS at_ns,
         m.count, m.min, m.max, m.mean, m.stddev, m.median, m.p95, m.p99, m.aggregate_only
  FROM run JOIN run_metric AS m ON m.run = run.id JOIN job ON job.id = run.job
           JOIN host ON host.id = run.host
  WHERE run.outcome = 1 AND m.count > 0;

CREATE VIEW result AS
  SELECT job.id AS job, job.name AS job_name, job.revision, run.id AS run, host.name AS host,
         cell.workload, cell.parameters, run.repetition, run.attempt, run.state, run.outcome,
         m.name AS metric, m.unit, m.count, m.min, m.median, m.mean, m.stddev, m.p95, m.p99, m.max
  FROM run JOIN job ON job.id = run.job JOIN host ON host.id = run.host
           JOIN cell ON cell.id = run.cell LEFT JOIN run_metric AS m ON m.run = run.id;

INSERT OR IGNORE INTO series (cell, metric, unit, identity, direction)
  SELECT DISTINCT cell, metric, unit, identity, direction FROM run_in_series;
INSERT INTO history
  SELECT series.id, r.at_ns, r.run, r.job, r.revision, r.host, r.state_digest, r.count, r.min,
         r.max, r.mean, r.stddev, r.median, r.p95, r.p99, r.aggregate_only
  FROM run_in_series AS r JOIN series USING (cell, metric, unit, identity);
)sql";

// Version 3: tasks on several hosts. A run's key gets its member, which only a table made anew can
// have; whatever refers to `run` by its name still does.
constexpr char kVersion3[] = R"sql(
DROP VIEW run_in_series;
DROP VIEW result;
ALTER TABLE task ADD COLUMN members TEXT NOT NULL DEFAULT '';

CREATE TABLE run_of_version_3 (
  id              INTEGER PRIMARY KEY,
  task            INTEGER NOT NULL REFERENCES task (id) ON DELETE CASCADE,
  job             INTEGER NOT NULL,
  host            INTEGER NOT NULL,
  cell            INTEGER NOT NULL,
  repetition      INTEGER NOT NULL,
  attempt         INTEGER NOT NULL,
  member          INTEGER NOT NULL DEFAULT 0,
  role            TEXT NOT NULL DEFAULT '',
  others          TEXT NOT NULL DEFAULT '',
  state           INTEGER NOT NULL,
  outcome         INTEGER NOT NULL,
  message         TEXT NOT NULL,
  created_at_ns   INTEGER,
  started_at_ns   INTEGER,
  finished_at_ns  INTEGER,
  wall_ns         INTEGER,
  identity_digest TEXT,
  state_digest    TEXT,
  samples         INTEGER NOT NULL DEFAULT 0,
  UNIQUE (task, repetition, attempt, member)
) STRICT;
INSERT INTO run_of_version_3 (id, task, job, host, cell, repetition, attempt, state, outcome,
                              message, created_at_ns, started_at_ns, finished_at_ns, wall_ns,
                              identity_digest, state_digest, samples)
  SELECT id, task, job, host, cell, repetition, attempt, state, outcome, message, created_at_ns,
         started_at_ns, finished_at_ns, wall_ns, identity_digest, state_digest, samples FROM run;
DROP TABLE run;
ALTER TABLE run_of_version_3 RENAME TO run;
CREATE INDEX run_of_job ON run (job, id);
CREATE INDEX run_time_on_host ON run (cell, host, id) WHERE outcome = 1 AND wall_ns > 0;
CREATE INDEX run_time_on_identity ON run (cell, identity_digest, id)
  WHERE outcome = 1 AND wall_ns > 0;
CREATE TRIGGER run_added AFTER INSERT ON run BEGIN
  UPDATE job SET runs = runs + (NEW.member = 0),
                 runs_done = runs_done + (NEW.outcome = 1 AND NEW.member = 0),
                 samples = samples + NEW.samples WHERE id = NEW.job;
  UPDATE store SET runs = runs + 1, samples = samples + NEW.samples;
END;
CREATE TRIGGER run_changed AFTER UPDATE OF outcome, samples ON run BEGIN
  UPDATE job SET runs_done = runs_done + ((NEW.outcome = 1) - (OLD.outcome = 1)) * (NEW.member = 0),
                 samples = samples + NEW.samples - OLD.samples WHERE id = NEW.job;
  UPDATE store SET samples = samples + NEW.samples - OLD.samples;
END;

CREATE VIEW run_in_series AS
  SELECT run.id AS run, run.job, job.revision, host.name AS host, run.cell, m.name AS metric,
         m.unit, m.direction,
         coalesce(nullif(run.identity_digest, ''), 'host:' || host.name) || run.others AS identity,
         coalesce(run.state_digest, '') AS state_digest,
         coalesce(run.finished_at_ns, run.started_at_ns, run.created_at_ns, 0) AS at_ns,
         m.count, m.min, m.max, m.mean, m.stddev, m.median, m.p95, m.p99, m.aggregate_only
  FROM run JOIN run_metric AS m ON m.run = run.id JOIN job ON job.id = run.job
           JOIN host ON host.id = run.host
  WHERE run.outcome = 1 AND m.count > 0;

CREATE VIEW result AS
  SELECT job.id AS job, job.name AS job_name, job.revision, run.id AS run, host.name AS host,
         run.role, task.members, cell.workload, cell.parameters, run.repetition, run.attempt,
         run.state, run.outcome, m.name AS metric, m.unit, m.count, m.min, m.median, m.mean,
         m.stddev, m.p95, m.p99, m.max
  FROM run JOIN job ON job.id = run.job JOIN host ON host.id = run.host
           JOIN task ON task.id = run.task JOIN cell ON cell.id = run.cell
           LEFT JOIN run_metric AS m ON m.run = run.id;
)sql";

// Labels are in the job's specification alone before version 4.
absl::Status FillJobLabels(Database& db) {
  Query jobs = db.Select("SELECT id, spec FROM job");
  while (jobs.Next()) {
    BF_ASSIGN_OR_RETURN(const JobSpec spec, ParseJobSpec(jobs.Bytes(1)));
    BF_RETURN_IF_ERROR(sqlite::InsertJobLabels(db, JobId{jobs.Unsigned(0)}, spec.labels));
  }
  return jobs.status();
}

struct Migration {
  const char* sql;
  absl::Status (*then)(Database& db) = nullptr;  // what SQL alone cannot do
};
constexpr Migration kMigrations[] = {
    {kVersion1},       {kVersion2},       {kVersion3},      {kSchemaVersion4, FillJobLabels},
    {kSchemaVersion5}, {kSchemaVersion6}, {kSchemaVersion7}};

absl::Status ApplyOne(Database& db, int version) {
  // A table that is made anew under its old name must not take along what refers to it. The pragma
  // does nothing within a transaction.
  BF_RETURN_IF_ERROR(db.Script("PRAGMA foreign_keys = OFF"));
  BF_RETURN_IF_ERROR(db.Begin());
  const Migration& migration = kMigrations[version - 1];
  absl::Status status = db.Script(migration.sql);
  if (status.ok() && migration.then != nullptr) status = migration.then(db);
  if (status.ok()) {
    status = db.Script(absl::StrFormat("PRAGMA application_id = %d; PRAGMA user_version = %d",
                                       Database::kApplicationId, version));
  }
  if (status.ok()) status = db.Commit();
  if (!status.ok()) db.Rollback();
  if (status.ok()) status = db.Script("PRAGMA foreign_keys = ON");
  return Annotate(status, absl::StrFormat("changing %s to schema version %d", db.path(), version));
}

}  // namespace

int SchemaVersion() { return static_cast<int>(std::size(kMigrations)); }

absl::Status Migrate(Database& db, int version) {
  BF_ASSIGN_OR_RETURN(const int64_t found, db.Number("PRAGMA user_version"));
  if (found > SchemaVersion()) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s was written by a newer Benchfleet (schema version %d; this one knows up to %d): "
        "upgrade this program, or choose another data directory",
        db.path(), found, SchemaVersion()));
  }
  for (int next = static_cast<int>(found) + 1; next <= version; ++next) {
    BF_RETURN_IF_ERROR(ApplyOne(db, next));
  }
  return absl::OkStatus();
}

}  // namespace benchfleet
