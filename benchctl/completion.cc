#include "benchctl/completion.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/text.h"

namespace benchfleet {
namespace {

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// In single quotes, for any of the three shells.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

struct Place {
  std::vector<std::string> path;  // "hosts", "show"
  const CommandDescription* command;
};

void Collect(const CommandDescription& command, std::vector<std::string> path,
             std::vector<Place>* places) {
  places->push_back({path, &command});
  for (const CommandDescription& inner : command.commands) {
    std::vector<std::string> deeper = path;
    deeper.push_back(inner.name);
    Collect(inner, deeper, places);
  }
}

std::vector<Place> AllPlaces(const CommandDescription& root) {
  std::vector<Place> places;
  Collect(root, {}, &places);
  return places;
}

std::vector<std::string> Names(const std::vector<CommandDescription>& commands) {
  std::vector<std::string> names;
  for (const CommandDescription& command : commands) names.push_back(command.name);
  return names;
}

// The flags that a command takes: its own and those for every command.
std::vector<const FlagDescription*> FlagsOf(const CommandDescription& root,
                                            const CommandDescription& command) {
  std::vector<const FlagDescription*> flags;
  for (const FlagDescription& flag : command.flags) flags.push_back(&flag);
  if (&command == &root) return flags;
  for (const FlagDescription& flag : root.flags) flags.push_back(&flag);
  return flags;
}

std::string BashScript(const CommandDescription& root) {
  std::string words;   // path -> what may stand there
  std::string values;  // flag -> its words
  std::vector<std::string> files;
  std::vector<std::string> valued;
  for (const Place& place : AllPlaces(root)) {
    std::vector<std::string> here = Names(place.command->commands);
    for (const std::string& value : place.command->positional_values) here.push_back(value);
    for (const FlagDescription* flag : FlagsOf(root, *place.command)) here.push_back(flag->name);
    if (place.command->takes_file) here.push_back("@files");
    words +=
        absl::StrFormat("    %s) words=%s ;;\n", Quoted(Joined(place.path)), Quoted(Joined(here)));
    for (const FlagDescription& flag : place.command->flags) {
      if (!flag.takes_value) continue;
      if (std::find(valued.begin(), valued.end(), flag.name) != valued.end()) continue;
      valued.push_back(flag.name);
      if (flag.takes_file) files.push_back(flag.name);
      if (!flag.values.empty()) {
        values += absl::StrFormat("    %s) COMPREPLY=($(compgen -W %s -- \"$cur\")); return ;;\n",
                                  flag.name, Quoted(Joined(flag.values)));
      }
    }
  }
  const auto pattern = [](const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : "|") + name;
    return text;
  };
  std::vector<std::string> paths;
  for (const Place& place : AllPlaces(root)) {
    if (!place.path.empty()) paths.push_back(Quoted(Joined(place.path)));
  }
  return absl::StrFormat(
      "# bash completion for %1$s\n"
      "_%1$s() {\n"
      "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
      "  local path='' words='' skip='' word next\n"
      "  COMPREPLY=()\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    if [ -n \"$skip\" ]; then skip=''; continue; fi\n"
      "    case $word in\n"
      "      --) return ;;\n"
      "      %2$s) skip=1; continue ;;\n"
      "      -*) continue ;;\n"
      "    esac\n"
      "    next=\"${path:+$path }$word\"\n"
      "    case $next in %3$s) path=$next ;; esac\n"
      "  done\n"
      "  case $prev in\n"
      "%4$s"
      "    %5$s) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
      "    %2$s) return ;;\n"
      "  esac\n"
      "  case $path in\n"
      "%6$s"
      "  esac\n"
      "  if [[ $words == *@files* && $cur != -* ]]; then\n"
      "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
      "    return\n"
      "  fi\n"
      "  COMPREPLY=($(compgen -W \"${words//@files/}\" -- \"$cur\"))\n"
      "  if [[ $cur != -* ]]; then\n"
      "    local plain=() reply\n"
      "    for reply in \"${COMPREPLY[@]}\"; do [[ $reply == -* ]] || plain+=(\"$reply\"); done\n"
      "    [ ${#plain[@]} -gt 0 ] && COMPREPLY=(\"${plain[@]}\")\n"
      "  fi\n"
      "}\n"
      "complete -o filenames -F _%1$s %1$s\n",
      root.name, pattern(valued), pattern(paths), values, pattern(files), words);
}

// Colons and brackets mean something in _arguments' specifications.
std::string ZshText(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') safe += '\\';
    safe += c;
  }
  return safe;
}

std::string ZshFunction(const CommandDescription& root, const Place& place,
                        const std::string& function) {
  std::string text = function + "() {\n  local -a commands\n  local state line curcontext\n";
  if (!place.command->commands.empty()) {
    text += "  commands=(\n";
    for (const CommandDescription& inner : place.command->commands) {
      text += "    " + Quoted(ZshText(inner.name) + ":" + ZshText(inner.help)) + "\n";
    }
    text += "  )\n";
  }
  text += "  _arguments -C";
  for (const FlagDescription* flag : FlagsOf(root, *place.command)) {
    std::string spec = flag->name + "[" + ZshText(flag->help) + "]";
    if (!flag->values.empty()) {
      spec += ":value:(" + Joined(flag->values) + ")";
    } else if (flag->takes_value) {
      spec += flag->takes_file ? ":file:_files" : ":value: ";
    }
    text += " \\\n    " + Quoted(spec);
  }
  if (!place.command->commands.empty()) {
    text += " \\\n    '1:command:->command' \\\n    '*::argument:->rest'\n";
    text += absl::StrFormat(
        "  case $state in\n    command) _describe command commands ;;\n"
        "    rest) (( $+functions[%1$s_${line[1]}] )) && %1$s_${line[1]} ;;\n  esac\n",
        function);
  } else if (!place.command->positional_values.empty()) {
    text +=
        " \\\n    " + Quoted("1:value:(" + Joined(place.command->positional_values) + ")") + "\n";
  } else {
    text += place.command->takes_file ? " \\\n    '1:file:_files'\n" : " \\\n    '*:argument: '\n";
  }
  return text + "}\n";
}

std::string ZshScript(const CommandDescription& root) {
  std::string text = "#compdef " + root.name + "\n";
  for (const Place& place : AllPlaces(root)) {
    std::string function = "_" + root.name;
    for (const std::string& word : place.path) function += "_" + word;
    text += ZshFunction(root, place, function);
  }
  return text + absl::StrFormat(
                    "if [ \"$funcstack[1]\" = _%1$s ]; then _%1$s \"$@\"; else compdef _%1$s %1$s; "
                    "fi\n",
                    root.name);
}

std::string FishScript(const CommandDescription& root) {
  std::string text = "# fish completion for " + root.name + "\n";
  const std::string all = Joined(Names(root.commands));
  for (const Place& place : AllPlaces(root)) {
    std::string condition;
    if (!place.path.empty()) {
      for (const std::string& word : place.path) {
        condition += (condition.empty() ? "" : "; and ") +
                     std::string("__fish_seen_subcommand_from ") + word;
      }
    }
    const std::vector<std::string> inner_names = Names(place.command->commands);
    const std::string here =
        (condition.empty() ? "" : condition + "; and ") +
        std::string(inner_names.empty() ? "true"
                                        : "not __fish_seen_subcommand_from " + Joined(inner_names));
    const std::string start = "complete -c " + root.name;
    for (const CommandDescription& inner : place.command->commands) {
      text += absl::StrFormat("%s -f -n %s -a %s -d %s\n", start, Quoted(here), inner.name,
                              Quoted(inner.help));
    }
    for (const FlagDescription& flag : place.command->flags) {
      text += start;
      if (!condition.empty()) text += " -n " + Quoted(condition);
      text += " -l " + flag.name.substr(2);
      if (flag.takes_value) text += flag.takes_file ? " -r -F" : " -x";
      if (!flag.values.empty()) text += " -a " + Quoted(Joined(flag.values));
      text += " -d " + Quoted(flag.help) + "\n";
    }
    if (!place.command->positional_values.empty()) {
      text += absl::StrFormat("%s -f -n %s -a %s\n", start, Quoted(condition),
                              Quoted(Joined(place.command->positional_values)));
    } else if (!place.command->takes_file && !condition.empty()) {
      text += absl::StrFormat("%s -f -n %s\n", start, Quoted(condition));
    }
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> CompletionScript(const CommandDescription& root,
                                             const std::string& shell) {
  if (shell == "bash") return BashScript(root);
  if (shell == "zsh") return ZshScript(root);
  if (shell == "fish") return FishScript(root);
  return absl::InvalidArgumentError(
      absl::StrFormat("no completion for '%s', expected bash, zsh or fish%s", shell,
                      DidYouMean(shell, {"bash", "zsh", "fish"})));
}

}  // namespace benchfleet
