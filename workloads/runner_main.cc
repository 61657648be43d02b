// bench-runner: one run of one workload in a process of its own.
//
//   bench-runner --fd 3            for the agent: a request comes in and events go out on
//   descriptor 3 bench-runner --list            what this host can run, as JSON bench-runner --run
//   NAME        for a person: measure here and print a table
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "base/frame.h"
#include "base/status.h"
#include "proto/convert.h"
#include "workloads/catalog.h"
#include "workloads/event_sink.h"
#include "workloads/run.h"

namespace benchfleet {
namespace {

constexpr int kExitError = 1;

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "bench-runner: %s\n", Message(status).c_str());
  return kExitError;
}

absl::Status ServeAgent(int fd, const Catalog& catalog) {
  // Programs that the workload starts must not hold the agent's socket open.
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    return ErrnoError(errno, absl::StrFormat("descriptor %d (--fd)", fd));
  }
  BF_ASSIGN_OR_RETURN(const std::optional<std::string> frame, ReadFrame(fd));
  if (!frame) return absl::UnavailableError("no request came before the end of the stream");
  BF_ASSIGN_OR_RETURN(const RunnerRequest request, ParseRunnerRequest(*frame));
  FrameSink sink(fd);
  return ExecuteRun(request, catalog, SystemStopwatch(), sink);
}

int Main(int argc, char** argv) {
  CLI::App app("Runs one workload once; usually started by bench-agent.", "bench-runner");
  int fd = 3;
  bool list = false;
  app.add_option("--fd", fd, "descriptor for the request and the events")->capture_default_str();
  app.add_flag("--list", list, "print what this host can run, as JSON");
  CLI11_PARSE(app, argc, argv);

  const Catalog catalog = Catalog::Builtins();
  if (list) {
    std::printf("%s\n", ToJson(catalog.Describe()).c_str());
    return 0;
  }
  const absl::Status status = ServeAgent(fd, catalog);
  return status.ok() ? 0 : Fail(status);
}

}  // namespace
}  // namespace benchfleet

int main(int argc, char** argv) { return benchfleet::Main(argc, argv); }
