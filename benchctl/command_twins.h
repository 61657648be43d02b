// The environment twins of benchctl's flags: BENCHFLEET_[COMMAND_]FLAG. Private to
// benchctl/command_*.cc.
//
// Only those of the command that was named are read, and of the commands around it: a slip in
// another command's twin is no business of this one.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "benchctl/command_tree.h"

namespace benchfleet {

// The commands that the arguments name, from `app` on, each with the index behind its word.
std::vector<std::pair<CLI::App*, size_t>> NamedCommands(CLI::App* app,
                                                        const std::vector<std::string>& arguments);

// True where the flag stands among the arguments: "--limit", "--limit=3".
bool IsGiven(const std::vector<std::string>& arguments, const std::string& flag);

// A value that lives beside one parsing.
class EnvironmentTwins {
 public:
  // Tells the named commands' flags their twins, for --help, and puts every twin that is set, and
  // whose flag is not given, into the arguments as that flag: so it is checked like one, and wins
  // over the configuration file.
  EnvironmentTwins(CLI::App* app, std::vector<std::string>* arguments);

  // The flag as the person gave it: the variable where that stood for it.
  std::string NameOf(const std::string& flag) const;

 private:
  std::map<std::string, std::string> variables_;  // by "--flag", of those that were put in
};

}  // namespace benchfleet
