// What every command of benchctl has at hand. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "benchctl/client.h"
#include "benchctl/console.h"
#include "benchctl/table.h"

namespace benchfleet {

enum class Format { kTable, kJson, kCsv, kMarkdown, kHtml };

// benchctl's exit codes; scripts stand on them.
enum ExitCode : int {
  kExitOk = 0,
  kExitError = 1,          // something did not work; one line on stderr says what
  kExitUsage = 2,          // the command line cannot be understood; nothing was done
  kExitBudgetBroken = 3,   // `report`, `run`, `check`: a budget is broken or could not be
                           // measured; `check`: something regressed
  kExitUndecided = 4,      // `check --fail-on-undecided`: a regression cannot be ruled out
  kExitJobFailed = 5,      // a job that was followed failed or was cancelled
  kExitInterrupted = 130,  // Ctrl-C while following; the job goes on
};

struct Session {
  Console console;
  Format format = Format::kTable;
  Style out_style;
  Style err_style;
  // A connection to the coordinator of --coordinator, made when a command first needs one.
  std::function<absl::StatusOr<std::unique_ptr<Client>>()> dial;
};

// A table on stdout in the session's format; `json` is the document for Format::kJson and `title`
// the heading of a page.
void Print(const Session& session, const std::string& title, const Table& table,
           const std::function<std::string()>& json);

// The newest jobs, among which names and revisions are looked for.
inline constexpr uint32_t kJobsSearched = 1000;

// A job asked for by number, by name (the newest of it) or as "latest".
absl::StatusOr<JobId> FindJob(Client& client, const std::string& job);

// To the file, with a remark on stderr, or to stdout where `output` is "" or "-".
absl::Status Deliver(const std::string& text, const std::string& output, const Session& session);

// "NAME=VALUE", several of one flag; a name again replaces.
absl::StatusOr<StringMap> ParsePairs(const std::vector<std::string>& texts, const char* flag);

// What a baseline's name stands for; kNotFound where it is not known (with the nearest name), or
// was removed.
absl::StatusOr<Baseline> FindBaseline(Client& client, const std::string& name);

// Writes `text` to `path` whole or not at all: beside it first, then renamed.
absl::Status WriteFile(const std::string& path, const std::string& text);

}  // namespace benchfleet
