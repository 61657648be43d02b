#include "workloads/remote/network_profile.h"

#include <charconv>
#include <cmath>
#include <map>
#include <vector>

#include "base/status.h"
#include "base/text.h"

namespace benchfleet {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};
constexpr Unit kRates[] = {{"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}};
constexpr Unit kShares[] = {{"%", 0.01}};

absl::Status Wrong(std::string_view name, std::string_view value, std::string_view expected) {
  return absl::InvalidArgumentError(absl::StrFormat("%s '%s': expected %s", name, value, expected));
}

// "20mbit": a number and one of `units`.
template <size_t N>
bool ParseNumber(std::string_view text, const Unit (&units)[N], double* value) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || !std::isfinite(number) || number < 0) return false;
  for (const Unit& unit : units) {
    if (std::string_view(rest, static_cast<size_t>(end - rest)) != unit.name) continue;
    *value = number * unit.factor;
    return true;
  }
  return false;
}

absl::Status ParseTime(std::string_view name, std::string_view value, absl::Duration* duration) {
  const absl::StatusOr<absl::Duration> parsed = ParseDuration(value);
  if (!parsed.ok() || *parsed < absl::ZeroDuration() || *parsed > kNetworkDelayMax) {
    return Wrong(name, value, "a duration up to 10s, such as 40ms");
  }
  *duration = *parsed;
  return absl::OkStatus();
}

absl::Status SetValue(std::string_view name, std::string_view value, NetworkProfile* profile) {
  if (name == "delay") return ParseTime(name, value, &profile->delay);
  if (name == "jitter") return ParseTime(name, value, &profile->jitter);
  if (name == "rate") {
    double& rate = profile->bits_per_second;
    const bool well = ParseNumber(value, kRates, &rate);
    if (well && rate >= kNetworkRateMin && rate <= kNetworkRateMax) return absl::OkStatus();
    return Wrong(name, value, "bits a second from 1kbit to 1000gbit, such as 20mbit");
  }
  if (name == "loss") {
    const bool well = ParseNumber(value, kShares, &profile->loss);
    if (well && profile->loss <= kNetworkLossMax) return absl::OkStatus();
    return Wrong(name, value, "a share of segments up to 50%, such as 0.5%");
  }
  if (name == "apply") {
    profile->by_tc = value == "tc";
    if (profile->by_tc || value == "relay") return absl::OkStatus();
    return Wrong(name, value, "relay or tc");
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "there is no '%s'%s; expected delay, jitter, rate, loss, profile or apply", name,
      DidYouMean(name, {"delay", "jitter", "rate", "loss", "profile", "apply"})));
}

std::string RateText(double rate) {
  const Unit* fitting = kRates;
  for (const Unit& unit : kRates) {
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

absl::StatusOr<NetworkProfile> FindNamedProfile(std::string_view text) {
  std::vector<std::string> names;
  for (const NetworkProfile& profile : NamedProfiles()) {
    if (text == profile.name) return profile;
    names.push_back(profile.name);
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "there is no network '%s'%s; expected none, lan, wan, mobile or delay=40ms,rate=20mbit", text,
      DidYouMean(text, names)));
}

// "delay=40ms,rate=20mbit" as pairs.
absl::StatusOr<std::map<std::string_view, std::string_view>> SplitParts(std::string_view text) {
  std::map<std::string_view, std::string_view> parts;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
    const size_t equals = item.find('=');
    if (equals == std::string_view::npos) return Wrong("part", item, "the form delay=40ms");
    const std::string_view name = item.substr(0, equals);
    if (!parts.emplace(name, item.substr(equals + 1)).second) {
      return absl::InvalidArgumentError(absl::StrFormat("'%s' is given twice", name));
    }
  }
  return parts;
}

absl::Status ParseCustom(std::string_view text, NetworkProfile* profile) {
  BF_ASSIGN_OR_RETURN(auto parts, SplitParts(text));
  if (const auto base = parts.find("profile"); base != parts.end()) {
    BF_ASSIGN_OR_RETURN(*profile, FindNamedProfile(base->second));
    parts.erase(base);
  }
  for (const auto& [name, value] : parts) BF_RETURN_IF_ERROR(SetValue(name, value, profile));
  if (profile->jitter > profile->delay) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "jitter %s is more than delay %s: nothing arrives before it was sent",
        absl::FormatDuration(profile->jitter), absl::FormatDuration(profile->delay)));
  }
  if (profile->by_tc && profile->none()) {
    return absl::InvalidArgumentError("apply=tc has nothing to apply: give a delay or a rate");
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

absl::StatusOr<NetworkProfile> ParseNetworkProfile(std::string_view text) {
  if (text.find('=') == std::string_view::npos) return FindNamedProfile(text);
  NetworkProfile profile;
  BF_RETURN_IF_ERROR(ParseCustom(text, &profile));
  profile.name = std::string(text);
  return profile;
}

}  // namespace benchfleet
