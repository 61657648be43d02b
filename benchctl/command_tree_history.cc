// The commands that look at history: baseline, trend, incidents, selftest.
#include "benchctl/command_tree.h"

namespace benchfleet {
namespace {

CLI::Option* AddList(CLI::App* command, const char* flag, std::vector<std::string>* values,
                     const char* help) {
  return command->add_option(flag, *values, help)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void AddSeriesFlags(CLI::App* command, SeriesOptions* series) {
  command->add_option("--workload", series->workload, "Only workloads of this name or pattern")
      ->type_name("NAME");
  command->add_option("--metric", series->metric, "Only metrics of this name or pattern")
      ->type_name("NAME");
  AddList(command, "--param", &series->parameters, "Only with this parameter; may be repeated")
      ->type_name("NAME=VALUE");
  command->add_option("--host", series->host, "Only runs on this host")->type_name("NAME");
  command->add_option("--identity", series->identity, "Only machines whose identity begins so")
      ->type_name("DIGEST");
  command->add_option("--job", series->job_name, "Only runs of jobs of this name")
      ->type_name("NAME");
  AddList(command, "--label", &series->labels, "Only runs of jobs with this label; may be repeated")
      ->type_name("NAME=VALUE");
  command->add_option("--since", series->since, "Only runs of the last 30d, 12h, ...")
      ->type_name("AGE");
  command->add_option("--points", series->points, "So many runs of each series, the newest")
      ->type_name("N")
      ->capture_default_str();
}

void AddWords(CLI::App* command, std::string* reason, std::string* author, bool required) {
  CLI::Option* why =
      command->add_option("--reason", *reason, "Why; kept with it")->type_name("TEXT");
  if (required) why->required();
  command->add_option("--author", *author, "Who, in words; your certificate's name is kept anyway")
      ->type_name("NAME");
}

void AddTrend(CLI::App* app, Settings* s) {
  CLI::App* command = AddCommand(
      app, "trend", "When did anything change? The history of series, with its change points",
      "  benchctl trend                                   # everything that changed\n"
      "  benchctl trend --workload 'crypto.*' --metric latency --host local-1\n"
      "  benchctl trend s17 --since 30d                   # one series, changed or not\n"
      "  benchctl trend --format html --output trends.html\n");
  TrendOptions& trend = s->trend;
  command->add_option("SERIES", trend.series.series, "Numbers of series (s17); default: all")
      ->type_name("");
  AddSeriesFlags(command, &trend.series);
  command->add_option("--revision", trend.series.revision, "Only runs of this revision")
      ->type_name("REVISION");
  command->add_flag("--all", trend.all, "Also series that did not change");
  command
      ->add_option("--limit", trend.limit, "At most so many series, those that changed most first")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--output", trend.output, "Write here instead of stdout")->type_name("FILE");
  command->callback(
      [s] { s->action = [s](const Session& session) { return TrendCommand(s->trend, session); }; });
}

void AddIncidents(CLI::App* app, Settings* s) {
  CLI::App* incidents = AddCommand(
      app, "incidents", "What changed at one revision, over all series: one incident, told once",
      "  benchctl incidents\n"
      "  benchctl incidents --all --since 90d\n"
      "  benchctl incidents show hidden-badger-a1b2c3d4\n"
      "  benchctl incidents ack hidden-badger-a1b2c3d4 --reason 'safer hash, see #12'\n"
      "  benchctl incidents withdraw hidden-badger-a1b2c3d4 --reason 'it is not the hash'\n");
  incidents->require_subcommand(0, 1);
  IncidentOptions& options = s->incidents;
  AddSeriesFlags(incidents, &options.series);
  incidents->add_flag("--all", options.all, "Also those that were acknowledged");
  incidents->callback([s, incidents] {
    if (!incidents->get_subcommands().empty()) return;
    s->action = [s](const Session& session) { return IncidentsCommand(s->incidents, session); };
  });
  CLI::App* list = AddCommand(incidents, "list", "The same as without a word",
                              "  benchctl incidents list --all\n");
  AddSeriesFlags(list, &options.series);
  list->add_flag("--all", options.all, "Also those that were acknowledged");
  list->callback([s] {
    s->action = [s](const Session& session) { return IncidentsCommand(s->incidents, session); };
  });
  CLI::App* show = AddCommand(incidents, "show", "The series of an incident, the largest first",
                              "  benchctl incidents show hidden-badger-a1b2c3d4\n");
  show->add_option("NAME", options.name, "The incident")->required()->type_name("");
  show->callback([s] {
    s->action = [s](const Session& session) { return IncidentShowCommand(s->incidents, session); };
  });
  CLI::App* ack = AddCommand(
      incidents, "ack", "Acknowledge an incident: seen, and no longer told",
      "  benchctl incidents ack hidden-badger-a1b2c3d4 --reason 'safer hash, see #12'\n");
  ack->add_option("NAME", options.name, "The incident")->required()->type_name("");
  AddWords(ack, &options.reason, &options.author, /*required=*/true);
  ack->callback([s] {
    s->formats = {};
    s->action = [s](const Session& session) { return IncidentAckCommand(s->incidents, session); };
  });
  CLI::App* withdraw = AddCommand(
      incidents, "withdraw", "Take an acknowledgement back: it is told again",
      "  benchctl incidents withdraw hidden-badger-a1b2c3d4 --reason 'it is not the hash'\n");
  withdraw->add_option("NAME", options.name, "The incident")->required()->type_name("");
  AddWords(withdraw, &options.reason, &options.author, /*required=*/true);
  withdraw->callback([s] {
    s->action = [s](const Session& session) {
      return IncidentWithdrawCommand(s->incidents, session);
    };
  });
}

void AddBaselineName(CLI::App* command, std::string* name) {
  command->add_option("NAME", *name, "The baseline")->required()->type_name("");
}

void AddBless(CLI::App* baseline, Settings* s) {
  CLI::App* bless = AddCommand(
      baseline, "bless", "A shift was meant to happen: it is no longer told, unless it grows",
      "  benchctl baseline bless 15 --reason 'safer hash'            # whatever job 15 moved\n"
      "  benchctl baseline bless 15 --against main --reason '...'    # against baseline main\n"
      "  benchctl baseline bless s17 --revision a1b2c3d --reason '...'\n");
  BaselineOptions& options = s->baseline;
  bless->add_option("JOB", options.target, "A job, or a series (s17): its newest shift")
      ->required()
      ->type_name("");
  bless->add_option("--against", options.against, "The baseline that the job moved away from")
      ->type_name("NAME");
  bless->add_option("--revision", options.revision, "Of a series: the shift at this revision")
      ->type_name("REVISION");
  AddWords(bless, &options.reason, &options.author, /*required=*/true);
  bless->callback([s] {
    s->action = [s](const Session& session) { return BaselineBlessCommand(s->baseline, session); };
  });
  CLI::App* blessings = AddCommand(baseline, "blessings", "The shifts that were blessed",
                                   "  benchctl baseline blessings --format json\n");
  blessings->callback([s] { s->action = BlessingsCommand; });
}

void AddBaseline(CLI::App* app, Settings* s) {
  CLI::App* baseline = AddCommand(
      app, "baseline", "Names for what others are compared with, and shifts that were meant",
      "  benchctl baseline set main 12 --reason 'release 1.2'\n"
      "  benchctl baseline list\n"
      "  benchctl baseline show main\n"
      "  benchctl baseline diff main candidate\n"
      "  benchctl baseline bless 15 --reason 'safer hash'\n");
  baseline->require_subcommand(0, 1);
  BaselineOptions& options = s->baseline;
  CLI::App* set = AddCommand(baseline, "set", "Let a name stand for jobs; what it was stays known",
                             "  benchctl baseline set main 12 --reason 'release 1.2'\n"
                             "  benchctl baseline set main nightly-a nightly-b\n"
                             "  benchctl baseline set quiet-runs 12 --run 301 --run 304\n");
  AddBaselineName(set, &options.name);
  set->add_option("JOB", options.jobs, "Jobs: numbers, names (the newest), or 'latest'")
      ->required()
      ->type_name("");
  set->add_option("--run", options.runs, "Only this run of them; may be repeated")
      ->type_name("RUN")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  AddWords(set, &options.reason, &options.author, /*required=*/false);
  set->callback([s] {
    s->formats = {};
    s->action = [s](const Session& session) { return BaselineSetCommand(s->baseline, session); };
  });
  CLI::App* list = AddCommand(baseline, "list", "What each name stands for",
                              "  benchctl baseline list --format json\n");
  list->callback([s] { s->action = BaselineListCommand; });
  CLI::App* show = AddCommand(baseline, "show", "Its jobs, and everything it stood for before",
                              "  benchctl baseline show main\n");
  AddBaselineName(show, &options.name);
  show->callback([s] {
    s->action = [s](const Session& session) { return BaselineShowCommand(s->baseline, session); };
  });
  CLI::App* diff =
      AddCommand(baseline, "diff", "What changed between two baselines, with verdicts",
                 "  benchctl baseline diff main candidate\n"
                 "  benchctl baseline diff main candidate --metric latency --format html\n");
  AddBaselineName(diff, &options.name);
  diff->add_option("OTHER", options.other, "Another baseline")->required()->type_name("");
  AddJudgeFlags(diff, &options.judge);
  diff->callback([s] {
    s->action = [s](const Session& session) { return BaselineDiffCommand(s->baseline, session); };
  });
  CLI::App* remove = AddCommand(baseline, "remove", "Take a name away; its settings stay known",
                                "  benchctl baseline remove old-engine --reason 'gone'\n");
  AddBaselineName(remove, &options.name);
  AddWords(remove, &options.reason, &options.author, /*required=*/false);
  remove->callback([s] {
    s->formats = {};
    s->action = [s](const Session& session) { return BaselineRemoveCommand(s->baseline, session); };
  });
  AddBless(baseline, s);
}

void AddSelftest(CLI::App* app, Settings* s) {
  CLI::App* selftest = AddCommand(app, "selftest", "How good is this fleet at what it tells?",
                                  "  benchctl selftest detection\n");
  selftest->require_subcommand(0, 1);
  CLI::App* detection = AddCommand(
      selftest, "detection",
      "Put steps of known size into stored histories and see which are found; writes nothing",
      "  benchctl selftest detection\n"
      "  benchctl selftest detection --metric latency --trials 500 --seed 7\n"
      "  benchctl selftest detection --publish        # for Prometheus; say, once a night\n");
  SelftestOptions& options = s->selftest;
  AddSeriesFlags(detection, &options.series);
  detection->add_option("--trials", options.trials, "Of each effect and rule")
      ->check(CLI::Range(10U, 10000U))
      ->type_name("N")
      ->capture_default_str();
  detection->add_option("--seed", options.seed, "The same seed gives the same result")
      ->type_name("N")
      ->capture_default_str();
  detection->add_flag("--publish", options.publish,
                      "Let the coordinator tell the result to Prometheus");
  detection->callback([s] {
    s->action = [s](const Session& session) { return SelftestCommand(s->selftest, session); };
  });
}

}  // namespace

void AddHistoryCommands(CLI::App* app, Settings* settings) {
  AddTrend(app, settings);
  AddIncidents(app, settings);
  AddBaseline(app, settings);
  AddSelftest(app, settings);
}

}  // namespace benchfleet
