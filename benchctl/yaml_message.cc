#include "benchctl/yaml_message.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"
#include "benchctl/table.h"
#include "proto/model.pb.h"

namespace benchfleet {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<std::string> FieldNames(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return names;
}

// One filling of one message; lives for one call of FillMessage.
class Filler {
 public:
  explicit Filler(YamlContext* context) : context_(*context) {}

  absl::Status Fill(const YamlNode& node, const std::string& path, Message* message);

 private:
  absl::Status Refuse(YamlPosition at, const std::string& path, const std::string& found,
                      const std::string& expected) const {
    return YamlError(
        context_.file, at,
        absl::StrFormat("%s is %s, expected %s", path.empty() ? "the job" : path, found, expected));
  }
  absl::Status Refuse(const YamlNode& node, const std::string& path,
                      const std::string& expected) const {
    return Refuse(node.at, path, Describe(node), expected);
  }

  absl::Status FillField(const YamlNode& node, const std::string& path,
                         const FieldDescriptor& field, Message* message);
  absl::Status FillList(const YamlNode& node, const std::string& path, const FieldDescriptor& field,
                        Message* message);
  absl::Status FillMap(const YamlNode& node, const std::string& path, const FieldDescriptor& field,
                       Message* message);
  absl::Status FillSubmessage(const YamlNode& node, const std::string& path, Message* message);
  absl::Status FillDuration(const YamlNode& node, const std::string& path,
                            google::protobuf::Duration* duration);
  absl::Status FillParameter(const YamlNode& node, const std::string& path,
                             v1::ParameterValues* values);
  absl::Status FillScalar(const YamlNode& node, const std::string& path,
                          const FieldDescriptor& field, bool append, Message* message);

  absl::StatusOr<std::string> Text(const YamlNode& node, const std::string& path,
                                   const std::string& expected);
  absl::StatusOr<std::string> ParameterText(const YamlNode& node, const std::string& path);
  absl::StatusOr<std::string> Substitute(const YamlNode& node);
  template <typename Integer>
  absl::StatusOr<Integer> WholeNumber(const YamlNode& node, const std::string& path);
  absl::StatusOr<double> Number(const YamlNode& node, const std::string& path);
  absl::StatusOr<bool> Boolean(const YamlNode& node, const std::string& path);

  YamlContext& context_;
};

absl::Status Filler::Fill(const YamlNode& node, const std::string& path, Message* message) {
  const Descriptor& type = *message->GetDescriptor();
  const std::vector<std::string> names = FieldNames(type);
  if (node.kind != YamlNode::Kind::kMap) {
    return Refuse(node, path, "a map with the keys " + Joined(names));
  }
  for (const YamlNode::Entry& entry : node.entries) {
    const FieldDescriptor* field = type.FindFieldByName(entry.key);
    if (field == nullptr) {
      return YamlError(
          context_.file, entry.key_at,
          absl::StrFormat("unknown key '%s'%s%s, expected %s%s", Shorten(Printable(entry.key), 60),
                          path.empty() ? "" : " in ", path, Joined(names),
                          DidYouMean(entry.key, names)));
    }
    const std::string inner = path.empty() ? entry.key : path + "." + entry.key;
    context_.places[inner] = entry.value->at;
    if (entry.value->kind == YamlNode::Kind::kNull) {
      return YamlError(
          context_.file, entry.key_at,
          absl::StrFormat("%s has no value (leave the key out for the default)", inner));
    }
    BF_RETURN_IF_ERROR(FillField(*entry.value, inner, *field, message));
  }
  return absl::OkStatus();
}

absl::Status Filler::FillField(const YamlNode& node, const std::string& path,
                               const FieldDescriptor& field, Message* message) {
  if (field.is_map()) return FillMap(node, path, field, message);
  if (field.is_repeated()) return FillList(node, path, field, message);
  if (field.type() == FieldDescriptor::TYPE_MESSAGE) {
    return FillSubmessage(node, path, message->GetReflection()->MutableMessage(message, &field));
  }
  return FillScalar(node, path, field, /*append=*/false, message);
}

absl::Status Filler::FillList(const YamlNode& node, const std::string& path,
                              const FieldDescriptor& field, Message* message) {
  if (node.kind != YamlNode::Kind::kList) return Refuse(node, path, "a list");
  if (node.items.empty()) return Refuse(node.at, path, "an empty list", "at least one entry");
  for (size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = *node.items[i];
    const std::string inner = absl::StrFormat("%s[%d]", path, i);
    context_.places[inner] = item.at;
    if (field.type() == FieldDescriptor::TYPE_MESSAGE) {
      BF_RETURN_IF_ERROR(
          FillSubmessage(item, inner, message->GetReflection()->AddMessage(message, &field)));
    } else {
      BF_RETURN_IF_ERROR(FillScalar(item, inner, field, /*append=*/true, message));
    }
  }
  return absl::OkStatus();
}

// Maps from names: the entry messages are filled by reflection, the keys are unique already.
absl::Status Filler::FillMap(const YamlNode& node, const std::string& path,
                             const FieldDescriptor& field, Message* message) {
  if (node.kind != YamlNode::Kind::kMap) return Refuse(node, path, "a map from names to values");
  for (const YamlNode::Entry& entry : node.entries) {
    const std::string inner = path + "." + entry.key;
    context_.places[inner] = entry.value->at;
    if (entry.key.empty() || entry.key.size() > limits::kMaxNameBytes ||
        Printable(entry.key) != entry.key) {
      return YamlError(
          context_.file, entry.key_at,
          absl::StrFormat("a name in %s is '%s', expected 1 to %d printable bytes", path,
                          Shorten(Printable(entry.key), 60), limits::kMaxNameBytes));
    }
    if (entry.value->kind == YamlNode::Kind::kNull) {
      return YamlError(context_.file, entry.key_at, inner + " has no value");
    }
    Message* pair = message->GetReflection()->AddMessage(message, &field);
    const Descriptor& type = *pair->GetDescriptor();
    pair->GetReflection()->SetString(pair, type.map_key(), entry.key);
    BF_RETURN_IF_ERROR(FillField(*entry.value, inner, *type.map_value(), pair));
  }
  return absl::OkStatus();
}

absl::Status Filler::FillSubmessage(const YamlNode& node, const std::string& path,
                                    Message* message) {
  if (auto* duration = dynamic_cast<google::protobuf::Duration*>(message)) {
    return FillDuration(node, path, duration);
  }
  if (auto* values = dynamic_cast<v1::ParameterValues*>(message)) {
    return FillParameter(node, path, values);
  }
  return Fill(node, path, message);
}

absl::Status Filler::FillDuration(const YamlNode& node, const std::string& path,
                                  google::protobuf::Duration* duration) {
  const char* expected = "a duration with its unit (1500ms, 60s, 2m30s)";
  BF_ASSIGN_OR_RETURN(const std::string text, Text(node, path, expected));
  const absl::StatusOr<absl::Duration> parsed = ParseDuration(text);
  // The bound of google.protobuf.Duration.
  if (!parsed.ok() || *parsed > absl::Seconds(315'576'000'000)) {
    return Refuse(node, path, expected);
  }
  duration->set_seconds(absl::ToInt64Seconds(*parsed));
  duration->set_nanos(
      static_cast<int32_t>((*parsed - absl::Seconds(duration->seconds())) / absl::Nanoseconds(1)));
  return absl::OkStatus();
}

absl::Status Filler::FillParameter(const YamlNode& node, const std::string& path,
                                   v1::ParameterValues* values) {
  if (node.kind != YamlNode::Kind::kList) {
    BF_ASSIGN_OR_RETURN(*values->add_values(), ParameterText(node, path));
    return absl::OkStatus();
  }
  if (node.items.empty()) return Refuse(node.at, path, "an empty list", "at least one value");
  std::vector<std::string> seen;
  for (const auto& item : node.items) {
    BF_ASSIGN_OR_RETURN(std::string text, ParameterText(*item, path));
    if (std::find(seen.begin(), seen.end(), text) != seen.end()) {
      return YamlError(context_.file, item->at,
                       absl::StrFormat("%s lists %s twice", path, Describe(*item)));
    }
    context_.places[absl::StrFormat("%s[%d]", path, seen.size())] = item->at;
    seen.push_back(text);
    values->add_values(std::move(text));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Filler::ParameterText(const YamlNode& node, const std::string& path) {
  if (node.kind != YamlNode::Kind::kMap) {
    return Text(node, path, "a value, a list of values or a map");
  }
  std::map<std::string, std::string> pairs;
  for (const YamlNode::Entry& entry : node.entries) {
    if (entry.key.find_first_of("=,") != std::string::npos) {
      return YamlError(
          context_.file, entry.key_at,
          absl::StrFormat("the key '%s' in %s has a '=' or ',' in it", Printable(entry.key), path));
    }
    const std::string inner = path + "." + entry.key;
    BF_ASSIGN_OR_RETURN(std::string text, Text(*entry.value, inner, "a value"));
    if (text.find(',') != std::string::npos) {
      return Refuse(*entry.value, inner, "a value without ','");
    }
    pairs[entry.key] = std::move(text);
  }
  if (pairs.empty()) return Refuse(node.at, path, "an empty map", "at least one key");
  std::string joined;
  for (const auto& [key, value] : pairs) joined += (joined.empty() ? "" : ",") + key + "=" + value;
  return joined;
}

absl::Status Filler::FillScalar(const YamlNode& node, const std::string& path,
                                const FieldDescriptor& field, bool append, Message* message) {
  const Reflection& reflection = *message->GetReflection();
  const auto put = [&](auto set, auto add, auto value) {
    if (append) {
      (reflection.*add)(message, &field, value);
    } else {
      (reflection.*set)(message, &field, value);
    }
    return absl::OkStatus();
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      BF_ASSIGN_OR_RETURN(std::string text, Text(node, path, "text"));
      return put(&Reflection::SetString, &Reflection::AddString, std::move(text));
    }
    case FieldDescriptor::CPPTYPE_INT32: {
      BF_ASSIGN_OR_RETURN(const int32_t number, WholeNumber<int32_t>(node, path));
      return put(&Reflection::SetInt32, &Reflection::AddInt32, number);
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      BF_ASSIGN_OR_RETURN(const uint32_t number, WholeNumber<uint32_t>(node, path));
      return put(&Reflection::SetUInt32, &Reflection::AddUInt32, number);
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      BF_ASSIGN_OR_RETURN(const uint64_t number, WholeNumber<uint64_t>(node, path));
      return put(&Reflection::SetUInt64, &Reflection::AddUInt64, number);
    }
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      BF_ASSIGN_OR_RETURN(const double number, Number(node, path));
      return put(&Reflection::SetDouble, &Reflection::AddDouble, number);
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      BF_ASSIGN_OR_RETURN(const bool value, Boolean(node, path));
      return put(&Reflection::SetBool, &Reflection::AddBool, value);
    }
    default:
      return absl::InternalError(
          absl::StrFormat("the field %s is of a type that job files do not know", path));
  }
}

absl::StatusOr<std::string> Filler::Text(const YamlNode& node, const std::string& path,
                                         const std::string& expected) {
  if (node.kind != YamlNode::Kind::kScalar) return Refuse(node, path, expected);
  BF_ASSIGN_OR_RETURN(std::string text, Substitute(node));
  if (!IsUtf8(text)) {
    return YamlError(context_.file, node.at, path + " is not UTF-8 text without NUL");
  }
  return text;
}

template <typename Integer>
absl::StatusOr<Integer> Filler::WholeNumber(const YamlNode& node, const std::string& path) {
  const std::string expected =
      absl::StrFormat("a whole number from %d to %d", std::numeric_limits<Integer>::min(),
                      std::numeric_limits<Integer>::max());
  BF_ASSIGN_OR_RETURN(const std::string text, Text(node, path, expected));
  Integer number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Refuse(node.at, path, "'" + Shorten(Printable(text), 60) + "'", expected);
  }
  return number;
}

absl::StatusOr<double> Filler::Number(const YamlNode& node, const std::string& path) {
  BF_ASSIGN_OR_RETURN(const std::string text, Text(node, path, "a number"));
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) {
    return Refuse(node.at, path, "'" + Shorten(Printable(text), 60) + "'", "a number");
  }
  return number;
}

absl::StatusOr<bool> Filler::Boolean(const YamlNode& node, const std::string& path) {
  BF_ASSIGN_OR_RETURN(const std::string text, Text(node, path, "true or false"));
  if (text == "true") return true;
  if (text == "false") return false;
  return Refuse(node.at, path, "'" + Shorten(Printable(text), 60) + "'", "true or false");
}

// ${NAME}, ${NAME:-default} and $$; any other dollar stands for itself.
absl::StatusOr<std::string> Filler::Substitute(const YamlNode& node) {
  const std::string& text = node.text;
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size() || (text[i + 1] != '$' && text[i + 1] != '{')) {
      out += text[i];
      continue;
    }
    if (text[i + 1] == '$') {
      out += '$';
      ++i;
      continue;
    }
    const size_t end = text.find('}', i);
    const std::string inside = text.substr(i + 2, end == std::string::npos ? end : end - i - 2);
    const size_t dash = inside.find(":-");
    const std::string name = inside.substr(0, dash);
    const bool good = end != std::string::npos && !name.empty() &&
                      name.find_first_not_of(
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                          "0123456789_") == std::string::npos;
    if (!good) {
      return YamlError(context_.file, node.at,
                       absl::StrFormat("'%s' is not a variable, expected ${NAME} or "
                                       "${NAME:-default} ($$ is a dollar)",
                                       Shorten(Printable(text.substr(i)), 40)));
    }
    std::optional<std::string> value = context_.variables(name);
    if (!value && dash != std::string::npos) value = inside.substr(dash + 2);
    if (!value) {
      return YamlError(context_.file, node.at,
                       absl::StrFormat("the variable %s is not set, expected it in the "
                                       "environment or as --set %s=VALUE",
                                       name, name));
    }
    out += *value;
    i = end;
  }
  return out;
}

}  // namespace

absl::Status FillMessage(const YamlNode& node, const std::string& path, YamlContext* context,
                         google::protobuf::Message* message) {
  return Filler(context).Fill(node, path, message);
}

}  // namespace benchfleet
