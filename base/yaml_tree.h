// YAML as a small tree that knows where everything stands, with bounds: what job files and
// descriptions of provers are read through. Anchors and aliases work; the tree that they expand to
// is bounded, so a short file cannot become a huge one. Pure functions; yaml-cpp's exceptions end
// here.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace benchfleet {

struct YamlPosition {
  int line = 1;  // both count from one
  int column = 1;
};

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Entry {
    std::string key;
    YamlPosition key_at;
    std::shared_ptr<const YamlNode> value;
  };

  Kind kind = Kind::kNull;
  YamlPosition at;
  std::string text;                                    // of a scalar
  std::vector<std::shared_ptr<const YamlNode>> items;  // of a list
  std::vector<Entry> entries;                          // of a map, no key twice
  size_t size = 1;  // nodes in the tree below and including this one, aliases expanded
};

inline constexpr int kMaxYamlDepth = 32;
inline constexpr size_t kMaxYamlNodes = 200'000;

// "FILE:LINE:COLUMN: message", the form of every error about such a file.
absl::Status YamlError(std::string_view file, YamlPosition at, std::string_view message);

// The one document in `text`, null when there is none. Errors, each with its position: not UTF-8,
// bad YAML, a key twice, more than one document, an alias of an anchor that contains it, tags, too
// deep, too many nodes.
absl::StatusOr<std::shared_ptr<const YamlNode>> ParseYaml(std::string_view text,
                                                          std::string_view file);

// "a map", "a list", "'text'", "nothing": what was found, for messages.
std::string Describe(const YamlNode& node);

}  // namespace benchfleet
