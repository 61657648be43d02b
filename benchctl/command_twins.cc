#include "benchctl/command_twins.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace benchfleet {
namespace {

std::string TwinName(const std::string& path, const std::string& flag) {
  std::string name = "BENCHFLEET_" + path + flag;
  for (char& c : name) {
    c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

// "--limit" of `jobs --limit 3`: the next word is its value.
bool TakesNextWord(const std::vector<std::pair<CLI::App*, size_t>>& commands,
                   const std::string& word) {
  if (word.find('=') != std::string::npos) return false;
  for (const auto& [command, index] : commands) {
    const CLI::Option* option = command->get_option_no_throw(word);
    if (option != nullptr) return option->get_items_expected_max() > 0;
  }
  return false;
}

bool HasTwin(const CLI::Option& option) {
  if (option.get_lnames().empty()) return false;
  const std::string& name = option.get_lnames().front();
  return name != "help" && name != "version" && name != "config";
}

}  // namespace

std::vector<std::pair<CLI::App*, size_t>> NamedCommands(CLI::App* app,
                                                        const std::vector<std::string>& arguments) {
  std::vector<std::pair<CLI::App*, size_t>> named = {{app, 0}};
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (!word.empty() && word[0] == '-') {
      i += TakesNextWord(named, word) ? 1 : 0;
      continue;
    }
    const std::vector<CLI::App*> commands = named.back().first->get_subcommands(
        [&word](const CLI::App* command) { return command->get_name() == word; });
    if (!commands.empty()) named.emplace_back(commands.front(), i + 1);
  }
  return named;
}

bool IsGiven(const std::vector<std::string>& arguments, const std::string& flag) {
  return std::any_of(arguments.begin(), arguments.end(), [&flag](const std::string& word) {
    return word == flag || word.starts_with(flag + "=");
  });
}

EnvironmentTwins::EnvironmentTwins(CLI::App* app, std::vector<std::string>* arguments) {
  const std::vector<std::string> given = *arguments;
  const auto named = NamedCommands(app, given);
  std::string path;
  std::vector<std::pair<size_t, std::string>> added;
  for (const auto& [command, index] : named) {
    if (command != app) path += command->get_name() + "_";
    for (CLI::Option* option : command->get_options()) {
      if (!HasTwin(*option)) continue;
      const std::string& name = option->get_lnames().front();
      const std::string variable = TwinName(path, name);
      option->envname(variable);
      const char* value = std::getenv(variable.c_str());
      if (value == nullptr || *value == '\0' || IsGiven(given, "--" + name)) continue;
      variables_["--" + name] = variable;
      added.emplace_back(index, "--" + name + "=" + value);
    }
  }
  // From behind, so that the indices before stay what they are.
  for (auto it = added.rbegin(); it != added.rend(); ++it) {
    arguments->insert(arguments->begin() + static_cast<std::ptrdiff_t>(it->first), it->second);
  }
}

std::string EnvironmentTwins::NameOf(const std::string& flag) const {
  const auto found = variables_.find(flag);
  return found == variables_.end() ? flag : found->second;
}

}  // namespace benchfleet
