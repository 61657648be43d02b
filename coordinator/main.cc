// bench-coordinator: flags into Options, the owner object, Run(), exit code.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/flag_mistakes.h"
#include "base/log.h"
#include "base/service.h"
#include "base/status.h"
#include "base/text.h"
#include "base/version.h"
#include "coordinator/coordinator.h"

namespace benchfleet {
namespace {

constexpr char kAbout[] =
    "bench-coordinator takes jobs from benchctl, gives their runs to bench-agents, and keeps every "
    "sample.\n"
    "Every flag can stand in the --config file under its long name, or in the environment as\n"
    "BENCHFLEET_COORDINATOR_NAME (--data-dir is BENCHFLEET_COORDINATOR_DATA_DIR).\n";
constexpr char kExamples[] =
    "Example:\n"
    "  benchctl ca init --dir ca && benchctl ca issue --dir ca --role coordinator --name main \\\n"
    "      --address 127.0.0.1 --out certs\n"
    "  bench-coordinator --data-dir data --ca certs/ca.pem --cert certs/main.pem --key "
    "certs/main.key\n";

absl::Status Serve(const Coordinator::Options& options, StopSignal* stop) {
  BF_ASSIGN_OR_RETURN(const auto coordinator, Coordinator::Start(options, stop));
  return coordinator->Run();
}

int Main(int argc, char** argv) {
  Coordinator::Options options;
  std::string lease = "60s", heartbeat = "10s", log_level = "info";
  CLI::App app(kAbout, "bench-coordinator");
  app.footer(kExamples);
  app.set_version_flag("--version", kVersion);
  app.set_config("--config", "", "File with flags, one name=value a line")
      ->envname("BENCHFLEET_COORDINATOR_CONFIG");
  app.allow_config_extras(CLI::config_extras_mode::error);
  const auto flag = [&app](const std::string& name, std::string& value, const char* help) {
    std::string env = "BENCHFLEET_COORDINATOR_" + name;
    for (char& c : env) c = c == '-' ? '_' : static_cast<char>(std::toupper(c));
    app.add_option("--" + name, value, help)->envname(env)->capture_default_str();
  };
  flag("listen", options.listen, "Address for agents and benchctl");
  flag("http", options.http, "Address for /metrics and /healthz, plain HTTP; empty: none");
  flag("data-dir", options.data_dir, "Directory of the store");
  flag("ca", options.tls.ca, "Fleet CA certificate (PEM)");
  flag("cert", options.tls.certificate, "This coordinator's certificate (PEM)");
  flag("key", options.tls.key, "Its private key (PEM)");
  flag("lease", lease, "How long a host may be away before its runs are given out again");
  flag("heartbeat", heartbeat, "How often agents report when nothing happens");
  flag("log-level", log_level, "debug, info, warning or error");
  app.add_flag("--insecure-plaintext", options.tls.insecure_plaintext,
               "No TLS and no identities: anybody who reaches the port is believed. Loopback only.")
      ->envname("BENCHFLEET_COORDINATOR_INSECURE_PLAINTEXT");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return TellFlagMistake(app, error);
  }

  StopSignal stop;
  RequireTls13();
  RaiseOpenFilesLimit();
  absl::Status status = InitLog("bench-coordinator", log_level);
  if (const auto parsed = ParseDuration(lease); parsed.ok()) {
    options.lease = *parsed;
  } else if (status.ok()) {
    status = Annotate(parsed.status(), "--lease");
  }
  if (const auto parsed = ParseDuration(heartbeat); !parsed.ok()) {
    if (status.ok()) status = Annotate(parsed.status(), "--heartbeat");
  } else if (*parsed > absl::ZeroDuration()) {
    options.heartbeat_interval = *parsed;
  } else if (status.ok()) {
    status = absl::InvalidArgumentError(
        absl::StrFormat("--heartbeat: '%s' is zero, expected a time above it", heartbeat));
  }
  if (status.ok()) status = Serve(options, &stop);
  if (status.ok()) return 0;
  std::fprintf(stderr, "bench-coordinator: %s\n", Message(status).c_str());
  return 1;
}

}  // namespace
}  // namespace benchfleet

int main(int argc, char** argv) { return benchfleet::Main(argc, argv); }
