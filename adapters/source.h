// What an adapter reads: a file, or the files of a directory, as they came from disk.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace benchfleet {

struct SourceFile {
  std::string path;  // within the directory, "a/b/new/sample.json"; of a single file its name
  std::string text;
};

struct Source {
  std::string name;  // the file's or directory's own, without what leads to it
  bool directory = false;
  std::vector<SourceFile> files;  // by path; one where it is no directory
};

// Reads a file, "-" as standard input, or a directory: all of it where it is Criterion's
// (benchmark.json files in it), else the files right in it. At most limits::kMaxForeignBytes and
// kMaxForeignFiles. Errors name the path; a file above the bound is refused unread.
absl::StatusOr<Source> LoadSource(const std::string& path);

// A text that is at hand.
Source SourceOf(std::string name, std::string text);

}  // namespace benchfleet
