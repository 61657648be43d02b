// PostgreSQL's COPY, by a server of its own: made, started, measured and stopped within one call.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_format.h"
#include "tests/bench/ingest_peers.h"

namespace benchfleet::bench {
namespace {

// The directory with initdb, pg_ctl and psql; "" when there is none.
std::string FindPrograms() {
  std::error_code error;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
    const std::filesystem::path programs = version.path() / "bin";
    if (std::filesystem::exists(programs / "initdb")) return programs.string();
  }
  return "";
}

// Standard output of a shell command; fails the benchmark when it fails.
std::string Shell(const std::string& command) {
  std::FILE* const pipe = popen(command.c_str(), "re");
  if (pipe == nullptr) Fail("no shell");
  std::string output;
  char buffer[4096];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, n);
  const int status = pclose(pipe);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) Fail("failed: " + command);
  return output;
}

class Server {
 public:
  Server(const std::string& programs, const std::string& directory) : directory_(directory) {
    // PostgreSQL refuses to run as root; its package has made a user for it.
    as_ = geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups " : "";
    if (geteuid() == 0) Shell("chown postgres " + directory);
    programs_ = programs;
    Run(absl::StrFormat("initdb -D %s/data -A trust -U postgres", directory));
    Run(
        absl::StrFormat("pg_ctl -D %s/data -w -l %s/log -o \"-c listen_addresses='' "
                        "-c unix_socket_directories=%s\" start",
                        directory, directory, directory));
  }
  ~Server() { Run(absl::StrFormat("pg_ctl -D %s/data -w -m fast stop", directory_)); }

  std::string Sql(const std::string& statement) {
    return Shell(absl::StrFormat("cd / && %s%s/psql -h %s -U postgres -qAt -c \"%s\"", as_,
                                 programs_, directory_, statement));
  }

 private:
  void Run(const std::string& command) {
    Shell(absl::StrFormat("cd / && %s%s/%s >%s/out 2>&1", as_, programs_, command, directory_));
  }
  const std::string directory_;
  std::string programs_;
  std::string as_;
};

}  // namespace

Figures CopyToPostgres(const Samples& samples, const std::string& directory, uint64_t limit) {
  Figures figures;
  const std::string programs = FindPrograms();
  if (programs.empty()) {
    figures.skipped = "PostgreSQL is not installed";
    return figures;
  }
  const std::string text = directory + "/samples.text";
  {
    std::ofstream out(text);
    for (size_t i = 0; i < samples.values.size() && figures.samples < limit; ++i) {
      for (const int64_t value : samples.values[i]) {
        out << "1\t" << figures.samples++ << '\t' << value << '\n';
      }
    }
  }
  std::filesystem::permissions(text, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  Server server(programs, directory);
  server.Sql("CREATE TABLE sample (run bigint, sequence bigint, value bigint)");
  const Stopwatch watch;
  server.Sql(absl::StrFormat("COPY sample FROM '%s'", text));
  watch.Stop(&figures);
  figures.cpu_s = 0;  // the server's, not ours: not known
  figures.file_bytes =
      std::strtoull(server.Sql("SELECT pg_total_relation_size('sample')").c_str(), nullptr, 10);
  return figures;
}

}  // namespace benchfleet::bench
