// The part of json.h that the table of adapters needs, without nlohmann's header.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace benchfleet {

// What a document may cost in memory once it is parsed: a number takes 16 bytes or so, a text, a
// key, a list or an object about a hundred.
struct JsonBounds {
  size_t numbers;  // and truths and nulls
  size_t others;   // texts, keys, lists and objects
  size_t depth;
};

// Goes over the text without keeping any of it. Errors: ResourceExhausted above a bound, which is
// named; InvalidArgument where it is not JSON, with the line.
absl::Status CheckJson(std::string_view text, const JsonBounds& bounds);

// Where values stand in the first part of a document, "/benchmarks/*/name", to tell formats apart.
// Works on damaged documents as well; empty where the text does not begin as JSON.
std::set<std::string> SniffJson(std::string_view text);

}  // namespace benchfleet
