#include "proto/parameter_value.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "base/status.h"
#include "base/text.h"

namespace benchfleet {
namespace {

struct ValueUnit {
  std::string_view name;
  double factor;
};
constexpr ValueUnit kBitRates[] = {{"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}};
constexpr ValueUnit kPercents[] = {{"%", 0.01}};

// What a person is told of a kind.
struct KindWords {
  const char* name;
  const char* examples;
  std::vector<std::string> units;
};

const KindWords& WordsOf(ParameterKind kind) {
  static const KindWords kText = {"text", "", {}};
  static const KindWords kSize = {
      "a size", "64, 1KiB, 85MB", {"B", "kB", "MB", "GB", "KiB", "MiB", "GiB", "TiB"}};
  static const KindWords kCount = {"a whole number", "", {}};
  static const KindWords kDuration = {
      "a duration", "250us, 1500ms, 2m30s", {"ns", "us", "ms", "s", "m", "h"}};
  static const KindWords kNumber = {"a number", "", {}};
  static const KindWords kBoolean = {"true or false", "", {}};
  static const KindWords kBitRate = {"bits a second", "20mbit, 1gbit", {"kbit", "mbit", "gbit"}};
  static const KindWords kPercent = {"a share", "0.5%", {"%"}};
  static const KindWords kList = {"a JSON array of strings", "[\"ls\", \"-l\"]", {}};
  static const KindWords kMap = {"a map", "LANG=C,TZ=UTC", {}};
  switch (kind) {
    case ParameterKind::kText:
      return kText;
    case ParameterKind::kSize:
      return kSize;
    case ParameterKind::kCount:
      return kCount;
    case ParameterKind::kDuration:
      return kDuration;
    case ParameterKind::kNumber:
      return kNumber;
    case ParameterKind::kBoolean:
      return kBoolean;
    case ParameterKind::kBitRate:
      return kBitRate;
    case ParameterKind::kPercent:
      return kPercent;
    case ParameterKind::kList:
      return kList;
    case ParameterKind::kMap:
      return kMap;
  }
  return kText;
}

absl::Status Expected(std::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("expected %s", what));
}

// "20mbit": a number that is not negative, and one of `units`.
template <size_t N>
std::optional<double> ParseScaled(std::string_view text, const ValueUnit (&units)[N]) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || !std::isfinite(number) || number < 0) return std::nullopt;
  for (const ValueUnit& unit : units) {
    if (std::string_view(rest, static_cast<size_t>(end - rest)) == unit.name) {
      return number * unit.factor;
    }
  }
  return std::nullopt;
}

template <typename Number>
std::optional<Number> ParseWhole(std::string_view text) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

template <typename T>
std::optional<double> AsDouble(const absl::StatusOr<T>& parsed) {
  if (!parsed.ok()) return std::nullopt;
  return static_cast<double>(*parsed);
}

// Where on the scale of its kind a value stands, to be held against bounds; nothing where it is not
// of the kind. Kinds without a scale answer 0.
std::optional<double> Magnitude(ParameterKind kind, std::string_view text) {
  switch (kind) {
    case ParameterKind::kText:
      return 0;
    case ParameterKind::kSize:
      return AsDouble(ParseBytes(text));
    case ParameterKind::kCount: {
      const std::optional<int64_t> count = ParseWhole<int64_t>(text);
      return count ? std::optional<double>(static_cast<double>(*count)) : std::nullopt;
    }
    case ParameterKind::kDuration: {
      const absl::StatusOr<absl::Duration> duration = ParseDuration(text);
      return duration.ok() ? std::optional<double>(absl::ToDoubleSeconds(*duration)) : std::nullopt;
    }
    case ParameterKind::kNumber: {
      const std::optional<double> number = ParseWhole<double>(text);
      return number && std::isfinite(*number) ? number : std::nullopt;
    }
    case ParameterKind::kBoolean:
      return text == "true" || text == "false" ? std::optional<double>(0) : std::nullopt;
    case ParameterKind::kBitRate:
      return AsDouble(ParseBitRate(text));
    case ParameterKind::kPercent:
      return AsDouble(ParsePercent(text));
    case ParameterKind::kList:
      return ParseTextList(text).ok() ? std::optional<double>(0) : std::nullopt;
    case ParameterKind::kMap:
      return ParseTextMap(text).ok() ? std::optional<double>(0) : std::nullopt;
  }
  return 0;
}

bool Within(const ParameterDescription& parameter, double magnitude) {
  const auto bound = [&](const std::string& text) {
    return text.empty() ? std::nullopt : Magnitude(parameter.kind, text);
  };
  const std::optional<double> min = bound(parameter.min);
  const std::optional<double> max = bound(parameter.max);
  return (!min || magnitude >= *min) && (!max || magnitude <= *max);
}

bool SameLetters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

// "1kib" was meant to be "1KiB", "True" to be "true".
std::string Suggestion(const ParameterDescription& parameter, const std::string& value) {
  std::vector<std::string> right = parameter.allowed;
  if (parameter.kind == ParameterKind::kBoolean) right = {"true", "false"};
  const size_t unit_at = value.find_first_not_of("0123456789.");
  if (unit_at != std::string::npos && unit_at > 0) {
    for (const std::string& unit : WordsOf(parameter.kind).units) {
      right.push_back(value.substr(0, unit_at) + unit);
    }
  }
  for (const std::string& candidate : right) {
    if (SameLetters(candidate, value)) return DidYouMean(candidate, {candidate});
  }
  return DidYouMean(value, right);
}

std::string JoinedWords(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// "delay=1ms" of a value with fields.
absl::Status CheckField(const ParameterDescription& parameter, std::string_view item,
                        StringMap* given) {
  const size_t equals = item.find('=');
  const std::string name(item.substr(0, equals));
  std::vector<std::string> names;
  for (const ParameterDescription& field : parameter.fields) {
    names.push_back(field.name);
    if (field.name != name || equals == std::string_view::npos) continue;
    const std::string value(item.substr(equals + 1));
    if (!given->emplace(name, value).second) {
      return absl::InvalidArgumentError(absl::StrFormat("'%s' is in it twice", name));
    }
    const absl::Status good = CheckParameterValue(field, value);
    if (good.ok()) return good;
    return absl::InvalidArgumentError(
        absl::StrFormat("its %s is '%s', %s", name, value, Message(good)));
  }
  if (equals == std::string_view::npos) {
    std::vector<std::string> right = parameter.allowed;
    right.insert(right.end(), names.begin(), names.end());
    return Expected(ExpectedValue(parameter) + DidYouMean(name, right));
  }
  return absl::InvalidArgumentError(absl::StrFormat("it has no '%s', expected %s%s", name,
                                                    JoinedWords(names), DidYouMean(name, names)));
}

absl::Status CheckFields(const ParameterDescription& parameter, std::string_view value) {
  StringMap given;
  for (;;) {
    const size_t comma = value.find(',');
    BF_RETURN_IF_ERROR(CheckField(parameter, value.substr(0, comma), &given));
    if (comma == std::string_view::npos) break;
    value.remove_prefix(comma + 1);
  }
  for (const ParameterDescription& field : parameter.fields) {
    const auto value_of = given.find(field.name);
    const auto limit = given.find(field.not_above);
    if (value_of == given.end() || limit == given.end()) continue;
    if (Magnitude(field.kind, value_of->second) <= Magnitude(field.kind, limit->second)) continue;
    return absl::InvalidArgumentError(
        absl::StrFormat("its %s is '%s', expected at most its %s (%s)", field.name,
                        value_of->second, field.not_above, limit->second));
  }
  return absl::OkStatus();
}

bool AllStrings(const nlohmann::json& json) {
  return std::all_of(json.begin(), json.end(),
                     [](const nlohmann::json& item) { return item.is_string(); });
}

}  // namespace

absl::StatusOr<double> ParseBitRate(std::string_view text) {
  if (const std::optional<double> rate = ParseScaled(text, kBitRates)) return *rate;
  return Expected("bits a second (20mbit, 1gbit)");
}

absl::StatusOr<double> ParsePercent(std::string_view text) {
  if (const std::optional<double> share = ParseScaled(text, kPercents)) return *share;
  return Expected("a share (0.5%)");
}

absl::StatusOr<std::vector<std::string>> ParseTextList(std::string_view text) {
  std::vector<std::string> list;
  if (text.empty()) return list;
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array() || !AllStrings(json)) {
    return Expected("a JSON array of strings ([\"ls\", \"-l\"])");
  }
  for (const nlohmann::json& item : json) list.push_back(item.get<std::string>());
  return list;
}

absl::StatusOr<StringMap> ParseTextMap(std::string_view text) {
  StringMap map;
  if (text.empty()) return map;
  if (text.front() == '{') {
    const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || !AllStrings(json)) {
      return Expected("a JSON object of strings ({\"LANG\": \"C\"})");
    }
    for (const auto& [key, value] : json.items()) map[key] = value.get<std::string>();
    return map;
  }
  for (;;) {
    const size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    const size_t equals = item.find('=');
    if (equals == 0 || equals == std::string_view::npos) return Expected("a map (LANG=C,TZ=UTC)");
    map[std::string(item.substr(0, equals))] = std::string(item.substr(equals + 1));
    if (comma == std::string_view::npos) return map;
    text.remove_prefix(comma + 1);
  }
}

std::string ExpectedValue(const ParameterDescription& parameter) {
  if (!parameter.allowed.empty() || !parameter.fields.empty()) {
    std::string text = parameter.fields.empty() ? "one of " : "";
    text += JoinedWords(parameter.allowed);
    std::string fields;
    for (const ParameterDescription& field : parameter.fields) {
      fields += (fields.empty() ? "" : ",") + field.name + "=" + field.default_value;
    }
    if (fields.empty()) return text;
    return text + (text.empty() ? "" : " or ") + fields;
  }
  const KindWords& words = WordsOf(parameter.kind);
  std::string text = words.name;
  if (!parameter.min.empty() && !parameter.max.empty()) {
    text += " from " + parameter.min + " to " + parameter.max;
  } else if (!parameter.min.empty()) {
    text += " of at least " + parameter.min;
  } else if (!parameter.max.empty()) {
    text += " of at most " + parameter.max;
  }
  return *words.examples == '\0' ? text : text + " (" + words.examples + ")";
}

absl::Status CheckParameterValue(const ParameterDescription& parameter, const std::string& value) {
  const std::vector<std::string>& allowed = parameter.allowed;
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return absl::OkStatus();
  if (!parameter.fields.empty()) return CheckFields(parameter, value);
  if (allowed.empty()) {
    if (value == parameter.default_value) return absl::OkStatus();
    const std::optional<double> magnitude = Magnitude(parameter.kind, value);
    if (magnitude && Within(parameter, *magnitude)) return absl::OkStatus();
    if (magnitude) return Expected(ExpectedValue(parameter));
  }
  return Expected(ExpectedValue(parameter) + Suggestion(parameter, value));
}

absl::Status CheckParameterUse(const WorkloadDescription& workload,
                               const ParameterDescription& parameter, const StringMap& parameters) {
  if (parameter.only_where.empty()) return absl::OkStatus();
  const std::string other = ParameterOf(workload, parameters, parameter.only_where);
  const std::vector<std::string>& values = parameter.values;
  if (std::find(values.begin(), values.end(), other) != values.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat("is of use only with %s=%s, and %s is %s",
                                                    parameter.only_where, JoinedWords(values),
                                                    parameter.only_where, other));
}

}  // namespace benchfleet
