// Any JSON, by the map (map.h): JSON pointers (RFC 6901), "/a/0/b"; a name without a slash is a
// key. `items` leads to a list or an object of benchmarks, the other places are within each of
// those;
// "@key" is an object's key there.
#include <cmath>
#include <filesystem>

#include "adapters/formats.h"
#include "adapters/json.h"
#include "adapters/map.h"
#include "adapters/quote.h"
#include "adapters/text.h"
#include "base/status.h"

namespace benchfleet {
namespace {

using foreign::Json;
using foreign::Node;

constexpr char kKeyItself[] = "@key";

// The next part of a pointer, "~1" and "~0" put back.
std::string TakePart(std::string_view* pointer) {
  pointer->remove_prefix(1);
  const size_t end = std::min(pointer->find('/'), pointer->size());
  std::string part(pointer->substr(0, end));
  pointer->remove_prefix(end);
  for (const auto& [code, character] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}}) {
    for (size_t at = 0; (at = part.find(code, at)) != std::string::npos; ++at) {
      part.replace(at, 2, character);
    }
  }
  return part;
}

// Nothing where the pointer leads nowhere.
std::optional<Node> Follow(const Node& from, const std::string& pointer) {
  const std::string whole = pointer.empty() || pointer[0] == '/' ? pointer : "/" + pointer;
  std::string_view rest = whole == "/" ? std::string_view() : std::string_view(whole);
  const Json* at = &from.json();
  while (!rest.empty()) {
    const std::string part = TakePart(&rest);
    if (at->is_object()) {
      const auto found = at->find(part);
      if (found == at->end()) return std::nullopt;
      at = &*found;
      continue;
    }
    const std::optional<double> index = ReadNumber(part);
    const bool good = at->is_array() && index && *index >= 0 && *index == std::floor(*index) &&
                      *index < static_cast<double>(at->size());
    if (!good) return std::nullopt;
    at = &(*at)[static_cast<size_t>(*index)];
  }
  return Node(*at, from.path() + (whole == "/" ? "" : whole));
}

class MappedJson {
 public:
  MappedJson(const StringMap& map, std::string name) : map_(map), name_(std::move(name)) {}

  absl::StatusOr<ForeignResults> Read(const Node& root) {
    if (!map_.contains("value") && !map_.contains("mean") && !map_.contains("median")) {
      return absl::InvalidArgumentError(
          "JSON needs --map items=/PLACE,name=/PLACE,value=/PLACE,unit=UNIT (docs/importing.md)");
    }
    const auto given = map_.find("items");
    const std::optional<Node> items = Follow(root, given == map_.end() ? "" : given->second);
    if (!items) {
      return absl::InvalidArgumentError("--map items: the document has nothing at " +
                                        Quote(given->second));
    }
    if (items->json().is_array()) {
      BF_RETURN_IF_ERROR(
          foreign::ForEach(*items, [&](const Node& node) { return TakeItem(node, ""); }));
    } else if (UsesKeys()) {
      BF_RETURN_IF_ERROR(items->CheckObject());
      for (const auto& [key, value] : items->json().items()) {
        BF_RETURN_IF_ERROR(TakeItem(Node(value, items->path() + "/" + key), key));
      }
    } else {
      BF_RETURN_IF_ERROR(TakeItem(*items, ""));
    }
    return builder_.Finish();
  }

 private:
  bool UsesKeys() const {
    for (const auto& [key, what] : map_) {
      if (what == kKeyItself) return true;
    }
    return false;
  }

  absl::StatusOr<std::string> TextAt(const Node& node, const std::string& own_key,
                                     const std::string& what) const {
    if (what == kKeyItself) return own_key;
    const std::optional<Node> at = Follow(node, what);
    if (at) return at->AsText();
    return absl::InvalidArgumentError(
        absl::StrFormat("%s has nothing at %s",
                        node.path().empty() ? "the document" : Harmless(node.path()), Quote(what)));
  }

  // unit, metric, direction: a constant, or "@" and a place.
  absl::StatusOr<std::string> ConstantOrText(const Node& node, const std::string& own_key,
                                             const std::string& key) const {
    const auto found = map_.find(key);
    if (found == map_.end()) return std::string();
    const std::string& what = found->second;
    if (what[0] != '@' || what == kKeyItself) {
      return what == kKeyItself ? own_key : what;
    }
    return TextAt(node, own_key, what.substr(1));
  }

  absl::Status TakeItem(const Node& node, const std::string& own_key) {
    MappedEntry entry;
    entry.name = name_;
    if (const auto name = map_.find("name"); name != map_.end()) {
      BF_ASSIGN_OR_RETURN(entry.name, TextAt(node, own_key, name->second));
    }
    if (entry.name.empty()) return node.Refuse("something with a name");
    BF_ASSIGN_OR_RETURN(entry.unit, ConstantOrText(node, own_key, "unit"));
    BF_ASSIGN_OR_RETURN(entry.metric, ConstantOrText(node, own_key, "metric"));
    BF_ASSIGN_OR_RETURN(entry.direction, ConstantOrText(node, own_key, "direction"));
    for (const auto& [key, what] : map_) {
      if (key.rfind("param.", 0) == 0) {
        BF_ASSIGN_OR_RETURN(entry.parameters[key.substr(6)], TextAt(node, own_key, what));
      } else {
        BF_RETURN_IF_ERROR(TakeNumbers(node, key, what, &entry));
      }
    }
    return AddEntry(entry, &builder_);
  }

  static absl::Status TakeNumbers(const Node& node, const std::string& key, const std::string& what,
                                  MappedEntry* entry) {
    std::optional<double>* const moment = MomentOf(key, &entry->aggregate);
    const std::optional<double> percent = PercentOf(key);
    const bool count = key == "count" || key == "iterations";
    if (key != "value" && moment == nullptr && !percent && !count) return absl::OkStatus();
    const std::optional<Node> at = Follow(node, what);
    if (!at) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s has nothing at %s", node.path().empty() ? "the document" : Harmless(node.path()),
          Quote(what)));
    }
    if (key == "value" && at->json().is_array()) {
      BF_ASSIGN_OR_RETURN(entry->values, at->Numbers());
      return absl::OkStatus();
    }
    BF_ASSIGN_OR_RETURN(const std::optional<double> number, at->Number());
    if (!number) return absl::OkStatus();
    if (count && !(*number >= 0 && *number < 0x1p53)) return at->Refuse("a count");
    if (key == "value") entry->values.push_back(*number);
    if (key == "count") entry->aggregate.count = static_cast<uint64_t>(*number);
    if (key == "iterations") entry->iterations = static_cast<uint64_t>(*number);
    if (moment != nullptr) *moment = number;
    if (percent) entry->aggregate.percentiles[*percent] = *number;
    return absl::OkStatus();
  }

  const StringMap& map_;
  const std::string name_;
  ResultsBuilder builder_{"json"};
};

}  // namespace

absl::StatusOr<ForeignResults> ReadMappedJson(const Source& source, const AdapterOptions& options) {
  BF_ASSIGN_OR_RETURN(const std::string_view text, PlainText(source.files.front().text));
  BF_ASSIGN_OR_RETURN(const Json json, foreign::ParseJson(text));
  return MappedJson(options.map, std::filesystem::path(source.name).stem().string())
      .Read(Node(json));
}

}  // namespace benchfleet
