// benchctl's commands as completion scripts see them.
#include "benchctl/command_tree.h"

namespace benchfleet {
namespace {

using WordList = std::vector<std::string>;

// What a coordinator knows about the words of a positional; "" nothing.
std::string AskForPositional(const WordList& path, const std::string& name) {
  const std::string command = path.empty() ? "" : path.front();
  if (name == "JOB" || name == "BASE" || name == "NEW") return "job";
  if (name == "WORKLOAD") return "workload";
  if (name == "NAME" && command == "hosts") return "host";
  if (name == "NAME" && command == "baseline") return "baseline";
  if (name == "OTHER") return "baseline";
  return "";
}

std::string AskForFlag(const WordList& path, const std::string& flag) {
  if (flag == "--on" || flag == "--match") return "selector";
  if (flag == "--host" || flag == "--base") return "host";
  if (flag == "--workload") return "workload";
  if (flag == "--job") return "job";
  if (flag == "--baseline") return "baseline";
  if (flag == "--against") return !path.empty() && path.front() == "baseline" ? "baseline" : "job";
  return "";
}

void DescribePositional(const CLI::App& root, const WordList& path, const CLI::Option& option,
                        CommandDescription* command) {
  const std::string name = option.get_name();
  command->takes_file =
      command->takes_file || name == "SPEC" || name == "FILE" || name == "BASE" || name == "NEW";
  if (name == "SHELL") command->positional_values = ShellNames();
  if (name == "COMMAND") {
    for (const CLI::App* known : root.get_subcommands([](const CLI::App*) { return true; })) {
      if (!known->get_group().empty()) command->positional_values.push_back(known->get_name());
    }
  }
  command->asks.push_back(AskForPositional(path, name));
  command->last_repeats = option.get_items_expected_max() > 1;
}

FlagDescription DescribeFlag(const WordList& path, const CLI::Option& option) {
  FlagDescription flag;
  flag.name = "--" + option.get_lnames().front();
  flag.help = option.get_description();
  flag.takes_value = option.get_expected_max() > 0;
  const std::string type = option.get_type_name();
  flag.takes_file = type == "FILE" || type == "DIR";
  if (flag.name == "--format") flag.values = AllFormats();
  if (flag.name == "--role") flag.values = CertificateRoles();
  if (flag.name == "--kind") flag.values = ReportKinds();
  flag.ask = AskForFlag(path, flag.name);
  return flag;
}

CommandDescription DescribeAt(const CLI::App& root, const CLI::App& app, const WordList& path) {
  CommandDescription command;
  command.name = app.get_name();
  command.help = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) {
      command.flags.push_back(DescribeFlag(path, *option));
    } else if (!path.empty()) {
      DescribePositional(root, path, *option, &command);
    }
  }
  for (const CLI::App* inner : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (inner->get_group().empty()) continue;
    WordList deeper = path;
    deeper.push_back(inner->get_name());
    command.commands.push_back(DescribeAt(root, *inner, deeper));
  }
  return command;
}

}  // namespace

const std::vector<std::string>& AllFormats() {
  static const WordList formats = {"table", "json", "csv", "markdown", "html"};
  return formats;
}
const std::vector<std::string>& CertificateRoles() {
  static const WordList roles = {"agent", "coordinator", "client"};
  return roles;
}
const std::vector<std::string>& ReportKinds() {
  static const WordList kinds = {kGeneralReport, kProvingReport};
  return kinds;
}
const std::vector<std::string>& ShellNames() {
  static const WordList shells = {"bash", "zsh", "fish"};
  return shells;
}

CommandDescription Describe(const CLI::App& app) { return DescribeAt(app, app, {}); }

}  // namespace benchfleet
