#include "agent/flags.h"

#include <CLI/CLI.hpp>
#include <cctype>
#include <cstdio>
#include <vector>

#include "base/flag_mistakes.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"
#include "base/version.h"

namespace benchfleet {
namespace {

constexpr char kAbout[] =
    "bench-agent runs benchmarks on this host for a bench-coordinator and delivers every sample.\n"
    "It dials out only. Every flag can stand in the --config file under its long name, or in the\n"
    "environment as BENCHFLEET_AGENT_NAME (--state-dir is BENCHFLEET_AGENT_STATE_DIR; several "
    "labels\nare separated by commas).\n";
constexpr char kFooter[] =
    "SIGTERM lets the run that is going on finish (see --drain-timeout), delivers, and exits with "
    "0; a second\none ends at once.\n\n"
    "Example:\n"
    "  benchctl ca issue --dir ca --role agent --name alpha --out certs\n"
    "  bench-agent --coordinator bench.example.org:7443 --label kind=local --state-dir state \\\n"
    "      --ca certs/ca.pem --cert certs/alpha.pem --key certs/alpha.key\n";

// Everything as it was typed.
struct Raw {
  std::vector<std::string> labels;
  std::string spool_limit = "1GiB";
  std::string drain_timeout = "60s";
};

void Declare(CLI::App* app, AgentFlags* flags, Raw* raw) {
  const auto option = [app](const std::string& name, auto& value, const char* help) {
    std::string env = "BENCHFLEET_AGENT_" + name;
    for (char& c : env) {
      c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return app->add_option("--" + name, value, help)->envname(env)->capture_default_str();
  };
  Agent::Options& options = flags->options;
  option("coordinator", options.coordinator, "HOST:PORT of the coordinator");
  option("name", options.name, "This host's name; by default the one in the certificate");
  option("label", raw->labels, "key=value for selectors, as in kind=tee; may be repeated")
      ->delimiter(',');
  option("state-dir", options.state_dir, "Directory of the spool and of runs' scratch folders");
  option("ca", options.tls.ca, "Fleet CA certificate (PEM)");
  option("cert", options.tls.certificate, "This agent's certificate (PEM)");
  option("key", options.tls.key, "Its private key (PEM)");
  option("runner", options.runner, "bench-runner program; by default the one beside bench-agent");
  option("plugins", options.plugins_dir, "Directory of shared libraries with workloads");
  option("advertise", options.advertise,
         "Address at which other hosts reach servers that run here; by default the one that this "
         "host has towards the coordinator");
  option("spool-limit", raw->spool_limit,
         "How much may wait for the coordinator; at the bound no new run is started");
  option("drain-timeout", raw->drain_timeout, "How long a stop waits for the run that is going on");
  option("metrics-address", options.metrics_address,
         "HOST:PORT for Prometheus, plain HTTP; none by default");
  option("container-image", options.container_image,
         "Digest of the image that the agent runs in, for the fingerprint");
  option("log-level", flags->log_level, "debug, info, warning or error");
  app->add_flag("--insecure-plaintext", options.tls.insecure_plaintext,
                "No TLS and no identities. Loopback only.")
      ->envname("BENCHFLEET_AGENT_INSECURE_PLAINTEXT");
}

absl::Status Interpret(const Raw& raw, Agent::Options* options) {
  for (const std::string& label : raw.labels) {
    const size_t equals = label.find('=');
    if (equals == 0 || equals == std::string::npos || !IsUtf8(label)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("--label: '%s' is not of the form key=value", label));
    }
    if (label.size() > limits::kMaxNameBytes) {
      return absl::InvalidArgumentError(absl::StrFormat("--label: '%s…' is longer than %d bytes",
                                                        label.substr(0, equals),
                                                        limits::kMaxNameBytes));
    }
    options->labels[label.substr(0, equals)] = label.substr(equals + 1);
  }
  const auto limit = ParseBytes(raw.spool_limit);
  if (!limit.ok()) return Annotate(limit.status(), "--spool-limit");
  options->spool_limit_bytes = *limit;
  const auto timeout = ParseDuration(raw.drain_timeout);
  if (!timeout.ok()) return Annotate(timeout.status(), "--drain-timeout");
  options->drain_timeout = *timeout;
  return absl::OkStatus();
}

}  // namespace

AgentFlags ParseFlags(int argc, const char* const* argv) {
  AgentFlags flags;
  Raw raw;
  CLI::App app(kAbout, "bench-agent");
  app.footer(kFooter);
  app.set_version_flag("--version", kVersion);
  app.set_config("--config", "", "File with flags, one name=value a line")
      ->envname("BENCHFLEET_AGENT_CONFIG");
  app.allow_config_extras(CLI::config_extras_mode::error);
  Declare(&app, &flags, &raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    flags.exit_code = TellFlagMistake(app, error);
    return flags;
  }
  if (const absl::Status status = Interpret(raw, &flags.options); !status.ok()) {
    std::fprintf(stderr, "bench-agent: %s\n", Message(status).c_str());
    flags.exit_code = 1;
  }
  return flags;
}

}  // namespace benchfleet
