// "kind=tee,cpu.vendor=AMD": which hosts a job means. Pure functions.
//
// selector := "" | term ("," term)*
// term     := key | key "=" value | key "!=" value
// A key is `name`, a label, or a fingerprint field ("cpu.vendor"); labels win. A bare key asks that
// it is there. Values may hold "*" for any run of characters. Every term must hold; "" selects
// every host.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/model.h"

namespace benchfleet {

struct SelectorTerm {
  std::string key;
  std::string value;
  enum class Kind { kPresent, kEquals, kDiffers } kind = Kind::kPresent;
};

// What a selector looks at.
struct SelectableHost {
  const std::string& name;
  const StringMap& labels;
  const StringMap& fields;
};

class Selector {
 public:
  // kInvalidArgument names the term that cannot be read.
  static absl::StatusOr<Selector> Parse(std::string_view text);
  bool Matches(const SelectableHost& host) const;
  static bool Matches(const SelectorTerm& term, const SelectableHost& host);
  const std::vector<SelectorTerm>& terms() const { return terms_; }

 private:
  std::vector<SelectorTerm> terms_;
};

// Why hosts, none of which fits the selector, do not: the first term that fits none of them, with
// the nearest key or value that there is. "no host has kind=loca, expected one of cloud-vm, local
// (did you mean 'local'?)".
std::string WhyNoneFits(const Selector& selector, const std::vector<SelectableHost>& hosts);

// True when `text` fits `pattern`, in which "*" stands for any characters.
bool MatchesPattern(std::string_view text, std::string_view pattern);

}  // namespace benchfleet
