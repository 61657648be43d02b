#include "agent/host/fingerprint.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/str_format.h"
#include "agent/host/canonical.h"
#include "agent/host/fields.h"

namespace benchfleet {
namespace {

constexpr size_t kFieldBytesMax = 4096;

constexpr std::array<std::string_view, 10> kIdentityGroups = {
    "arch", "cache", "cloud", "cpu", "frequency", "machine", "memory", "numa", "tee", "virt"};

std::string Schema(std::string_view part) {
  return absl::StrFormat("benchfleet.%s/%d", part, kFingerprintSchema);
}

bool IsKnown(const std::string& value) {
  // A golden image holds an empty machine-id, or "uninitialized", until its first boot.
  return value != kAbsent && value != kDenied && value != kNone && value != "uninitialized";
}

void AddHost(const HostProbe& probe, std::string_view salt, Fingerprint& fingerprint) {
  const std::string machine_id = probe.files.Value("/etc/machine-id");
  const std::string product_uuid = probe.files.Value("/sys/class/dmi/id/product_uuid");
  fingerprint.host_json = CanonicalJson({{"host.machine_id", machine_id},
                                         {"host.product_uuid", product_uuid},
                                         {"schema", Schema("host")}});
  const bool named = IsKnown(machine_id) || IsKnown(product_uuid);
  fingerprint.host_digest = named ? HmacSha256Hex(salt, fingerprint.host_json) : kAbsent;
}

}  // namespace

void FieldSet::Set(std::string_view name, std::string value) {
  if (value.empty()) value = kAbsent;
  if (value.size() > kFieldBytesMax) {
    size_t end = kFieldBytesMax;
    // 10xxxxxx continues a character.
    while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xc0) == 0x80) --end;
    value.resize(end);
  }
  fields_[std::string(name)] = std::move(value);
}

FieldPart PartOf(std::string_view field_name) {
  const std::string_view group = field_name.substr(0, field_name.find('.'));
  const bool identity =
      std::find(kIdentityGroups.begin(), kIdentityGroups.end(), group) != kIdentityGroups.end();
  return identity ? FieldPart::kIdentity : FieldPart::kState;
}

Fingerprint CollectFingerprint(const HostProbe& probe, std::string_view host_salt) {
  FieldSet set;
  AddCpuFields(probe, set);
  AddTopologyFields(probe, set);
  AddMemoryFields(probe, set);
  AddPlatformFields(probe, set);
  AddKernelFields(probe, set);
  AddPowerFields(probe, set);
  AddProcessFields(probe, set);

  Fingerprint fingerprint;
  fingerprint.fields = set.fields();
  std::map<std::string, std::string> identity = {{"schema", Schema("identity")}};
  std::map<std::string, std::string> state = {{"schema", Schema("state")}};
  for (const auto& [name, value] : fingerprint.fields) {
    (PartOf(name) == FieldPart::kIdentity ? identity : state)[name] = value;
  }
  fingerprint.identity_json = CanonicalJson(identity);
  fingerprint.state_json = CanonicalJson(state);
  fingerprint.identity_digest = Sha256Hex(fingerprint.identity_json);
  fingerprint.state_digest = Sha256Hex(fingerprint.state_json);
  AddHost(probe, host_salt, fingerprint);
  return fingerprint;
}

std::vector<FieldDifference> Differences(const Fingerprint& before, const Fingerprint& after) {
  std::set<std::string> names;
  for (const auto& [name, value] : before.fields) names.insert(name);
  for (const auto& [name, value] : after.fields) names.insert(name);
  const auto value_in = [](const Fingerprint& fingerprint, const std::string& name) {
    const auto found = fingerprint.fields.find(name);
    return found == fingerprint.fields.end() ? std::string(kAbsent) : found->second;
  };
  std::vector<FieldDifference> differences;
  for (const FieldPart part : {FieldPart::kIdentity, FieldPart::kState}) {
    for (const std::string& name : names) {
      const std::string old_value = value_in(before, name);
      const std::string new_value = value_in(after, name);
      if (PartOf(name) != part || old_value == new_value) continue;
      differences.push_back({.name = name, .part = part, .before = old_value, .after = new_value});
    }
  }
  return differences;
}

std::string ToText(const FieldDifference& difference) {
  return absl::StrFormat("%s: %s -> %s", difference.name, difference.before, difference.after);
}

}  // namespace benchfleet
