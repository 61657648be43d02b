// A file of results, whoever wrote it: ours (docs/results.schema.json), its plain form, or another
// tool's (docs/importing.md).
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "benchctl/results.h"

namespace benchfleet {

struct AnyFileOptions {
  std::string from;              // an adapter's name, "benchfleet" for ours; "": find out
  std::string host;              // the machine that it was measured on; "": what the file says
  std::string revision;          // what was measured; "": what the file says
  std::vector<std::string> map;  // "name=benchmark,value=ms": of the generic adapters
  absl::Time now = absl::InfinitePast();  // the time of results that come on stdin without one
};

// A warning of files that do not say where they come from.
inline constexpr char kMachineUnsaid[] = "the file does not say on which machine it was measured";

// `path` is a file, a directory (Criterion's, or of several files of one tool: one process each),
// or
// "-" for stdin. `warnings`, where given, gets a line for each thing that was left out.
// Errors are one line that begins with `path`.
absl::StatusOr<JobResults> ReadAnyResultFile(const std::string& path,
                                             const AnyFileOptions& options = {},
                                             std::vector<std::string>* warnings = nullptr);

// True where a word of the command line can only mean a file: it has a slash, ends as files of
// results do, or there is a file or directory of that name.
bool LooksLikeResultFile(const std::string& word);

}  // namespace benchfleet
