// The commands that read a job's results, and those that carry them in files.
#include "benchctl/command_tree.h"

namespace benchfleet {
namespace {

void AddReport(CLI::App* app, Settings* s) {
  CLI::App* report =
      AddCommand(app, "report", "Figures of a job; exits 3 when a budget is broken",
                 "  benchctl report latest\n"
                 "  benchctl report prove-age --format html --output report.html\n"
                 "  benchctl report latest --baseline main\n"
                 "  benchctl report prove-sweep --kind proving    # local or remote?\n"
                 "  benchctl report 12 --format json | jq '.rows[].median'\n");
  AddJob(report, &s->report.job);
  report
      ->add_option("--kind", s->report.kind,
                   "general: every metric; proving: local against remote proving, phases, "
                   "break-even size and bandwidth")
      ->check(OneOf(ReportKinds()))
      ->type_name("KIND")
      ->capture_default_str();
  const char* base = "Judge against this baseline; default: the job of this name before it";
  report->add_option("--baseline", s->report.baseline, base)->type_name("NAME");
  const char* side = "Judge against this side, as compare takes it: 12, nightly~1, rev:1a2b3c4";
  report->add_option("--against", s->report.against, side)
      ->type_name("SIDE")
      ->excludes("--baseline");
  report->add_option("--output", s->report.output, "Write here instead of stdout")
      ->type_name("FILE");
  report->callback([s] {
    s->action = [s](const Session& session) { return ReportCommand(s->report, session); };
  });
}

void AddFileCommands(CLI::App* app, Settings* s) {
  CLI::App* out = AddCommand(app, "export", "Write a job's results as JSON, every sample in it",
                             "  benchctl export 12 --output results.json\n"
                             "  benchctl export latest | jq '.benchmarks'\n");
  AddJob(out, &s->export_.job);
  out->add_option("--output", s->export_.output, "Write here instead of stdout")->type_name("FILE");
  out->callback([s] {
    s->formats = {"json"};
    s->action = [s](const Session& session) { return ExportCommand(s->export_, session); };
  });
  CLI::App* in = AddCommand(
      app, "import", "Store a file of results, of another tool too, as a job; prints its number",
      "  benchctl import results.json                      # an export, or its plain form\n"
      "  benchctl import bench.json --host build-7 --revision v1.4\n"
      "  go test -bench . -count 10 | benchctl import - --name nightly\n"
      "  benchctl import target/criterion --revision v1.4\n"
      "  benchctl import times.csv --map name=benchmark,value=time,unit=ms,param.size=size\n"
      "Which tool wrote a file is found out; docs/importing.md has what is taken from each.\n");
  in->add_option("FILE", s->import.file, "A file, a directory, or - for stdin")
      ->required()
      ->type_name("");
  AddReadFlags(in, &s->import.read);
  in->add_option("--host", s->import.read.host, "The machine that it was measured on")
      ->type_name("NAME");
  in->add_option("--revision", s->import.read.revision, "What was measured, say a commit")
      ->type_name("TEXT");
  in->add_option("--name", s->import.name, "The job's name; default: the file's")
      ->type_name("NAME");
  in->callback([s] {
    s->formats = {"table", "json"};
    s->action = [s](const Session& session) { return ImportCommand(s->import, session); };
  });
}

}  // namespace

void AddResultCommands(CLI::App* app, Settings* settings) {
  AddReport(app, settings);
  AddFileCommands(app, settings);
}

}  // namespace benchfleet
