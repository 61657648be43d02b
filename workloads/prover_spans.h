// The times that a prover tells of its own parts. Private to workloads/.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/model.h"

namespace benchfleet {

// `text` is a JSON object: the name of a span, and its nanoseconds or, as `bb prove
// --bench_out_hierarchical` writes it, a list of {"parent", "time", ...} with its nanoseconds under
// each parent, which are added up. `metrics` says which spans are wanted and what they are called;
// one that is not in `text` is left out. Errors, Internal: anything else.
absl::StatusOr<std::vector<std::pair<std::string, absl::Duration>>> ReadSpans(
    std::string_view text, const StringMap& metrics);

}  // namespace benchfleet
