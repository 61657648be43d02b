#include "benchctl/command_line.h"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "base/text.h"
#include "benchctl/command_tree.h"
#include "benchctl/command_twins.h"
#include "benchctl/session.h"

namespace benchfleet {
namespace {

constexpr const char* kDescription =
    "Runs benchmarks on a fleet of hosts and tells what they measured.";

constexpr const char* kFooter =
    "Examples:\n"
    "  benchctl run --on kind=local -- sh -c 'sha256sum /bin/ls'\n"
    "  benchctl submit sweep.yaml --watch\n"
    "  benchctl report latest --format html --output report.html\n"
    "\n"
    "Exit codes: 0 done; 1 an error; 2 the command line makes no sense; 3 a budget is broken or\n"
    "something regressed; 4 undecided, under --fail-on-undecided; 5 a job that was followed\n"
    "failed or was cancelled; 130 Ctrl-C (the job goes on).\n"
    "Results are printed on stdout, progress and remarks on stderr.\n"
    "Every flag has an environment twin and can stand in the configuration file; the flag wins,\n"
    "then the environment. `benchctl COMMAND --help` has examples for each command.";

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  return names;
}

void AppendFlagNames(const CLI::App& app, std::vector<std::string>* names) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names->push_back("--" + name);
  }
}

// The command that the arguments named, as deep as they went.
const CLI::App* DeepestCommand(const CLI::App& app) {
  const CLI::App* deepest = &app;
  while (!deepest->get_subcommands().empty()) deepest = deepest->get_subcommands().front();
  return deepest;
}

std::string HelpHint(const CLI::App& app) {
  std::string path = "benchctl";
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    path += " " + at->get_name();
  }
  return "(see: " + path + " --help)";
}

// What is left over after parsing, explained.
std::string ExplainExtra(const CLI::App& app, const std::string& extra) {
  const CLI::App* command = DeepestCommand(app);
  if (extra.size() > 1 && extra[0] == '-') {
    const std::string flag = extra.substr(0, extra.find('='));
    std::vector<std::string> names;
    AppendFlagNames(*command, &names);
    if (command != &app) AppendFlagNames(app, &names);
    return absl::StrFormat("unknown flag '%s'%s", Printable(flag), DidYouMean(flag, names));
  }
  const std::vector<std::string> names = CommandNames(*command);
  if (!names.empty()) {
    return absl::StrFormat("unknown command '%s'%s", Printable(extra), DidYouMean(extra, names));
  }
  return absl::StrFormat(
      "'%s' is one word too many%s", Printable(extra),
      command->get_name() == "run" ? " (a command to measure stands after --)" : "");
}

std::string ExplainConfig(const CLI::App& app, const std::string& message) {
  constexpr std::string_view kUnknown = "INI was not able to parse ";
  if (message.compare(0, kUnknown.size(), kUnknown) != 0) {
    return "the configuration file: " + Printable(message);
  }
  const std::string name = message.substr(kUnknown.size());
  std::vector<std::string> names;
  AppendFlagNames(app, &names);
  for (std::string& flag : names) flag = flag.substr(2);
  return absl::StrFormat("the configuration file names the unknown flag '%s'%s", Printable(name),
                         DidYouMean(name, names));
}

// "Could not convert: --runs = abc"; whole numbers and flags are converted.
std::string ExplainConversion(const CLI::App& app, const std::string& flag,
                              const std::string& value, const EnvironmentTwins& twins) {
  const CLI::Option* option = DeepestCommand(app)->get_option_no_throw(flag);
  if (option == nullptr) option = app.get_option_no_throw(flag);
  const bool is_switch = option != nullptr && option->get_items_expected_max() == 0;
  return absl::StrFormat(
      "%s: '%s' is %s", twins.NameOf(flag), Printable(value),
      is_switch ? "neither true nor false" : "not a whole number of at most 4294967295");
}

// What CLI11 says of a flag, of the variable where that stood for it.
std::string Explain(const CLI::App& app, const std::string& message,
                    const EnvironmentTwins& twins) {
  constexpr std::string_view kConversion = "Could not convert: ";
  const size_t equals = message.find(" = ");
  if (message.starts_with(kConversion) && equals != std::string::npos) {
    return ExplainConversion(app, message.substr(kConversion.size(), equals - kConversion.size()),
                             message.substr(equals + 3), twins);
  }
  const size_t colon = message.find(':');
  if (colon == std::string::npos) return Printable(message);
  return Printable(twins.NameOf(message.substr(0, colon)) + message.substr(colon));
}

// Nothing where the command has the format. What the environment or the configuration file prefer
// is for the commands that have it; a flag is for this one.
std::optional<std::string> TakeFormat(const CLI::App& app, bool by_flag, Settings* settings) {
  const std::vector<std::string>& formats = settings->formats;
  if (std::find(formats.begin(), formats.end(), settings->format) != formats.end()) {
    return std::nullopt;
  }
  const std::string wanted =
      std::exchange(settings->format, formats.empty() ? "table" : formats[0]);
  if (!by_flag) return std::nullopt;
  if (formats.empty()) {
    return absl::StrFormat("--format %s: %s prints no results", wanted,
                           DeepestCommand(app)->get_name());
  }
  std::string known;
  for (const std::string& format : formats) known += (known.empty() ? "" : " or ") + format;
  return absl::StrFormat("--format %s: %s has no such format, expected %s", wanted,
                         DeepestCommand(app)->get_name(), known);
}

// "help hosts show" as "hosts show --help".
void TurnHelpIntoFlag(CLI::App* app, std::vector<std::string>* arguments) {
  const auto named = NamedCommands(app, *arguments);
  if (named.size() < 2 || named[1].first->get_name() != "help") return;
  arguments->erase(arguments->begin() + static_cast<std::ptrdiff_t>(named[1].second) - 1);
  if (!IsGiven(*arguments, "--help")) arguments->push_back("--help");
}

// "-- COMMAND ARGUMENT..." of `run`, cut off before parsing: its words are nobody's flags.
std::vector<std::string> CutCommand(std::vector<std::string>* arguments) {
  for (size_t i = 0; i < arguments->size(); ++i) {
    if ((*arguments)[i] != "--") continue;
    const auto begin = arguments->begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(arguments->begin(), begin, "run") == begin) return {};
    std::vector<std::string> command(begin + 1, arguments->end());
    arguments->erase(begin, arguments->end());
    return command;
  }
  return {};
}

Format FormatOf(const std::string& name) {
  static const std::map<std::string, Format> kNames = {{"table", Format::kTable},
                                                       {"json", Format::kJson},
                                                       {"csv", Format::kCsv},
                                                       {"markdown", Format::kMarkdown},
                                                       {"html", Format::kHtml}};
  return kNames.at(name);
}

bool WantsColor(const Settings& settings) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return !settings.no_color && (no_color == nullptr || *no_color == '\0') &&
         !(term != nullptr && std::string(term) == "dumb");
}

Session MakeSession(const Settings& settings, const Console& console, const Dialer& dialer) {
  Session session;
  session.console = console;
  session.format = FormatOf(settings.format);
  const bool color = WantsColor(settings);
  session.out_style.color = color && console.out_is_terminal;
  session.err_style.color = color && console.err_is_terminal;
  session.dial = [&settings, console, dialer]() {
    const std::string dir = ConfigDirectory();
    const auto or_default = [&dir](const std::string& path, const char* name) {
      return path.empty() ? dir + "/" + name : path;
    };
    TlsFiles tls{or_default(settings.ca, "ca.pem"), or_default(settings.certificate, "client.pem"),
                 or_default(settings.key, "client.key"), settings.insecure_plaintext};
    if (settings.insecure_plaintext && settings.complete.kind.empty()) {
      console.err(
          "WARNING: --insecure-plaintext: nothing is encrypted and nobody is who they say\n");
    }
    return dialer(settings.coordinator, tls);
  };
  return session;
}

// Parses into `settings`; an exit code where that is the end of it (help, or a bad command line).
std::optional<int> Parse(std::vector<std::string> arguments, CLI::App* app, Settings* settings,
                         const Console& console) {
  const auto refuse = [&](const std::string& message) {
    console.err(absl::StrFormat("benchctl: %s %s\n", message, HelpHint(*app)));
    return kExitUsage;
  };
  settings->run.command = CutCommand(&arguments);
  TurnHelpIntoFlag(app, &arguments);
  const bool format_by_flag = IsGiven(arguments, "--format");
  const EnvironmentTwins twins(app, &arguments);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 takes them
  try {
    app->parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    if (const auto extras = app->remaining(true); !extras.empty()) {
      return refuse(ExplainExtra(*app, extras.front()));
    }
    console.out(app->help());
    return kExitOk;
  } catch (const CLI::CallForVersion& version) {
    console.out(std::string(version.what()) + "\n");
    return kExitOk;
  } catch (const CLI::FileError& error) {
    return refuse(std::string("the configuration file: ") + Printable(error.what()));
  } catch (const CLI::ConfigError& error) {
    return refuse(ExplainConfig(*app, error.what()));
  } catch (const CLI::Error& error) {
    return refuse(Explain(*app, error.what(), twins));
  } catch (const std::exception& error) {
    return refuse(Printable(error.what()));
  }
  const std::vector<std::string> extras = app->remaining(true);
  if (!extras.empty()) return refuse(ExplainExtra(*app, extras.front()));
  if (!settings->action) {
    console.err(app->help());
    return kExitUsage;
  }
  if (const auto fault = TakeFormat(*app, format_by_flag, settings)) return refuse(*fault);
  return std::nullopt;
}

}  // namespace

int RunBenchctl(const std::vector<std::string>& arguments, const Console& console,
                const Dialer& dialer) {
  Settings settings;
  CLI::App app(kDescription, "benchctl");
  BuildCommandTree(&app, &settings);
  app.footer(kFooter);
  app.allow_config_extras(CLI::config_extras_mode::error);
  const char* config = std::getenv("BENCHFLEET_CONFIG");
  const bool config_named = config != nullptr && *config != '\0';
  app.set_config("--config", config_named ? config : ConfigDirectory() + "/benchctl.toml",
                 "Flags as NAME = VALUE lines (Env:BENCHFLEET_CONFIG)", config_named)
      ->type_name("FILE");
  if (const std::optional<int> code = Parse(arguments, &app, &settings, console)) return *code;
  const absl::StatusOr<int> code = settings.action(MakeSession(settings, console, dialer));
  if (code.ok()) return *code;
  console.err(absl::StrFormat("benchctl: %s\n", Message(code.status())));
  return kExitError;
}

}  // namespace benchfleet
