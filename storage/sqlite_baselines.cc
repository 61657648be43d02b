#include "storage/sqlite_baselines.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "base/text.h"
#include "proto/convert.h"
#include "storage/json_text.h"
#include "storage/sqlite_jobs.h"

namespace benchfleet::sqlite {
namespace {

// The newest setting of each name that was not taken away.
constexpr char kStanding[] = "id IN (SELECT max(id) FROM baseline GROUP BY name) AND removed = 0";

template <typename AnyId>
absl::StatusOr<std::vector<AnyId>> ReadIds(Query rows) {
  std::vector<AnyId> ids;
  while (rows.Next()) ids.push_back(AnyId{rows.Unsigned(0)});
  BF_RETURN_IF_ERROR(rows.status());
  return ids;
}

absl::StatusOr<std::vector<Baseline>> ReadBaselines(Database& db, Query rows) {
  std::vector<Baseline> found;
  while (rows.Next()) {
    const int64_t id = rows.Int(0);
    Baseline baseline;
    baseline.name = rows.Text(1);
    baseline.author = rows.Text(2);
    baseline.set_by = rows.Text(3);
    baseline.reason = rows.Text(4);
    baseline.set_at = rows.Time(5);
    baseline.removed = rows.Int(6) != 0;
    BF_ASSIGN_OR_RETURN(baseline.jobs,
                        ReadIds<JobId>(db.Select(
                            "SELECT job FROM baseline_job WHERE baseline = ? ORDER BY job", id)));
    BF_ASSIGN_OR_RETURN(baseline.runs,
                        ReadIds<RunId>(db.Select(
                            "SELECT run FROM baseline_run WHERE baseline = ? ORDER BY run", id)));
    found.push_back(std::move(baseline));
  }
  BF_RETURN_IF_ERROR(rows.status());
  return found;
}

std::string SelectBaselines(const std::string& which) {
  return "SELECT id, name, author, set_by, reason, set_at_ns, removed FROM baseline WHERE " + which;
}

absl::Status NoSuchBaseline(Database& db, const std::string& name) {
  std::vector<std::string> names;
  Query rows = db.Select(std::string("SELECT name FROM baseline WHERE ") + kStanding);
  while (rows.Next()) names.push_back(rows.Text(0));
  BF_RETURN_IF_ERROR(rows.status());
  return absl::NotFoundError(
      absl::StrFormat("there is no baseline '%s'%s", name, DidYouMean(name, names)));
}

absl::Status CheckJob(Database& db, JobId job) {
  BF_ASSIGN_OR_RETURN(const JobOverview found, Job(db, job));
  if (!IsFinal(found.job.state)) {
    return absl::FailedPreconditionError(
        absl::StrFormat("job %d is %s: a baseline is made of jobs that have ended", job.value,
                        StateName(found.job.state)));
  }
  if (found.runs_done > 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrFormat(
      "job %d has no run with outcome ok: nothing can be compared with it", job.value));
}

absl::Status CheckRun(Database& db, RunId run, const std::vector<JobId>& jobs) {
  Query row = db.Select("SELECT job, outcome FROM run WHERE id = ?", run);
  if (!row.Next()) {
    BF_RETURN_IF_ERROR(row.status());
    return absl::NotFoundError(absl::StrFormat("there is no run %d", run.value));
  }
  if (std::find(jobs.begin(), jobs.end(), JobId{row.Unsigned(0)}) == jobs.end()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "run %d is of job %d, which is not among the baseline's jobs", run.value, row.Unsigned(0)));
  }
  const auto outcome = static_cast<Outcome>(row.Int(1));
  if (outcome == Outcome::kOk) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrFormat("run %d ended as '%s': only runs with outcome ok are measurements", run.value,
                      outcome == Outcome::kUnspecified ? "not yet" : OutcomeName(outcome)));
}

}  // namespace

absl::Status SetBaseline(Database& db, const Baseline& setting) {
  if (setting.removed) {
    BF_ASSIGN_OR_RETURN(
        const int64_t standing,
        db.Number(std::string("SELECT id FROM baseline WHERE name = ? AND ") + kStanding,
                  setting.name));
    if (standing == 0) return NoSuchBaseline(db, setting.name);
  } else if (setting.jobs.empty()) {
    return absl::InvalidArgumentError("a baseline without a job");
  }
  for (const JobId job : setting.jobs) BF_RETURN_IF_ERROR(CheckJob(db, job));
  for (const RunId run : setting.runs) BF_RETURN_IF_ERROR(CheckRun(db, run, setting.jobs));
  BF_RETURN_IF_ERROR(
      db.Run("INSERT INTO baseline (name, author, set_by, reason, set_at_ns, removed) "
             "VALUES (?, ?, ?, ?, ?, ?)",
             setting.name, setting.author, setting.set_by, setting.reason, setting.set_at,
             setting.removed));
  const int64_t id = db.last_insert_id();
  for (const JobId job : setting.jobs) {
    BF_RETURN_IF_ERROR(
        db.Run("INSERT OR IGNORE INTO baseline_job (baseline, job) VALUES (?, ?)", id, job));
  }
  for (const RunId run : setting.runs) {
    BF_RETURN_IF_ERROR(
        db.Run("INSERT OR IGNORE INTO baseline_run (baseline, run) VALUES (?, ?)", id, run));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Baseline>> Baselines(Database& db, const std::string& after,
                                                uint32_t limit) {
  return ReadBaselines(
      db, db.Select(SelectBaselines(kStanding) + std::string(" AND name > ? ORDER BY name LIMIT ?"),
                    after, limit));
}

absl::StatusOr<std::vector<Baseline>> BaselineSettings(Database& db, const std::string& name,
                                                       uint32_t limit) {
  BF_ASSIGN_OR_RETURN(
      std::vector<Baseline> settings,
      ReadBaselines(db,
                    db.Select(SelectBaselines("name = ? ORDER BY id DESC LIMIT ?"), name, limit)));
  if (settings.empty()) return NoSuchBaseline(db, name);
  return settings;
}

absl::Status AddBlessing(Database& db, const Blessing& blessing) {
  BF_ASSIGN_OR_RETURN(const int64_t known,
                      db.Number("SELECT id FROM series WHERE id = ?", blessing.series.id));
  if (known == 0) {
    return absl::NotFoundError(absl::StrFormat("there is no series %d", blessing.series.id.value));
  }
  return db.Run(
      "INSERT INTO blessing (series, before, after, shift_low, shift_high, logarithmic, "
      "from_revision, to_revision, baseline, author, blessed_by, reason, at_ns) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      blessing.series.id, blessing.before, blessing.after, blessing.shift_low, blessing.shift_high,
      blessing.logarithmic, blessing.from_revision, blessing.to_revision, blessing.baseline,
      blessing.author, blessing.blessed_by, blessing.reason, blessing.at);
}

absl::StatusOr<std::vector<Blessing>> Blessings(Database& db, uint64_t after_id, uint32_t limit) {
  Query rows = db.Select(
      "SELECT b.id, series.id, cell.workload, cell.parameters, series.metric, series.unit, "
      "series.identity, series.direction, b.before, b.after, b.shift_low, b.shift_high, "
      "b.logarithmic, b.from_revision, b.to_revision, b.baseline, b.author, b.blessed_by, "
      "b.reason, b.at_ns FROM blessing AS b JOIN series ON series.id = b.series "
      "JOIN cell ON cell.id = series.cell WHERE b.id > ? ORDER BY b.id LIMIT ?",
      after_id, limit);
  std::vector<Blessing> found;
  while (rows.Next()) {
    Blessing& b = found.emplace_back();
    b.id = rows.Unsigned(0);
    b.series.id = SeriesId{rows.Unsigned(1)};
    BF_ASSIGN_OR_RETURN(StringMap parameters, FromJsonText(rows.Bytes(3)));
    b.series.key = {rows.Text(2), std::move(parameters), rows.Text(4), rows.Text(5), rows.Text(6)};
    b.series.direction = static_cast<Direction>(rows.Int(7));
    b.before = rows.Real(8);
    b.after = rows.Real(9);
    b.shift_low = rows.Real(10);
    b.shift_high = rows.Real(11);
    b.logarithmic = rows.Int(12) != 0;
    b.from_revision = rows.Text(13);
    b.to_revision = rows.Text(14);
    b.baseline = rows.Text(15);
    b.author = rows.Text(16);
    b.blessed_by = rows.Text(17);
    b.reason = rows.Text(18);
    b.at = rows.Time(19);
  }
  BF_RETURN_IF_ERROR(rows.status());
  return found;
}

namespace {

absl::Status NotAcknowledged(Database& db, const std::string& incident) {
  std::vector<std::string> names;
  Query rows = db.Select("SELECT DISTINCT incident FROM acknowledgement");
  while (rows.Next()) names.push_back(rows.Text(0));
  BF_RETURN_IF_ERROR(rows.status());
  return absl::NotFoundError(
      absl::StrFormat("incident %s is not acknowledged%s", incident, DidYouMean(incident, names)));
}

}  // namespace

absl::Status AddAcknowledgement(Database& db, const Acknowledgement& acknowledgement) {
  {
    Query row = db.Select(
        "SELECT acknowledged_by, author, at_ns, reason, withdrawn FROM acknowledgement "
        "WHERE incident = ? ORDER BY id DESC LIMIT 1",
        acknowledgement.incident);
    const bool stands = row.Next() && row.Unsigned(4) == 0;
    if (acknowledgement.withdrawn && !stands) {
      BF_RETURN_IF_ERROR(row.status());
      return NotAcknowledged(db, acknowledgement.incident);
    }
    if (!acknowledgement.withdrawn && stands) {
      return absl::AlreadyExistsError(absl::StrFormat(
          "incident %s was acknowledged before: by %s, %s UTC: %s", acknowledgement.incident,
          row.Text(1).empty() ? row.Text(0) : row.Text(1),
          absl::FormatTime("%Y-%m-%d %H:%M", row.Time(2), absl::UTCTimeZone()), row.Text(3)));
    }
    BF_RETURN_IF_ERROR(row.status());
  }
  return db.Run(
      "INSERT INTO acknowledgement (incident, author, acknowledged_by, reason, at_ns, withdrawn) "
      "VALUES (?, ?, ?, ?, ?, ?)",
      acknowledgement.incident, acknowledgement.author, acknowledgement.acknowledged_by,
      acknowledgement.reason, acknowledgement.at, acknowledgement.withdrawn ? 1 : 0);
}

absl::StatusOr<std::vector<Acknowledgement>> Acknowledgements(Database& db, uint64_t after_id,
                                                              uint32_t limit) {
  Query rows = db.Select(
      "SELECT id, incident, author, acknowledged_by, reason, at_ns, withdrawn FROM acknowledgement "
      "WHERE id > ? ORDER BY id LIMIT ?",
      after_id, limit);
  std::vector<Acknowledgement> found;
  while (rows.Next()) {
    found.push_back({rows.Unsigned(0), rows.Text(1), rows.Text(2), rows.Text(3), rows.Text(4),
                     rows.Time(5), rows.Unsigned(6) != 0});
  }
  BF_RETURN_IF_ERROR(rows.status());
  return found;
}

absl::Status AddSelftest(Database& db, const PublishedSelftest& selftest) {
  return db.Run("INSERT INTO selftest (at_ns, value) VALUES (?, ?)", selftest.at,
                Blob{Serialize(selftest)});
}

absl::StatusOr<std::optional<PublishedSelftest>> NewestSelftest(Database& db) {
  Query row = db.Select("SELECT value FROM selftest ORDER BY id DESC LIMIT 1");
  if (!row.Next()) {
    BF_RETURN_IF_ERROR(row.status());
    return std::nullopt;
  }
  BF_ASSIGN_OR_RETURN(PublishedSelftest selftest, ParsePublishedSelftest(row.Bytes(0)));
  return selftest;
}

}  // namespace benchfleet::sqlite
