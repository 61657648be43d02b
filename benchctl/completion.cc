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
  for (const FlagDescription& flag : root.flags) {
    const bool known =
        std::any_of(command.flags.begin(), command.flags.end(),
                    [&](const FlagDescription& own) { return own.name == flag.name; });
    if (!known) flags.push_back(&flag);
  }
  return flags;
}

std::string Alternatives(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : "|") + name;
  return text;
}

// `case` arms: what a flag's value may be, each flag once.
std::string BashFlagValues(const std::vector<Place>& places, std::vector<std::string>* valued) {
  std::string arms;
  for (const Place& place : places) {
    for (const FlagDescription& flag : place.command->flags) {
      if (!flag.takes_value) continue;
      // The first one with a name speaks for all.
      if (std::find(valued->begin(), valued->end(), flag.name) != valued->end()) continue;
      valued->push_back(flag.name);
      if (!flag.values.empty()) {
        arms += absl::StrFormat("    %s) offer=%s ;;\n", flag.name, Quoted(Joined(flag.values)));
      } else if (!flag.ask.empty()) {
        arms += absl::StrFormat("    %s) ask=%s ;;\n", flag.name, flag.ask);
      } else if (flag.takes_file) {
        arms += absl::StrFormat("    %s) files=1 ;;\n", flag.name);
      }
    }
  }
  return arms;
}

// The same of what may stand at a path; `at` counts the positionals before.
std::string BashPlaces(const CommandDescription& root, const std::vector<Place>& places) {
  std::string arms;
  for (const Place& place : places) {
    const CommandDescription& command = *place.command;
    std::vector<std::string> offer = Names(command.commands);
    offer.insert(offer.end(), command.positional_values.begin(), command.positional_values.end());
    for (const FlagDescription* flag : FlagsOf(root, command)) offer.push_back(flag->name);
    arms +=
        absl::StrFormat("      %s) offer=%s", Quoted(Joined(place.path)), Quoted(Joined(offer)));
    if (command.takes_file) arms += "; files=1";
    std::string asks;
    for (size_t i = 0; i < command.asks.size(); ++i) {
      if (command.asks[i].empty()) continue;
      const bool repeats = command.last_repeats && i + 1 == command.asks.size();
      asks += absl::StrFormat(" %d%s) ask=%s ;;", i, repeats ? "|*" : "", command.asks[i]);
    }
    if (!asks.empty()) arms += "; case $at in" + asks + " esac";
    arms += " ;;\n";
  }
  return arms;
}

// bash splits words at = and :, which selectors and flags have within; they are put together again,
// and what bash takes for done is cut from the answers.
std::string BashScript(const CommandDescription& root) {
  const std::vector<Place> places = AllPlaces(root);
  std::vector<std::string> valued;
  const std::string values = BashFlagValues(places, &valued);
  std::vector<std::string> paths;
  for (const Place& place : places) {
    if (!place.path.empty()) paths.push_back(Quoted(Joined(place.path)));
  }
  return absl::StrFormat(
      R"sh(# bash completion for %1$s
_%1$s() {
  local line=() connection=() plain=() word glue='' raw=${COMP_WORDS[COMP_CWORD]}
  for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    if [[ ${#line[@]} -gt 1 && ( -n $glue || $word == [=:]* ) ]]; then line[-1]+=$word
    else line+=("$word"); fi
    glue=''; [[ $word == [=:] ]] && glue=1
  done
  local cur=${line[-1]} path='' flag='' at=0 offer='' ask='' files='' next
  local cut=${cur%%"$raw"}
  [[ $raw == [=:] ]] && cut=$cur
  COMPREPLY=()
  for word in "${line[@]:1:${#line[@]}-2}"; do
    if [[ -n $flag ]]; then
      case $flag in --coordinator|--ca|--cert|--key) connection+=("$flag=$word") ;; esac
      flag=''
      continue
    fi
    case $word in
      --) return ;;
      --insecure-plaintext|--coordinator=*|--ca=*|--cert=*|--key=*)
        connection+=("$word"); continue ;;
      %2$s) flag=$word; continue ;;
      -*) continue ;;
    esac
    next="${path:+$path }$word"
    case $next in %3$s) path=$next ;; *) at=$((at+1)) ;; esac
  done
  if [[ -z $flag && $cur == --*=* ]]; then
    flag=${cur%%%%=*}
    cur=${cur#*=}
    cut=${cut#"$flag="}
  fi
  case $flag in
    '') case $path in
%5$s    esac ;;
%4$s    *) return ;;
  esac
  if [[ -n $ask && $cur != -* ]]; then
    mapfile -t COMPREPLY < <("${line[0]}" complete "$ask" "$cur" "${connection[@]}" 2>/dev/null)
    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  fi
  [[ -n $files && $cur != -* ]] && COMPREPLY+=($(compgen -f -- "$cur"))
  if [[ ${#COMPREPLY[@]} -eq 0 && ( -z $files || $cur == -* ) ]]; then
    COMPREPLY=($(compgen -W "$offer" -- "$cur"))
    if [[ $cur != -* ]]; then
      for word in "${COMPREPLY[@]}"; do [[ $word == -* ]] || plain+=("$word"); done
      [[ ${#plain[@]} -gt 0 ]] && COMPREPLY=("${plain[@]}")
    fi
  fi
  COMPREPLY=("${COMPREPLY[@]#"$cut"}")
}
complete -o filenames -F _%1$s %1$s
)sh",
      root.name, Alternatives(valued), Alternatives(paths), values, BashPlaces(root, places));
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

std::string ZshPositionals(const CommandDescription& root, const CommandDescription& command) {
  std::string text;
  for (size_t i = 0; i < command.asks.size(); ++i) {
    const std::string& ask = command.asks[i];
    if (ask.empty() && !command.takes_file) continue;
    const bool repeats = command.last_repeats && i + 1 == command.asks.size();
    std::string action = ask.empty() ? "" : "_" + root.name + "_ask " + ask;
    if (command.takes_file) action += (action.empty() ? "" : "; ") + std::string("_files");
    text += " \\\n    " +
            Quoted(absl::StrFormat("%s:%s:{%s}", repeats ? "*" : absl::StrFormat("%d", i + 1),
                                   ask.empty() ? "file" : ask, action));
  }
  return (text.empty() ? " \\\n    '*:argument: '" : text) + "\n";
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
    } else if (!flag->ask.empty()) {
      spec += ":" + flag->ask + ":{_" + root.name + "_ask " + flag->ask + "}";
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
    text += ZshPositionals(root, *place.command);
  }
  return text + "}\n";
}

std::string ZshScript(const CommandDescription& root) {
  std::string text = absl::StrFormat(
      R"sh(#compdef %1$s
_%1$s_ask() {
  local -a found
  found=(${(f)"$(%1$s complete $1 "$PREFIX" 2>/dev/null)"})
  if [[ $1 = selector && $PREFIX != *=* ]]; then compadd -S '' -a found; else compadd -a found; fi
}
)sh",
      root.name);
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

std::string FishAsk(const CommandDescription& root, const std::string& kind) {
  return absl::StrFormat("(%s complete %s (commandline -ct) 2>/dev/null)", root.name, kind);
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
      if (!flag.ask.empty()) text += " -a " + Quoted(FishAsk(root, flag.ask));
      text += " -d " + Quoted(flag.help) + "\n";
    }
    if (!place.command->positional_values.empty()) {
      text += absl::StrFormat("%s -f -n %s -a %s\n", start, Quoted(condition),
                              Quoted(Joined(place.command->positional_values)));
    } else if (!place.command->takes_file && !condition.empty()) {
      text += absl::StrFormat("%s -f -n %s\n", start, Quoted(condition));
    }
    if (!place.command->asks.empty() && !place.command->asks.front().empty()) {
      text += absl::StrFormat("%s -n %s -a %s\n", start, Quoted(condition),
                              Quoted(FishAsk(root, place.command->asks.front())));
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
