// Completion scripts for shells, made from the tree of commands. Pure functions.
//
// Commands, flags and fixed values stand in the script; jobs, hosts, workloads, selectors and
// baselines it asks of the program itself (`complete KIND PREFIX`), with the connection flags that
// the line has.
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
  std::string ask;  // of `benchctl complete`: what its values are; "" when nobody knows
};

struct CommandDescription {
  std::string name;
  std::string help;
  std::vector<FlagDescription> flags;
  std::vector<CommandDescription> commands;
  std::vector<std::string>
      positional_values;          // of the first positional, where they are a few words
  bool takes_file = false;        // as a positional
  std::vector<std::string> asks;  // as FlagDescription::ask, of each positional
  bool last_repeats = false;
};

// `shell`: bash, zsh or fish; the script is for `root.name`.
absl::StatusOr<std::string> CompletionScript(const CommandDescription& root,
                                             const std::string& shell);

}  // namespace benchfleet
