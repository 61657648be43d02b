#include "adapters/json.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "adapters/json_sniff.h"
#include "adapters/quote.h"
#include "adapters/text.h"
#include "base/limits.h"
#include "base/status.h"

namespace benchfleet::foreign {
namespace {

constexpr std::string_view kNotNumbers[] = {"-Infinity", "Infinity", "-NaN", "NaN",
                                            "-nan",      "nan",      "-inf", "inf"};

// A bare word that stands where a number would, as several tools write what is not finite; "" where
// there is none at `text`'s start.
std::string_view NotANumber(std::string_view text) {
  for (const std::string_view word : kNotNumbers) {
    if (text.substr(0, word.size()) != word) continue;
    const char next = text.size() > word.size() ? text[word.size()] : ',';
    if (!std::isalnum(static_cast<unsigned char>(next))) return word;
  }
  return "";
}

// The text with every such word as null; `*changed` stays empty where there is none.
std::string_view WithNulls(std::string_view text, std::string* changed) {
  bool in_text = false;
  size_t kept = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text) {
      if (c == '\\') ++i;
      in_text = c != '"';
      continue;
    }
    if (c == '"') in_text = true;
    if (c != 'N' && c != 'I' && c != '-' && c != 'i' && c != 'n') continue;
    const std::string_view word = NotANumber(text.substr(i));
    if (word.empty()) continue;
    changed->append(text.substr(kept, i - kept)).append("null");
    i += word.size() - 1;
    kept = i + 1;
  }
  if (kept == 0) return text;
  changed->append(text.substr(kept));
  return *changed;
}

// Goes over a document without keeping it: checks the syntax and the bounds.
class Checker : public nlohmann::json_sax<Json> {
 public:
  Checker(std::string_view text, const JsonBounds& bounds) : text_(text), bounds_(bounds) {}

  bool null() override { return Value(); }
  bool boolean(bool /*value*/) override { return Value(); }
  bool number_integer(number_integer_t /*value*/) override { return Value(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return Value(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return Value(); }
  bool string(string_t& /*value*/) override { return Other(); }
  bool binary(binary_t& /*value*/) override { return Value(); }
  bool start_object(size_t /*size*/) override { return Down(); }
  bool key(string_t& /*value*/) override { return Other(); }
  bool end_object() override { return Up(); }
  bool start_array(size_t /*size*/) override { return Down(); }
  bool end_array() override { return Up(); }
  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    const size_t before = std::min(position > 0 ? position - 1 : 0, text_.size());
    const auto line =
        1 + std::count(text_.begin(), text_.begin() + static_cast<long>(before), '\n');
    const bool ended = Trim(text_.substr(before)).empty();
    const char* what = error.id == 406 ? "a number that is too large"
                       : ended         ? "the file ends in the middle (is it cut off?)"
                                       : "not JSON";
    status = absl::InvalidArgumentError(absl::StrFormat("line %d: %s", line, what));
    return false;
  }

  absl::Status status;

 private:
  bool Value() { return ++numbers_ <= bounds_.numbers || TooMany(bounds_.numbers, "numbers"); }
  bool Other() {
    return ++others_ <= bounds_.others || TooMany(bounds_.others, "texts, lists and objects");
  }
  bool Down() {
    return Other() && (++depth_ <= bounds_.depth || TooMany(bounds_.depth, "lists in lists"));
  }
  bool TooMany(size_t bound, const char* what) {
    status = absl::ResourceExhaustedError(absl::StrFormat(
        "the document has more than %d %s, which is the bound: split it or export fewer samples",
        bound, what));
    return false;
  }
  bool Up() {
    --depth_;
    return true;
  }

  const std::string_view text_;
  const JsonBounds bounds_;
  size_t numbers_ = 0;
  size_t others_ = 0;
  size_t depth_ = 0;
};

// Notes where values stand, three levels deep, and stops when it has seen enough.
class Sniffer : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return Value(); }
  bool boolean(bool /*value*/) override { return Value(); }
  bool number_integer(number_integer_t /*value*/) override { return Value(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return Value(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return Value(); }
  bool string(string_t& /*value*/) override { return Value(); }
  bool binary(binary_t& /*value*/) override { return Value(); }
  bool start_object(size_t /*size*/) override { return Down(""); }
  bool key(string_t& value) override {
    at_.back() = value;
    return true;
  }
  bool end_object() override { return Up(); }
  bool start_array(size_t /*size*/) override { return Down("*"); }
  bool end_array() override { return Up(); }
  bool parse_error(size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

  std::set<std::string> paths;

 private:
  static constexpr size_t kDepth = 3;
  static constexpr size_t kValues = 20'000;

  bool Value() {
    if (at_.size() <= kDepth) paths.insert(Path());
    return ++values_ < kValues;
  }
  bool Down(std::string first) {
    const bool more = at_.size() < limits::kMaxForeignJsonDepth && Value();
    at_.push_back(std::move(first));
    return more;
  }
  bool Up() {
    at_.pop_back();
    return true;
  }
  std::string Path() const {
    std::string path;
    for (const std::string& one : at_) path += "/" + one;
    return path;
  }

  std::vector<std::string> at_;
  size_t values_ = 0;
};

bool IsNotANumber(const Json& json) {
  if (json.is_null()) return true;
  if (!json.is_string()) return false;
  const auto& text = json.get_ref<const std::string&>();
  return !text.empty() && NotANumber(text).size() == text.size();
}

}  // namespace

absl::StatusOr<Json> ParseJson(std::string_view text) {
  std::string changed;
  text = WithNulls(text, &changed);
  BF_RETURN_IF_ERROR(CheckJson(text, {limits::kMaxForeignJsonValues, limits::kMaxForeignJsonValues,
                                      limits::kMaxForeignJsonDepth}));
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

bool Node::Has(const char* key) const {
  if (!json_->is_object()) return false;
  const auto found = json_->find(key);
  return found != json_->end() && !found->is_null();
}

Node Node::At(const char* key) const { return Node(*json_->find(key), path_ + "/" + key); }

absl::Status Node::Refuse(std::string_view expected) const {
  std::string found = json_->is_array() ? "a list"
                      : json_->is_object()
                          ? "an object"
                          : json_->dump(-1, ' ', false, Json::error_handler_t::replace);
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is %s, expected %s", path_.empty() ? "the document" : Harmless(path_),
                      Harmless(found), std::string(expected)));
}

absl::Status Node::CheckObject() const {
  return json_->is_object() ? absl::OkStatus() : Refuse("an object");
}

absl::Status Node::CheckArray() const {
  return json_->is_array() ? absl::OkStatus() : Refuse("a list");
}

absl::StatusOr<Node> Node::Need(const char* key) const {
  BF_RETURN_IF_ERROR(CheckObject());
  if (Has(key)) return At(key);
  return absl::InvalidArgumentError(
      absl::StrFormat("%s has no '%s'", path_.empty() ? "the document" : Harmless(path_), key));
}

absl::StatusOr<std::string> Node::NeedText(const char* key) const {
  BF_ASSIGN_OR_RETURN(const Node node, Need(key));
  if (!node.json().is_string()) return node.Refuse("text");
  return node.json().get<std::string>();
}

absl::Status Node::Get(const char* key, std::string* to) const {
  if (!Has(key)) return absl::OkStatus();
  const Node node = At(key);
  if (!node.json().is_string()) return node.Refuse("text");
  *to = node.json().get<std::string>();
  return absl::OkStatus();
}

absl::Status Node::Get(const char* key, bool* to) const {
  if (!Has(key)) return absl::OkStatus();
  const Node node = At(key);
  if (!node.json().is_boolean()) return node.Refuse("true or false");
  *to = node.json().get<bool>();
  return absl::OkStatus();
}

absl::Status Node::Get(const char* key, double* to) const {
  std::optional<double> number;
  BF_RETURN_IF_ERROR(Get(key, &number));
  if (number) *to = *number;
  return absl::OkStatus();
}

absl::Status Node::Get(const char* key, std::optional<double>* to) const {
  if (!Has(key)) return absl::OkStatus();
  BF_ASSIGN_OR_RETURN(const std::optional<double> number, At(key).Number());
  if (number) *to = number;
  return absl::OkStatus();
}

absl::Status Node::Get(const char* key, uint64_t* to) const {
  if (!Has(key)) return absl::OkStatus();
  const Node node = At(key);
  // Some tools write counts as 1e6 or 12.0.
  const double number = node.json().is_number() ? node.json().get<double>() : -1;
  if (number < 0 || number > 0x1p53 || number != std::floor(number)) {
    return node.Refuse("a whole number that is not negative");
  }
  *to = static_cast<uint64_t>(number);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<double>> Node::Number() const {
  if (IsNotANumber(*json_)) return std::nullopt;
  if (!json_->is_number()) return Refuse("a number");
  return json_->get<double>();
}

absl::StatusOr<std::vector<double>> Node::Numbers() const {
  BF_RETURN_IF_ERROR(CheckArray());
  std::vector<double> numbers;
  numbers.reserve(json_->size());
  for (size_t i = 0; i < json_->size(); ++i) {
    const Json& json = (*json_)[i];
    const bool none = IsNotANumber(json);
    if (!none && !json.is_number()) return At(i).Refuse("a number");
    numbers.push_back(none ? std::numeric_limits<double>::quiet_NaN() : json.get<double>());
  }
  return numbers;
}

absl::StatusOr<std::string> Node::AsText() const {
  if (json_->is_null()) return std::string();
  if (json_->is_string()) return json_->get<std::string>();
  if (json_->is_structured()) return Refuse("a text or a number");
  return json_->dump();
}

}  // namespace benchfleet::foreign

namespace benchfleet {

absl::Status CheckJson(std::string_view text, const JsonBounds& bounds) {
  foreign::Checker checker(text, bounds);
  if (foreign::Json::sax_parse(text, &checker)) return absl::OkStatus();
  return checker.status.ok() ? absl::InvalidArgumentError("not JSON") : checker.status;
}

std::set<std::string> SniffJson(std::string_view text) {
  foreign::Sniffer sniffer;
  std::string changed;
  const std::string_view head = text.substr(0, size_t{1} << 20);
  foreign::Json::sax_parse(foreign::WithNulls(head, &changed), &sniffer);
  return std::move(sniffer.paths);
}

}  // namespace benchfleet
