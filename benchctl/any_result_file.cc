#include "benchctl/any_result_file.h"

#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "adapters/adapter.h"
#include "adapters/json_sniff.h"
#include "adapters/map.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"
#include "benchctl/foreign_results.h"
#include "benchctl/result_file.h"
#include "benchctl/table.h"

namespace benchfleet {
namespace {

constexpr char kOwn[] = "benchfleet";

// Whether a text begins as our own files do. In doubt it is ours: our reader says what is missing.
bool IsOwn(std::string_view head) {
  const std::set<std::string> paths = SniffJson(head);
  const auto has = [&paths](const char* path) { return paths.contains(path); };
  if (has("/context") || has("/machine_info")) return false;
  return has("/version") || has("/machine") || has("/runs") || has("/benchmarks");
}

std::string HeadOf(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  std::string head(size_t{64} << 10, '\0');
  head.resize(file ? std::fread(head.data(), 1, head.size(), file.get()) : 0);
  if (head.compare(0, 3, "\xef\xbb\xbf") == 0) head.erase(0, 3);
  return head;
}

// Only a regular file can be looked at and read again.
bool IsOwnFile(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) && IsOwn(HeadOf(path));
}

absl::Time ModifiedAt(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return absl::InfinitePast();
  return absl::TimeFromTimespec(status.st_mtim);
}

absl::Status CheckName(const char* flag, const std::string& name) {
  if (name.size() <= limits::kMaxNameBytes && IsUtf8(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: expected a text of at most %d bytes", flag, limits::kMaxNameBytes));
}

// --host and --revision hold for our own files as well.
void Override(const AnyFileOptions& options, JobResults* results) {
  JobResult& job = results->job;
  if (!options.revision.empty()) job.status.revision = job.spec.revision = options.revision;
  if (options.host.empty() || job.hosts.size() > 1) return;
  for (HostStatus& host : job.hosts) host.name = options.host;
  for (RunData& run : results->runs) run.result.host = options.host;
}

absl::StatusOr<JobResults> ReadForeignSource(const Source& source, const std::string& path,
                                             const AnyFileOptions& options,
                                             std::vector<std::string>* warnings) {
  AdapterOptions adapter;
  BF_ASSIGN_OR_RETURN(adapter.map, ParseMap(options.map));
  BF_ASSIGN_OR_RETURN(ForeignResults foreign, ReadForeign(source, options.from, adapter));
  ForeignJob job;
  job.source = source.name;
  job.name = source.directory ? source.name : std::filesystem::path(source.name).stem().string();
  job.host = options.host;
  job.revision = options.revision;
  job.at = path == "-" ? options.now : ModifiedAt(path);
  if (warnings != nullptr) *warnings = std::move(foreign.warnings);
  if (warnings != nullptr && job.host.empty() && foreign.machine.host.empty() &&
      foreign.machine.identity.empty()) {
    warnings->emplace_back(kMachineUnsaid);
  }
  return ToJobResults(foreign, job);
}

absl::StatusOr<JobResults> Read(const std::string& path, const AnyFileOptions& options,
                                std::vector<std::string>* warnings) {
  const bool unsaid = options.from.empty() && options.map.empty();
  if (path != "-" && (options.from == kOwn || (unsaid && IsOwnFile(path)))) {
    return ReadResultFile(path);
  }
  BF_ASSIGN_OR_RETURN(const Source source, LoadSource(path));
  if (path == "-" &&
      (options.from == kOwn || (options.from.empty() && IsOwn(source.files.front().text)))) {
    return ParseResultJson(source.files.front().text, "stdin");
  }
  absl::StatusOr<JobResults> results = ReadForeignSource(source, path, options, warnings);
  if (results.ok()) return results;
  return Annotate(results.status(), path == "-" ? "stdin" : Printable(path));
}

}  // namespace

absl::StatusOr<JobResults> ReadAnyResultFile(const std::string& path, const AnyFileOptions& options,
                                             std::vector<std::string>* warnings) {
  BF_RETURN_IF_ERROR(CheckName("--host", options.host));
  BF_RETURN_IF_ERROR(CheckName("--revision", options.revision));
  BF_ASSIGN_OR_RETURN(JobResults results, Read(path, options, warnings));
  Override(options, &results);
  return results;
}

bool LooksLikeResultFile(const std::string& word) {
  if (word == "-" || word.find('/') != std::string::npos) return true;
  const std::string extension = std::filesystem::path(word).extension().string();
  for (const char* known : {".json", ".txt", ".csv", ".prom"}) {
    if (extension == known) return true;
  }
  std::error_code error;
  return std::filesystem::exists(word, error);
}

}  // namespace benchfleet
