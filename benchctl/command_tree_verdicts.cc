// The commands that judge: compare and check.
#include "benchctl/command_tree.h"

namespace benchfleet {

void AddJudgeFlags(CLI::App* command, JudgeOptions* judge) {
  command->add_option("--metric", judge->metric, "Only metrics of this name or pattern (prov*)")
      ->type_name("NAME");
  command->add_option("--workload", judge->workload, "Only workloads of this name or pattern")
      ->type_name("NAME");
  command->add_option("--alpha", judge->alpha, "The rate of false alarms, over the whole report")
      ->type_name("SHARE")
      ->capture_default_str();
  command->add_option("--warn", judge->warn, "A sure loss of so much is a warning")
      ->type_name("SHARE")
      ->capture_default_str();
  command->add_option("--fail", judge->fail, "A sure loss of so much is a failure")
      ->type_name("SHARE")
      ->capture_default_str();
  command->add_option("--floor", judge->floor, "Changes within this do not matter")
      ->type_name("SHARE")
      ->capture_default_str();
  command
      ->add_option("--vary", judge->vary,
                   "A parameter in which the sides may differ; may be repeated")
      ->type_name("NAME")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

namespace {

void AddCompare(CLI::App* app, Settings* s) {
  CLI::App* command = AddCommand(
      app, "compare", "Did anything change? Two jobs, revisions, hosts or files of results",
      "  benchctl compare prove-age~1 prove-age       # the run before and the newest\n"
      "  benchctl compare 12 15 --metric latency\n"
      "  benchctl compare rev:a1b2c3d rev:latest-tag\n"
      "  benchctl compare before.json after.json      # no coordinator needed\n"
      "  benchctl compare old.csv new.csv --map name=case,value=time,unit=ms\n"
      "  benchctl compare 12 15 --vary prover         # one prover against another\n"
      "  benchctl compare host:vm-1 host:vm-2 --job prove-age\n"
      "  benchctl compare 12 15 --format html --output compare.html\n"
      "  benchctl compare prove-age --across hosts    # which machine is faster? which is off?\n"
      "  benchctl compare prove-age --across hosts --base vm-1 --canary 'crypto.*'\n"
      "\nA side is a file of results that exists; a job's number, its name (the newest),\n"
      "NAME~1 (the one before) or latest; rev:REVISION (every job of it); baseline:NAME;\n"
      "label:KEY=VALUE,... (every job with these labels); host:NAME (its runs in the job\n"
      "of --job).\n");
  CompareOptions& compare = s->compare;
  command->add_option("BASE", compare.baseline, "What it was before")->required()->type_name("");
  command->add_option("NEW", compare.candidate, "What it is now; not needed with --across")
      ->type_name("");
  command->add_option("--job", compare.job, "The job in which host: looks")->type_name("JOB");
  command
      ->add_option("--across", compare.across,
                   "hosts: machines against each other, as ratios without verdicts")
      ->type_name("WHAT");
  command
      ->add_option("--base", compare.base_host, "With --across: the host that others are held to")
      ->type_name("HOST");
  command
      ->add_option("--canary", compare.canary,
                   "With --across: divide by these workloads, their error carried through")
      ->type_name("NAME");
  AddJudgeFlags(command, &compare.judge);
  AddReadFlags(command, &compare.judge.read);
  command->add_option("--output", compare.output, "Write here instead of stdout")
      ->type_name("FILE");
  command->callback([s] {
    s->action = [s](const Session& session) { return CompareCommand(s->compare, session); };
  });
}

void AddCheck(CLI::App* app, Settings* s) {
  CLI::App* command = AddCommand(
      app, "check", "A gate for CI: has a job regressed, does it keep its budgets?",
      "  benchctl check latest --baseline main\n"
      "  benchctl check results.json --against main.json --budgets budgets.yaml\n"
      "  benchctl check latest --budget 'p99 < 50ms' --budget 'rss_peak < 85MiB'\n"
      "  benchctl check latest --baseline main --junit junit.xml --markdown comment.md\n"
      "  benchctl check latest --baseline main --confirm\n"
      "  benchctl check latest --baseline main --confirm --base-program /srv/old/prove\n"
      "\nExits 0 where everything holds; 3 where a sure loss is at least --fail, or a budget is\n"
      "broken or could not be measured; with --fail-on-undecided 4 where such a loss cannot be\n"
      "ruled out. docs/verdicts.md explains the rules of a budgets file.\n");
  CheckOptions& check = s->check;
  command
      ->add_option("JOB", check.job,
                   "A job's number, its name (the newest), 'latest', or any side of `compare`")
      ->required()
      ->type_name("");
  CLI::Option* baseline =
      command->add_option("--baseline", check.baseline, "The baseline to compare with")
          ->type_name("NAME");
  command->add_option("--against", check.against, "Another side to compare with, as of `compare`")
      ->type_name("SIDE")
      ->excludes(baseline);
  command->add_option("--job", check.of_job, "The job in which host: looks")->type_name("JOB");
  command->add_option("--budgets", check.budgets, "A file of budgets, YAML")->type_name("FILE");
  command->add_option("--budget", check.budget, "A single budget; may be repeated")
      ->type_name("RULE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_flag("--fail-on-undecided", check.fail_on_undecided,
                    "Exit 4 where a failing loss cannot be ruled out");
  CLI::Option* confirm = command->add_flag(
      "--confirm", check.confirm,
      "Run what failed again, base and new in turns on the same host, before it fails the check");
  command
      ->add_option("--base-program", check.base_program,
                   "Of --confirm: where the old build of the program is on that host")
      ->needs(confirm)
      ->type_name("PATH");
  command
      ->add_option("--base-param", check.base_parameters,
                   "Of --confirm: what the base's parameter is now, as prover=old-bb; may be "
                   "repeated")
      ->needs(confirm)
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--pairs", check.pairs, "Of --confirm: at most so many pairs of runs")
      ->needs(confirm)
      ->check(CLI::Range(3u, 100u))
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--junit", check.junit, "Write JUnit XML here too")->type_name("FILE");
  command->add_option("--markdown", check.markdown, "Write a comment for a pull request here too")
      ->type_name("FILE");
  AddJudgeFlags(command, &check.judge);
  AddReadFlags(command, &check.judge.read);
  command->add_option("--output", check.output, "Write here instead of stdout")->type_name("FILE");
  command->callback(
      [s] { s->action = [s](const Session& session) { return CheckCommand(s->check, session); }; });
}

}  // namespace

void AddVerdictCommands(CLI::App* app, Settings* settings) {
  AddCompare(app, settings);
  AddCheck(app, settings);
}

}  // namespace benchfleet
