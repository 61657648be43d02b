#include "benchctl/command_tree.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_format.h"
#include "adapters/adapter.h"
#include "base/status.h"
#include "base/text.h"
#include "base/version.h"
#include "proto/session.h"

namespace benchfleet {
namespace {

// Certificates last for days: "397d" besides what ParseDuration knows.
absl::StatusOr<absl::Duration> ParseValidity(const std::string& text) {
  const bool days = text.size() > 1 && text.size() < 8 && text.back() == 'd' &&
                    text.find_first_not_of("0123456789") == text.size() - 1;
  if (days) return absl::Hours(24) * std::stoi(text);
  return ParseDuration(text);
}

CLI::Validator Parses(absl::StatusOr<absl::Duration> (*parse)(const std::string&)) {
  return CLI::Validator(
      [parse](std::string& text) {
        const auto duration = parse(text);
        return duration.ok() ? std::string() : Message(duration.status());
      },
      "");
}

absl::StatusOr<absl::Duration> ParseTime(const std::string& text) { return ParseDuration(text); }

std::string VersionText() {
  return absl::StrFormat("benchctl %s (protocol %d)", kVersion, kProtocolVersion);
}

void AddGlobalFlags(CLI::App* app, Settings* s) {
  app->add_option("--coordinator", s->coordinator, "The coordinator to speak to")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app->add_option("--ca", s->ca, "The fleet's CA (default: ca.pem in the configuration directory)")
      ->type_name("FILE");
  app->add_option("--cert", s->certificate, "Your certificate (default: client.pem there)")
      ->type_name("FILE");
  app->add_option("--key", s->key, "Its key (default: client.key there)")->type_name("FILE");
  app->add_flag("--insecure-plaintext", s->insecure_plaintext,
                "Speak without TLS: no secrecy, no identity; loopback only");
  app->add_option("--format", s->format,
                  "How results are printed: table, json, csv, markdown or html")
      ->check(OneOf(AllFormats()))
      ->type_name("FORMAT")
      ->capture_default_str();
  app->add_flag("--no-color", s->no_color, "No colours (as NO_COLOR)");
  app->set_version_flag("-V,--version", VersionText(), "Print the version");
}

void AddSubmit(CLI::App* app, Settings* s) {
  CLI::App* command = AddCommand(
      app, "submit", "Submit a job file; prints the job's number",
      "  benchctl submit sweep.yaml --watch\n"
      "  benchctl submit sweep.yaml --dry-run          # which run on which host, in which order\n"
      "  GIT_COMMIT=$(git rev-parse HEAD) benchctl submit sweep.yaml\n"
      "  benchctl submit sweep.yaml --set SIZES=64     # ${SIZES} in the file\n");
  command->add_option("SPEC", s->submit.file, "The job file, YAML; - is stdin")
      ->required()
      ->type_name("");
  command->add_flag("--dry-run", s->submit.dry_run, "Print the plan; create nothing");
  command->add_flag("--watch", s->submit.watch, "Follow the job until it ends");
  command->add_option("--set", s->submit.set, "A variable of the job file; may be repeated")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->callback([s] {
    if (!s->submit.dry_run) s->formats = {"table", "json"};
    s->action = [s](const Session& session) { return SubmitCommand(s->submit, session); };
  });
}

void AddRun(CLI::App* app, Settings* s) {
  CLI::App* command =
      AddCommand(app, "run", "Measure a command or a workload now, without a file",
                 "  benchctl run --on kind=local -- sh -c 'sha256sum /bin/ls'\n"
                 "  benchctl run --on kind=tee --runs 5 --samples 30 -- ./prove input.json\n"
                 "  benchctl run crypto.sha256 --param size=1KiB,64KiB\n");
  RunOptions& run = s->run;
  command
      ->add_option("WORKLOAD", run.workload, "A workload of the hosts; or -- COMMAND ARGUMENT...")
      ->type_name("");
  command
      ->add_option("--on", run.on,
                   "Which hosts (kind=tee,cpu.vendor=AMD); default: all that are connected")
      ->type_name("SELECTOR");
  command->add_option("--hosts", run.hosts, "At most so many of them")->type_name("N");
  command->add_option("--param", run.parameters, "A parameter; several values make a sweep")
      ->type_name("NAME=VALUE[,VALUE]")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--runs", run.runs, "Fresh processes per host")
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("--samples", run.samples, "Samples per run; with --max-time, at least so many")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--warmup", run.warmup, "Iterations before samples count")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--max-time", run.max_time, "Measure for so long, per run")
      ->check(Parses(ParseTime))
      ->type_name("DURATION");
  command->add_option("--timeout", run.timeout, "A run is ended after this")
      ->check(Parses(ParseTime))
      ->type_name("DURATION");
  command->add_option("--name", run.name, "The job's name; default: the command's")
      ->type_name("NAME");
  command->add_option("--revision", run.revision, "What is under test, say a commit")
      ->type_name("TEXT");
  command->callback(
      [s] { s->action = [s](const Session& session) { return RunCommand(s->run, session); }; });
}

void AddJobCommands(CLI::App* app, Settings* s) {
  CLI::App* jobs = AddCommand(app, "jobs", "List jobs, the newest first",
                              "  benchctl jobs\n  benchctl jobs --name prove-age --format json\n");
  jobs->add_option("--limit", s->jobs.limit, "At most so many")
      ->type_name("N")
      ->capture_default_str();
  jobs->add_option("--name", s->jobs.name, "Only jobs of this name")->type_name("NAME");
  jobs->add_option("--revision", s->jobs.revision, "Only jobs of this revision")
      ->type_name("REVISION");
  jobs->add_option("--label", s->jobs.labels, "Only jobs with this label; may be repeated")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  jobs->callback(
      [s] { s->action = [s](const Session& session) { return JobsCommand(s->jobs, session); }; });

  CLI::App* watch =
      AddCommand(app, "watch", "Follow a job until it ends; Ctrl-C leaves the job running",
                 "  benchctl watch latest\n"
                 "  benchctl watch 12 --format json          # a line for each change\n");
  AddJob(watch, &s->watch_job);
  watch->callback([s] {
    s->formats = {"table", "json"};
    s->action = [s](const Session& session) { return WatchCommand(s->watch_job, session); };
  });

  CLI::App* logs =
      AddCommand(app, "logs", "What became of each run, with the ends of its output",
                 "  benchctl logs latest --failed\n  benchctl logs 12 --host local-1\n");
  AddJob(logs, &s->logs.job);
  logs->add_option("--host", s->logs.host, "Only of this host")->type_name("NAME");
  logs->add_flag("--failed", s->logs.failed, "Only runs that failed");
  logs->callback(
      [s] { s->action = [s](const Session& session) { return LogsCommand(s->logs, session); }; });

  CLI::App* cancel =
      AddCommand(app, "cancel", "Cancel a job: what runs is stopped, what waits is dropped",
                 "  benchctl cancel 12 --reason 'wrong revision'\n");
  AddJob(cancel, &s->cancel_job);
  cancel->add_option("--reason", s->cancel_reason, "Kept with the job")->type_name("TEXT");
  cancel->callback([s] {
    s->formats = {};
    s->action = [s](const Session& session) {
      return CancelCommand(s->cancel_job, s->cancel_reason, session);
    };
  });
}

void AddHosts(CLI::App* app, Settings* s) {
  CLI::App* hosts = AddCommand(app, "hosts", "List hosts; `hosts show NAME` tells all about one",
                               "  benchctl hosts\n"
                               "  benchctl hosts --match kind=tee,cpu.vendor=AMD\n"
                               "  benchctl hosts show local-1\n"
                               "  benchctl hosts forget old-3    # gone for good\n");
  hosts->add_option("--match", s->hosts_match, "Only hosts that fit")->type_name("SELECTOR");
  CLI::App* show = AddCommand(hosts, "show", "A host's fingerprint, its changes and its workloads",
                              "  benchctl hosts show local-1 --format json\n");
  show->add_option("NAME", s->host_name, "The host")->required()->type_name("");
  show->callback([s] {
    s->action = [s](const Session& session) { return HostsShowCommand(s->host_name, session); };
  });
  CLI::App* forget = AddCommand(
      hosts, "forget", "Take a host that is gone for good off the list; its results stay",
      "  benchctl hosts forget old-3      # refused while it is connected or a job waits for it\n");
  forget->add_option("NAME", s->host_name, "The host")->required()->type_name("");
  forget->callback([s] {
    s->action = [s](const Session& session) { return HostsForgetCommand(s->host_name, session); };
  });
  hosts->callback([s, show, forget] {
    if (show->parsed() || forget->parsed()) return;
    s->action = [s](const Session& session) { return HostsCommand(s->hosts_match, session); };
  });
}

void AddCa(CLI::App* app, Settings* s) {
  CLI::App* ca = AddCommand(app, "ca", "Make the fleet's certificates",
                            "  benchctl ca init --dir fleet-ca\n"
                            "  benchctl ca issue --dir fleet-ca --role coordinator --name main "
                            "--address bench.example.org --out coordinator\n");
  ca->require_subcommand(0, 1);
  CLI::App* init = AddCommand(ca, "init", "Make an authority: DIR/ca.pem and DIR/ca.key",
                              "  benchctl ca init --dir fleet-ca --name 'lab fleet'\n");
  init->add_option("--dir", s->ca_init.dir, "Where to")->required()->type_name("DIR");
  init->add_option("--name", s->ca_init.name, "For people")
      ->type_name("NAME")
      ->capture_default_str();
  init->add_option("--validity", s->ca_init_validity, "How long it lasts")
      ->check(Parses(ParseValidity))
      ->type_name("DURATION")
      ->capture_default_str();
  init->callback([s] {
    s->formats = {};
    s->ca_init.validity = *ParseValidity(s->ca_init_validity);
    s->action = [s](const Session& session) { return CaInitCommand(s->ca_init, session); };
  });
  CLI::App* issue =
      AddCommand(ca, "issue", "Issue a certificate: OUT/NAME.pem, OUT/NAME.key, OUT/ca.pem",
                 "  benchctl ca issue --dir fleet-ca --role agent --name local-1 --out local-1\n"
                 "  benchctl ca issue --dir fleet-ca --role coordinator --name main --address "
                 "bench.example.org --address 192.0.2.7 --out coordinator\n"
                 "  benchctl ca issue --dir fleet-ca --role client --name alice --file-name client "
                 "--out ~/.config/benchfleet\n");
  issue->add_option("--dir", s->ca_issue.dir, "Of the authority")->required()->type_name("DIR");
  issue
      ->add_option("--role", s->ca_issue.request.identity.role,
                   "What it may be: agent, coordinator or client")
      ->required()
      ->check(OneOf(CertificateRoles()))
      ->type_name("ROLE");
  issue->add_option("--name", s->ca_issue.request.identity.name, "Whom it speaks for")
      ->required()
      ->type_name("NAME");
  issue
      ->add_option("--address", s->ca_issue.request.addresses,
                   "DNS name or IP address under which a coordinator is dialled; may be repeated; "
                   "loopback is always in")
      ->type_name("HOST")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  issue->add_option("--out", s->ca_issue.out, "Where to")->required()->type_name("DIR");
  issue->add_option("--file-name", s->ca_issue.file_name, "Instead of NAME in the files' names")
      ->type_name("BASE");
  issue->add_option("--validity", s->ca_issue_validity, "How long it lasts")
      ->check(Parses(ParseValidity))
      ->type_name("DURATION")
      ->capture_default_str();
  issue->callback([s] {
    s->formats = {};
    s->ca_issue.request.validity = *ParseValidity(s->ca_issue_validity);
    s->action = [s](const Session& session) { return CaIssueCommand(s->ca_issue, session); };
  });
}

void AddRest(CLI::App* app, Settings* s) {
  CLI::App* completion = AddCommand(
      app, "completion", "Print a completion script for a shell",
      "  benchctl completion bash > ~/.local/share/bash-completion/completions/benchctl\n"
      "  benchctl completion zsh > ~/.zfunc/_benchctl\n"
      "  benchctl completion fish > ~/.config/fish/completions/benchctl.fish\n");
  completion->add_option("SHELL", s->shell, "bash, zsh or fish")
      ->required()
      ->check(OneOf(ShellNames()))
      ->type_name("");
  completion->callback([s, app] {
    s->formats = {};
    s->action = [s, app](const Session& session) -> absl::StatusOr<int> {
      BF_ASSIGN_OR_RETURN(const std::string script, CompletionScript(Describe(*app), s->shell));
      session.console.out(script);
      return kExitOk;
    };
  });
  // What the completion scripts ask; not for people.
  CLI::App* complete = app->add_subcommand("complete", "Words that begin so")->group("");
  complete->add_option("KIND", s->complete.kind)->required()->check(OneOf(CompletionKinds()));
  complete->add_option("PREFIX", s->complete.prefix);
  complete->callback([s] {
    s->action = [s](const Session& session) { return CompleteCommand(s->complete, session); };
  });
  CLI::App* help = AddCommand(app, "help", "Help of a command, as its --help",
                              "  benchctl help submit\n  benchctl help hosts show\n");
  help->add_option("COMMAND", s->help_of, "The command")->type_name("");
  CLI::App* version = AddCommand(app, "version", "Print the version", "  benchctl version\n");
  version->callback([s] {
    s->formats = {"table", "json"};
    s->action = [](const Session& session) -> absl::StatusOr<int> {
      if (session.format == Format::kJson) {
        session.console.out(absl::StrFormat("{\"version\": \"%s\", \"protocol\": %d}\n", kVersion,
                                            kProtocolVersion));
      } else {
        session.console.out(VersionText() + "\n");
      }
      return kExitOk;
    };
  });
}

}  // namespace

void AddReadFlags(CLI::App* command, AnyFileOptions* read) {
  std::vector<std::string> adapters = AdapterNames();
  adapters.insert(adapters.begin(), "benchfleet");
  command->add_option("--from", read->from, "The tool that wrote the file, where that is not clear")
      ->check(OneOf(adapters))
      ->type_name("TOOL");
  command->add_option("--map", read->map, "What stands where in a table or a JSON of your own")
      ->type_name("KEY=COLUMN[,KEY=COLUMN]")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

CLI::Validator OneOf(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  return CLI::Validator(
      [words, list](std::string& text) -> std::string {
        if (std::find(words.begin(), words.end(), text) != words.end()) return "";
        return absl::StrFormat("'%s' is not one of %s%s", text, list, DidYouMean(text, words));
      },
      "");
}

CLI::Option* AddJob(CLI::App* command, std::string* job) {
  return command->add_option("JOB", *job, "A job's number, its name (the newest), or 'latest'")
      ->required()
      ->type_name("");
}

CLI::App* AddCommand(CLI::App* app, const char* name, const char* help, const char* examples) {
  CLI::App* command = app->add_subcommand(name, help);
  command->footer(std::string("Examples:\n") + examples +
                  "\nFlags for every command (--coordinator, --format, ...): benchctl --help");
  return command;
}

void BuildCommandTree(CLI::App* app, Settings* settings) {
  app->allow_extras();  // named by RunBenchctl, with the nearest right name
  app->fallthrough();   // flags for every command may stand after the command too
  app->require_subcommand(0, 1);
  AddGlobalFlags(app, settings);
  AddSubmit(app, settings);
  AddRun(app, settings);
  AddJobCommands(app, settings);
  AddHosts(app, settings);
  AddResultCommands(app, settings);
  AddVerdictCommands(app, settings);
  AddHistoryCommands(app, settings);
  AddCa(app, settings);
  AddRest(app, settings);
}

std::string ConfigDirectory() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (const std::string dir = variable("BENCHFLEET_CONFIG_DIR"); !dir.empty()) return dir;
  if (const std::string dir = variable("XDG_CONFIG_HOME"); !dir.empty()) return dir + "/benchfleet";
  return variable("HOME") + "/.config/benchfleet";
}

}  // namespace benchfleet
