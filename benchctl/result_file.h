// Files of results: JSON as docs/results.schema.json describes it.
//
// The outer shape is the plain one of version, timestamp, machine and benchmarks (name, iterations,
// mean_ms, min_ms, max_ms, std_dev_ms), so that simple readers are served; job, hosts and runs
// beside it carry everything else, each sample as it was measured. Reading takes both: a file
// without runs becomes aggregates. Pure functions but for ReadResultFile.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "benchctl/results.h"

namespace benchfleet {

// Larger files are refused unread; the coordinator's own bound on an import is below it.
inline constexpr size_t kMaxResultFileBytes = size_t{512} << 20;

// Error: a damaged chunk.
absl::StatusOr<std::string> WriteResultJson(const JobResults& results, absl::Time now);

// `file` is for messages, the source of the results and, by its stem, the name of a job whose file
// has none. Errors are one line, "FILE: /path/in/it is what, expected what".
absl::StatusOr<JobResults> ParseResultJson(const std::string& text, const std::string& file);

absl::StatusOr<JobResults> ReadResultFile(const std::string& path);

}  // namespace benchfleet
