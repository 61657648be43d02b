#include "workloads/runner_program.h"

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/frame.h"
#include "base/status.h"
#include "base/text.h"
#include "proto/convert.h"
#include "workloads/event_sink.h"
#include "workloads/hand_run.h"
#include "workloads/plugin_loader.h"
#include "workloads/prover_installation.h"
#include "workloads/run.h"
#include "workloads/runner_helper.h"
#include "workloads/stop_request.h"

namespace benchfleet {
namespace {

struct Options {
  int fd = 3;
  int request_fd = -1;
  bool list = false;
  std::string plugins;
  std::string plugin;
  std::string run;
  std::vector<std::string> parameters;
  std::string max_time = "1s";
  Measurement measurement;
  uint64_t seed = 1;
  std::string role;
  std::vector<std::string> peers;
  std::string advertise;
};

void Complain(const RunnerProgram& program, const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", program.name.c_str(), what.c_str());
}

// What a run of `wanted` may need: the plug-in that has it, where it is not built in.
Catalog CatalogFor(const std::string& wanted, const RunnerProgram& program,
                   const Options& options) {
  Catalog catalog = program.catalog();
  if (!absl::IsNotFound(catalog.Find(wanted).status())) return catalog;
  if (!options.plugin.empty()) {
    LoadPlugin(options.plugin, &catalog);
  } else if (!options.plugins.empty()) {
    LoadPluginWith(wanted, options.plugins, &catalog);
  }
  return catalog;
}

// Whose change may change what this host can run, besides this program.
std::vector<std::string> WhatTheListDependsOn(const Options& options) {
  std::vector<std::string> paths = ProverManifestPaths();
  if (options.plugins.empty()) return paths;
  std::string ignored;  // Everything says it
  for (std::string& plugin : FindPlugins(options.plugins, &ignored)) paths.push_back(plugin);
  paths.push_back(std::filesystem::absolute(options.plugins).string());
  return paths;
}

bool IsForHelper(const RunnerProgram& program, const RunSpec& spec, const Catalog& own) {
  return !program.helper.empty() && program.is_helpers(spec, own);
}

// Everything that this host can run, the helper's workloads included, and which plug-ins have some
// of it.
std::vector<WorkloadDescription> Everything(const RunnerProgram& program, const Options& options,
                                            StringMap* plugins) {
  Catalog catalog = program.catalog();
  if (!options.plugins.empty()) {
    LoadedPlugins loaded = LoadPlugins(options.plugins, &catalog);
    for (const std::string& warning : loaded.warnings) Complain(program, warning);
    *plugins = std::move(loaded.libraries);
  }
  if (program.helper.empty()) return catalog.Describe();
  const RunnerHelper helper(program.helper);
  if (!helper.installed()) return catalog.Describe();
  const auto others = helper.List();
  if (!others.ok()) {
    Complain(program, program.helper + ": " + Message(others.status()));
    return catalog.Describe();
  }
  for (const WorkloadDescription& other : *others) {
    RunSpec alone;
    alone.workload = other.name;
    if (!IsForHelper(program, alone, catalog)) continue;  // ours, but for its roles
    const absl::Status added = catalog.Add({other, nullptr});
    if (!added.ok()) Complain(program, Message(added));
  }
  return catalog.Describe();
}

absl::Status ServeAgent(const RunnerProgram& program, const Options& options) {
  // Programs that the workload starts must not hold the agent's socket open.
  if (fcntl(options.fd, F_SETFD, FD_CLOEXEC) != 0) {
    return ErrnoError(errno, absl::StrFormat("descriptor %d (--fd)", options.fd));
  }
  const int request_fd = options.request_fd >= 0 ? options.request_fd : options.fd;
  BF_ASSIGN_OR_RETURN(const std::optional<std::string> frame, ReadFrame(request_fd));
  if (!frame) return absl::UnavailableError("no request came before the end of the stream");
  BF_ASSIGN_OR_RETURN(const RunnerRequest request, ParseRunnerRequest(*frame));
  const Catalog catalog = CatalogFor(request.spec.workload, program, options);
  if (IsForHelper(program, request.spec, catalog)) {
    return RunnerHelper(program.helper).TakeOver(*frame, options.fd);
  }
  FrameSink sink(options.fd);
  if (request.spec.role != kServerRole) {
    return ExecuteRun(request, catalog, SystemStopwatch(), sink);
  }
  StopRequest stop;
  const StopWatch watch(options.fd, &stop);
  return ExecuteRun(request, catalog, SystemStopwatch(), sink, &stop);
}

// "10.0.0.7:41234" or "10.0.0.7:41234,key=value,...": a server as its own line shows it.
absl::StatusOr<RunPeer> PeerByHand(const std::string& text) {
  RunPeer peer{kServerRole, "by-hand", text.substr(0, text.find(',')), {}};
  for (size_t at = text.find(','); at != std::string::npos;) {
    const size_t end = text.find(',', at + 1);
    const std::string pair = text.substr(at + 1, end == std::string::npos ? end : end - at - 1);
    const size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "--peer: '%s' is not of the form name=value (expected HOST:PORT,name=value,...)", pair));
    }
    peer.values[pair.substr(0, equals)] = pair.substr(equals + 1);
    at = end;
  }
  return peer;
}

absl::StatusOr<RunSpec> SpecByHand(const Options& options) {
  RunSpec spec;
  spec.workload = options.run;
  spec.measurement = options.measurement;
  spec.seed = options.seed;
  spec.role = options.role;
  for (const std::string& text : options.peers) {
    BF_ASSIGN_OR_RETURN(RunPeer peer, PeerByHand(text));
    spec.peers.push_back(std::move(peer));
    if (spec.role.empty()) spec.role = kClientRole;
  }
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
  app.add_option("--plugin", options.plugin, "for a run: the one plug-in (of --list) that has it");
  app.add_option("--fd", options.fd, "descriptor for the agent's request and the events")
      ->capture_default_str();
  app.add_option("--request-fd", options.request_fd, "descriptor of the request, where it is apart")
      ->group("");
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
  app.add_option("--role", options.role, "server: serve until interrupted; client: with --peer")
      ->needs(run)
      ->check(CLI::IsMember({kClientRole, kServerRole}))
      ->group(group);
  app.add_option("--peer", options.peers, "the server, as it says when it is ready")
      ->needs(run)
      ->allow_extra_args(false)
      ->group(group);
  app.add_option("--advertise", options.advertise, "a server's address; 127.0.0.1 by default")
      ->needs(run)
      ->group(group);
}

int RunHere(const RunnerProgram& program, const Options& options, char** argv) {
  const absl::StatusOr<RunSpec> spec = SpecByHand(options);
  if (!spec.ok()) {
    Complain(program, Message(spec.status()));
    return 2;
  }
  const Catalog catalog = CatalogFor(spec->workload, program, options);
  if (!IsForHelper(program, *spec, catalog)) {
    return RunByHand({*spec, "", options.advertise, ""}, catalog, stdout);
  }
  Complain(program, Message(RunnerHelper(program.helper).TakeOver(argv)));
  return 1;
}

}  // namespace

int RunnerMain(int argc, char** argv, const RunnerProgram& program) {
  CLI::App app("Runs one workload once. Usually started by bench-agent.", program.name);
  app.footer(
      "Examples:\n  bench-runner --list\n"
      "  bench-runner --run crypto.sha256 --param size=64 --max-time 2s\n"
      "  bench-runner --run exec --param argv='[\"ls\",\"-l\"]' --param output=discard\n"
      "  bench-runner --run net.rtt --role server\n"
      "  bench-runner --run net.rtt --peer 127.0.0.1:41234");
  Options options;
  AddFlags(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (options.list) {
    const std::vector<std::string> depends_on = WhatTheListDependsOn(options);
    StringMap plugins;
    const std::vector<WorkloadDescription> everything = Everything(program, options, &plugins);
    std::printf("%s\n", ToJson(everything, depends_on, plugins).c_str());
    return 0;
  }
  if (!options.run.empty()) return RunHere(program, options, argv);
  const absl::Status status = ServeAgent(program, options);
  if (!status.ok()) Complain(program, Message(status));
  return status.ok() ? 0 : 1;
}

}  // namespace benchfleet
