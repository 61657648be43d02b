#include "workloads/remote/network_profile.h"

#include <vector>

#include "base/status.h"
#include "base/text.h"
#include "proto/parameter_value.h"

namespace benchfleet {
namespace {

struct RateUnit {
  std::string_view name;
  double factor;
};
constexpr RateUnit kRateUnits[] = {{"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}};

// `example` is a good value.
ParameterDescription Field(const char* name, ParameterKind kind, const char* example,
                           const char* min, const char* max) {
  return {name, "", example, {}, false, kind, min, max};
}

std::string RateText(double rate) {
  const RateUnit* fitting = kRateUnits;
  for (const RateUnit& unit : kRateUnits) {
    if (rate >= unit.factor) fitting = &unit;
  }
  return absl::StrFormat("%g%s", rate / fitting->factor, fitting->name);
}

const std::vector<NetworkProfile>& NamedProfiles() {
  static const std::vector<NetworkProfile> profiles = {
      {"none", {}, {}, 0, 0, false},
      {"lan", absl::Microseconds(250), absl::Microseconds(50), 1e9, 0, false},
      {"wan", absl::Milliseconds(20), absl::Milliseconds(2), 100e6, 0.0001, false},
      {"mobile", absl::Milliseconds(35), absl::Milliseconds(8), 20e6, 0.005, false},
  };
  return profiles;
}

const NetworkProfile* FindNamedProfile(std::string_view text) {
  for (const NetworkProfile& profile : NamedProfiles()) {
    if (text == profile.name) return &profile;
  }
  return nullptr;
}

// A value that was checked.
absl::Status SetField(std::string_view name, std::string_view value, NetworkProfile* profile) {
  if (name == "delay") {
    BF_ASSIGN_OR_RETURN(profile->delay, ParseDuration(value));
  } else if (name == "jitter") {
    BF_ASSIGN_OR_RETURN(profile->jitter, ParseDuration(value));
  } else if (name == "rate") {
    BF_ASSIGN_OR_RETURN(profile->bits_per_second, ParseBitRate(value));
  } else if (name == "loss") {
    BF_ASSIGN_OR_RETURN(profile->loss, ParsePercent(value));
  } else if (name == "apply") {
    profile->by_tc = value == "tc";
  }
  return absl::OkStatus();
}

}  // namespace

std::string NetworkProfile::Describe() const {
  std::string text;
  const auto add = [&](const char* what, const std::string& value) {
    text += absl::StrFormat("%s%s %s", text.empty() ? "" : ", ", what, value);
  };
  if (delay != absl::ZeroDuration()) add("delay", absl::FormatDuration(delay));
  if (jitter != absl::ZeroDuration()) add("jitter", absl::FormatDuration(jitter));
  if (bits_per_second != 0) add("rate", RateText(bits_per_second));
  if (loss != 0) add("loss", absl::StrFormat("%g%%", loss * 100));
  if (by_tc) text += ", by tc";
  return text.empty() ? "none" : text;
}

ParameterDescription NetworkParameter() {
  ParameterDescription network{
      "network",
      "between client and server: none, lan, wan, mobile or delay=40ms,jitter=5ms,rate=20mbit,"
      "loss=0.5%; profile=wan,apply=tc: by the kernels of both hosts and not by a relay; of no "
      "effect on mode=local",
      "none",
      {},
      false};
  for (const NetworkProfile& profile : NamedProfiles()) network.allowed.push_back(profile.name);
  network.fields = {Field("delay", ParameterKind::kDuration, "40ms", "0s", "10s"),
                    Field("jitter", ParameterKind::kDuration, "5ms", "0s", "10s"),
                    Field("rate", ParameterKind::kBitRate, "20mbit", "1kbit", "1000gbit"),
                    Field("loss", ParameterKind::kPercent, "0.5%", "0%", "50%"),
                    {"profile", "", "wan", network.allowed, false},
                    {"apply", "", "tc", {"relay", "tc"}, false}};
  network.fields[1].not_above = "delay";  // nothing arrives before it was sent
  return network;
}

absl::StatusOr<NetworkProfile> ParseNetworkProfile(std::string_view text) {
  if (const NetworkProfile* named = FindNamedProfile(text)) return *named;
  const absl::Status good = CheckParameterValue(NetworkParameter(), std::string(text));
  if (!good.ok()) {
    return absl::InvalidArgumentError(absl::StrFormat("'%s', %s", text, Message(good)));
  }
  BF_ASSIGN_OR_RETURN(const StringMap given, ParseTextMap(text));
  NetworkProfile profile;
  if (const auto base = given.find("profile"); base != given.end()) {
    profile = *FindNamedProfile(base->second);
  }
  for (const auto& [name, value] : given) BF_RETURN_IF_ERROR(SetField(name, value, &profile));
  if (profile.jitter > profile.delay) {
    return absl::InvalidArgumentError(
        absl::StrFormat("jitter %s is more than delay %s: nothing arrives before it was sent",
                        absl::FormatDuration(profile.jitter), absl::FormatDuration(profile.delay)));
  }
  if (profile.by_tc && profile.none()) {
    return absl::InvalidArgumentError("apply=tc has nothing to apply: give a delay or a rate");
  }
  profile.name = std::string(text);
  return profile;
}

}  // namespace benchfleet
