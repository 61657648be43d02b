// Files of other benchmark tools: which tool wrote this, and what does it say?
//
// One row of Adapters() is one format, one file of this folder. A new one is x.cc, x_test.cc, a
// declaration in formats.h and a row in adapter.cc. docs/importing.md says for each format what is
// taken as raw, what as aggregate, and in which units and directions.
//
// Pure functions of text; source.h reads files. Errors are one line without the file's name, which
// the caller puts in front.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/foreign.h"
#include "adapters/source.h"

namespace benchfleet {

struct AdapterOptions {
  // Of the generic adapters: what stands where (docs/importing.md). "name" -> "benchmark".
  StringMap map;
};

// What detection looks at.
struct Sniff {
  std::string_view text;             // without byte order mark
  std::string extension;             // ".json", lower case
  std::set<std::string> json_paths;  // json_sniff.h
};

struct Adapter {
  const char* name;
  const char* description;  // the tool, and how to make it write the format
  bool reads_directory;
  bool takes_map;
  // Certain that the text is of this format. nullptr: never, it has to be named.
  bool (*recognizes)(const Sniff& sniff);
  absl::StatusOr<ForeignResults> (*read)(const Source& source, const AdapterOptions& options);
};

const std::vector<Adapter>& Adapters();
std::vector<std::string> AdapterNames();

// Error: the nearest name, and all of them.
absl::StatusOr<const Adapter*> FindAdapter(const std::string& name);

// Error: none is certain; says what to give.
absl::StatusOr<const Adapter*> DetectAdapter(const Source& source);

// By the adapter `from`; where that is "", by the map if there is one, else by the adapter that
// recognises the text. A directory of
// several files of one format is read as that many processes of the same benchmarks.
absl::StatusOr<ForeignResults> ReadForeign(const Source& source, const std::string& from,
                                           const AdapterOptions& options);

}  // namespace benchfleet
