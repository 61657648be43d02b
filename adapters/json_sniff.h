// The part of json.h that the table of adapters needs, without nlohmann's header.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace benchfleet {

// Where values stand in the first part of a document, "/benchmarks/*/name", to tell formats apart.
// Works on damaged documents as well; empty where the text does not begin as JSON.
std::set<std::string> SniffJson(std::string_view text);

}  // namespace benchfleet
