// The newer migrations of the store's schema; private to sqlite_schema.cc, which has the older ones
// and says how they are applied. One that was released is never edited.
#pragma once

namespace benchfleet {

// Version 4: jobs found by label and revision; baselines, blessings, acknowledged incidents.
inline constexpr char kSchemaVersion4[] = R"sql(
CREATE TABLE job_label (
  name  TEXT NOT NULL,
  value TEXT NOT NULL,
  job   INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  PRIMARY KEY (name, value, job)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_by_revision ON job (revision, id);

CREATE TABLE baseline (
  id        INTEGER PRIMARY KEY,
  name      TEXT NOT NULL,
  author    TEXT NOT NULL,
  set_by    TEXT NOT NULL,
  reason    TEXT NOT NULL,
  set_at_ns INTEGER NOT NULL,
  removed   INTEGER NOT NULL
) STRICT;
CREATE INDEX baseline_by_name ON baseline (name, id);
CREATE TABLE baseline_job (
  baseline INTEGER NOT NULL REFERENCES baseline (id) ON DELETE CASCADE,
  job      INTEGER NOT NULL REFERENCES job (id),
  PRIMARY KEY (baseline, job)
) STRICT, WITHOUT ROWID;
CREATE TABLE baseline_run (
  baseline INTEGER NOT NULL REFERENCES baseline (id) ON DELETE CASCADE,
  run      INTEGER NOT NULL REFERENCES run (id),
  PRIMARY KEY (baseline, run)
) STRICT, WITHOUT ROWID;

CREATE TABLE blessing (
  id            INTEGER PRIMARY KEY,
  series        INTEGER NOT NULL REFERENCES series (id),
  before        REAL NOT NULL,
  after         REAL NOT NULL,
  shift_low     REAL NOT NULL,
  shift_high    REAL NOT NULL,
  logarithmic   INTEGER NOT NULL,
  from_revision TEXT NOT NULL,
  to_revision   TEXT NOT NULL,
  baseline      TEXT NOT NULL,
  author        TEXT NOT NULL,
  blessed_by    TEXT NOT NULL,
  reason        TEXT NOT NULL,
  at_ns         INTEGER NOT NULL
) STRICT;

CREATE TABLE acknowledgement (
  id              INTEGER PRIMARY KEY,
  incident        TEXT NOT NULL UNIQUE,
  author          TEXT NOT NULL,
  acknowledged_by TEXT NOT NULL,
  reason          TEXT NOT NULL,
  at_ns           INTEGER NOT NULL
) STRICT;

CREATE TABLE selftest (
  id    INTEGER PRIMARY KEY,
  at_ns INTEGER NOT NULL,
  value BLOB NOT NULL
) STRICT;
)sql";

// Version 5: a task's members change when one of them is lost; a run has those that took part.
inline constexpr char kSchemaVersion5[] = R"sql(
ALTER TABLE run ADD COLUMN members TEXT NOT NULL DEFAULT '';
UPDATE run SET members = (SELECT members FROM task WHERE task.id = run.task) WHERE role <> '';

DROP VIEW result;
CREATE VIEW result AS
  SELECT job.id AS job, job.name AS job_name, job.revision, run.id AS run, host.name AS host,
         run.role, run.members, cell.workload, cell.parameters, run.repetition, run.attempt,
         run.state, run.outcome, m.name AS metric, m.unit, m.count, m.min, m.median, m.mean,
         m.stddev, m.p95, m.p99, m.max
  FROM run JOIN job ON job.id = run.job JOIN host ON host.id = run.host
           JOIN cell ON cell.id = run.cell LEFT JOIN run_metric AS m ON m.run = run.id;
)sql";

// Version 6: an acknowledgement can be withdrawn; all that was said of an incident is kept.
inline constexpr char kSchemaVersion6[] = R"sql(
CREATE TABLE acknowledgement_6 (
  id              INTEGER PRIMARY KEY,
  incident        TEXT NOT NULL,
  author          TEXT NOT NULL,
  acknowledged_by TEXT NOT NULL,
  reason          TEXT NOT NULL,
  at_ns           INTEGER NOT NULL,
  withdrawn       INTEGER NOT NULL
) STRICT;
INSERT INTO acknowledgement_6
  SELECT id, incident, author, acknowledged_by, reason, at_ns, 0 FROM acknowledgement;
DROP TABLE acknowledgement;
ALTER TABLE acknowledgement_6 RENAME TO acknowledgement;
CREATE INDEX acknowledgement_by_incident ON acknowledgement (incident, id);
)sql";

// Version 7: a host that is gone for good is left out, and what it measured stays.
inline constexpr char kSchemaVersion7[] = R"sql(
ALTER TABLE host ADD COLUMN forgotten_at_ns INTEGER;
)sql";

}  // namespace benchfleet
