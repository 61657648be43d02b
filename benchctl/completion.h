// Completion scripts for shells, made from the tree of commands. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace benchfleet {

struct FlagDescription {
  std::string name;  // "--format"
  std::string help;
  bool takes_value = false;
  std::vector<std::string> values;  // where they are a few words
  bool takes_file = false;
};

struct CommandDescription {
  std::string name;
  std::string help;
  std::vector<FlagDescription> flags;
  std::vector<CommandDescription> commands;
  std::vector<std::string>
      positional_values;    // of the first positional, where they are a few words
  bool takes_file = false;  // as a positional
};

// `shell`: bash, zsh or fish; the script is for `root.name`.
absl::StatusOr<std::string> CompletionScript(const CommandDescription& root,
                                             const std::string& shell);

}  // namespace benchfleet
