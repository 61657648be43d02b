#include "storage/sqlite_hosts.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "base/text.h"
#include "proto/convert.h"
#include "storage/json_text.h"

namespace benchfleet::sqlite {
namespace {

absl::StatusOr<StoredHost> ReadHost(const Query& row) {
  StoredHost host;
  host.name = row.Text(0);
  BF_ASSIGN_OR_RETURN(host.labels, FromJsonText(row.Bytes(1)));
  host.agent_version = row.Text(2);
  BF_ASSIGN_OR_RETURN(host.workloads, ParseWorkloads(row.Bytes(3)));
  host.first_seen = row.Time(4);
  host.last_seen = row.Time(5);
  if (!row.IsNull(6)) {
    BF_ASSIGN_OR_RETURN(host.fingerprint, ParseHostFingerprint(row.Bytes(6)));
  }
  return host;
}

// Hosts with their newest fingerprints; ReadHost knows the columns.
std::string SelectHosts(const std::string& which) {
  return "SELECT name, labels, agent_version, workloads, first_seen_ns, last_seen_ns, "
         "(SELECT value FROM fingerprint WHERE fingerprint.host = host.id "
         "ORDER BY fingerprint.id DESC LIMIT 1) FROM host WHERE " +
         which + " ORDER BY name";
}

absl::StatusOr<std::vector<StoredHost>> ReadHosts(Query rows) {
  std::vector<StoredHost> hosts;
  while (rows.Next()) {
    BF_ASSIGN_OR_RETURN(StoredHost host, ReadHost(rows));
    hosts.push_back(std::move(host));
  }
  BF_RETURN_IF_ERROR(rows.status());
  return hosts;
}

std::string FieldOf(const StringMap& fields, const std::string& name) {
  const auto it = fields.find(name);
  return it == fields.end() ? "" : it->second;
}

StateChange Difference(const HostFingerprint& before, const HostFingerprint& after, absl::Time at) {
  StateChange change{at, {}};
  StringMap names = before.fields;
  names.insert(after.fields.begin(), after.fields.end());
  for (const auto& [name, unused] : names) {
    std::string old_value = FieldOf(before.fields, name);
    std::string new_value = FieldOf(after.fields, name);
    if (old_value == new_value) continue;
    change.fields.push_back({name, std::move(old_value), std::move(new_value)});
  }
  return change;
}

}  // namespace

absl::StatusOr<int64_t> FindHost(Database& db, const std::string& name, int64_t imported_by) {
  Query row =
      db.Select("SELECT id FROM host WHERE name = ? AND imported_by = ?", name, imported_by);
  if (row.Next()) return row.Int(0);
  BF_RETURN_IF_ERROR(row.status());
  return absl::NotFoundError(absl::StrFormat("no host is named '%s'", name));
}

absl::Status PutHost(Database& db, const StoredHost& host, int64_t imported_by) {
  BF_RETURN_IF_ERROR(
      db.Run("INSERT INTO host (name, imported_by, labels, agent_version, workloads, "
             "first_seen_ns, last_seen_ns) VALUES (?, ?, ?, ?, ?, ?, ?) "
             "ON CONFLICT (name, imported_by) DO UPDATE SET labels = excluded.labels, "
             "agent_version = excluded.agent_version, workloads = excluded.workloads, "
             "first_seen_ns = coalesce(first_seen_ns, excluded.first_seen_ns), "
             "last_seen_ns = excluded.last_seen_ns, forgotten_at_ns = NULL",
             host.name, imported_by, ToJsonText(host.labels), host.agent_version,
             Blob{Serialize(host.workloads)}, host.first_seen, host.last_seen));
  BF_ASSIGN_OR_RETURN(const int64_t id, FindHost(db, host.name, imported_by));
  return AddFingerprint(db, id, host.fingerprint, host.last_seen);
}

absl::Status AddFingerprint(Database& db, int64_t host, const HostFingerprint& fingerprint,
                            absl::Time at) {
  if (fingerprint == HostFingerprint()) return absl::OkStatus();
  Query newest = db.Select(
      "SELECT id, identity_digest, state_digest, host_digest FROM fingerprint WHERE host = ? "
      "ORDER BY id DESC LIMIT 1",
      host);
  const bool known = newest.Next();
  BF_RETURN_IF_ERROR(newest.status());
  if (!known || newest.Text(1) != fingerprint.identity_digest ||
      newest.Text(2) != fingerprint.state_digest) {
    return db.Run(
        "INSERT INTO fingerprint (host, at_ns, identity_digest, state_digest, host_digest, value) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        host, at, fingerprint.identity_digest, fingerprint.state_digest, fingerprint.host_digest,
        Blob{Serialize(fingerprint)});
  }
  // The same machine in the same state; an agent learns the salt of its host digest only after its
  // first hello.
  if (fingerprint.host_digest.empty() || fingerprint.host_digest == newest.Text(3)) {
    return absl::OkStatus();
  }
  return db.Run("UPDATE fingerprint SET host_digest = ?, value = ? WHERE id = ?",
                fingerprint.host_digest, Blob{Serialize(fingerprint)}, newest.Int(0));
}

absl::Status TouchHost(Database& db, const std::string& name, absl::Time at) {
  return db.Run(
      "UPDATE host SET last_seen_ns = ?2 WHERE name = ?1 AND imported_by = 0 AND "
      "coalesce(last_seen_ns, 0) < ?2",
      name, at);
}

absl::Status ForgetHost(Database& db, const std::string& name, absl::Time at) {
  BF_ASSIGN_OR_RETURN(const std::vector<StoredHost> hosts, Hosts(db));
  std::vector<std::string> names;
  for (const StoredHost& host : hosts) names.push_back(host.name);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return absl::NotFoundError(
        absl::StrFormat("no host is called '%s'%s", name, DidYouMean(name, names)));
  }
  return db.Run("UPDATE host SET forgotten_at_ns = ? WHERE name = ? AND imported_by = 0", at, name);
}

absl::StatusOr<std::vector<StoredHost>> Hosts(Database& db) {
  return ReadHosts(db.Select(SelectHosts("imported_by = 0 AND forgotten_at_ns IS NULL")));
}

absl::StatusOr<std::vector<StoredHost>> JobHosts(Database& db, JobId job) {
  return ReadHosts(
      db.Select(SelectHosts("(imported_by = ?1 OR id IN (SELECT host FROM task WHERE job = ?1 "
                            "UNION SELECT host FROM run WHERE job = ?1))"),
                job));
}

absl::StatusOr<std::vector<StateChange>> StateChanges(Database& db, const std::string& host,
                                                      uint32_t limit) {
  BF_ASSIGN_OR_RETURN(const int64_t id, FindHost(db, host));
  Query rows =
      db.Select("SELECT value, at_ns FROM fingerprint WHERE host = ? ORDER BY id DESC LIMIT ?", id,
                int64_t{limit} + 1);
  std::vector<StateChange> changes;
  HostFingerprint after;
  absl::Time at;
  for (bool first = true; rows.Next(); first = false) {
    BF_ASSIGN_OR_RETURN(HostFingerprint before, ParseHostFingerprint(rows.Bytes(0)));
    if (!first) changes.push_back(Difference(before, after, at));
    after = std::move(before);
    at = rows.Time(1);
  }
  BF_RETURN_IF_ERROR(rows.status());
  return changes;
}

absl::StatusOr<uint64_t> AckedSequence(Database& db, int64_t host, const std::string& spool_id) {
  BF_ASSIGN_OR_RETURN(const int64_t sequence,
                      db.Number("SELECT acked_sequence FROM spool WHERE host = ? AND spool_id = ?",
                                host, spool_id));
  return static_cast<uint64_t>(sequence);
}

absl::Status SetAckedSequence(Database& db, int64_t host, const std::string& spool_id,
                              uint64_t sequence) {
  return db.Run(
      "INSERT INTO spool (host, spool_id, acked_sequence) VALUES (?, ?, ?) "
      "ON CONFLICT (host, spool_id) DO UPDATE SET acked_sequence = excluded.acked_sequence",
      host, spool_id, sequence);
}

}  // namespace benchfleet::sqlite
