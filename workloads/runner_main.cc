// bench-runner: one run of one workload in a process of its own. Exits with 0 when the end of the
// run was delivered, however it ended; by hand (--run) with 1 when it did not end well; 2 for
// flags.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "base/frame.h"
#include "base/status.h"
#include "base/text.h"
#include "proto/convert.h"
#include "workloads/catalog.h"
#include "workloads/event_sink.h"
#include "workloads/hand_run.h"
#include "workloads/plugin_loader.h"
#include "workloads/run.h"

namespace benchfleet {
namespace {

struct Options {
  int fd = 3;
  bool list = false;
  std::string plugins;
  std::string run;
  std::vector<std::string> parameters;
  std::string max_time = "1s";
  Measurement measurement;
  uint64_t seed = 1;
};

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "bench-runner: %s\n", Message(status).c_str());
  return 1;
}

// With all plug-ins; for a run (`wanted`) without them where a built-in workload is meant.
Catalog LoadCatalog(const Options& options, const std::string& wanted = "") {
  Catalog catalog = Catalog::Builtins();
  std::vector<std::string> warnings;
  const bool builtin = catalog.Find(wanted).status().code() != absl::StatusCode::kNotFound;
  if (!options.plugins.empty() && !builtin) LoadPlugins(options.plugins, &catalog, &warnings);
  for (const std::string& warning : warnings) {
    std::fprintf(stderr, "bench-runner: %s\n", warning.c_str());
  }
  return catalog;
}

absl::Status ServeAgent(const Options& options) {
  // Programs that the workload starts must not hold the agent's socket open.
  if (fcntl(options.fd, F_SETFD, FD_CLOEXEC) != 0) {
    return ErrnoError(errno, absl::StrFormat("descriptor %d (--fd)", options.fd));
  }
  BF_ASSIGN_OR_RETURN(const std::optional<std::string> frame, ReadFrame(options.fd));
  if (!frame) return absl::UnavailableError("no request came before the end of the stream");
  BF_ASSIGN_OR_RETURN(const RunnerRequest request, ParseRunnerRequest(*frame));
  FrameSink sink(options.fd);
  return ExecuteRun(request, LoadCatalog(options, request.spec.workload), SystemStopwatch(), sink);
}

absl::StatusOr<RunSpec> SpecByHand(const Options& options) {
  RunSpec spec;
  spec.workload = options.run;
  spec.measurement = options.measurement;
  spec.seed = options.seed;
  const absl::StatusOr<absl::Duration> max_time = ParseDuration(options.max_time);
  if (!max_time.ok()) return Annotate(max_time.status(), "--max-time");
  spec.measurement.max_time = *max_time;
  for (const std::string& parameter : options.parameters) {
    const size_t equals = parameter.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("--param: '%s' is not of the form name=value", parameter));
    }
    spec.parameters[parameter.substr(0, equals)] = parameter.substr(equals + 1);
  }
  return spec;
}

void AddFlags(CLI::App& app, Options& options) {
  app.add_option("--plugins", options.plugins, "folder of plug-ins (*.so)")
      ->envname("BENCHFLEET_PLUGINS");
  app.add_option("--fd", options.fd, "descriptor for the agent's request and the events")
      ->capture_default_str();
  auto* list = app.add_flag("--list", options.list, "print what this host can run, as JSON");
  auto* run = app.add_option("--run", options.run, "measure this workload here, print a table");
  run->excludes(list);
  const char* group = "With --run";
  Measurement& measurement = options.measurement;
  app.add_option("-p,--param", options.parameters, "a parameter: size=64, as often as needed")
      ->needs(run)
      ->allow_extra_args(false)
      ->group(group);
  app.add_option("--warmup", measurement.warmup, "samples that do not count")->group(group);
  app.add_option("--min-samples", measurement.min_samples, "at least so many")
      ->capture_default_str()
      ->group(group);
  app.add_option("--max-samples", measurement.max_samples, "at most so many")->group(group);
  app.add_option("--max-time", options.max_time, "of measuring, unless min-samples takes longer")
      ->capture_default_str()
      ->group(group);
  app.add_option("--until-relative-ci", measurement.until_relative_ci,
                 "stop when half the interval of the median is below this share of it")
      ->group(group);
  app.add_option("--seed", options.seed, "of what the workload draws at random")
      ->capture_default_str()
      ->group(group);
}

int Main(int argc, char** argv) {
  CLI::App app("Runs one workload once. Usually started by bench-agent.", "bench-runner");
  app.footer(
      "Examples:\n  bench-runner --list\n"
      "  bench-runner --run crypto.sha256 --param size=64 --max-time 2s\n"
      "  bench-runner --run exec --param argv='[\"ls\",\"-l\"]' --param output=discard");
  Options options;
  AddFlags(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (options.list) {
    std::printf("%s\n", ToJson(LoadCatalog(options).Describe()).c_str());
    return 0;
  }
  if (options.run.empty()) {
    const absl::Status status = ServeAgent(options);
    return status.ok() ? 0 : Fail(status);
  }
  const absl::StatusOr<RunSpec> spec = SpecByHand(options);
  if (!spec.ok()) {
    Fail(spec.status());
    return 2;
  }
  return RunByHand(*spec, LoadCatalog(options, spec->workload), stdout);
}

}  // namespace
}  // namespace benchfleet

int main(int argc, char** argv) { return benchfleet::Main(argc, argv); }
