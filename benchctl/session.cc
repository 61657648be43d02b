#include "benchctl/session.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>

#include "base/ids.h"
#include "base/status.h"
#include "base/text.h"
#include "benchctl/html.h"

namespace benchfleet {
void Print(const Session& session, const std::string& title, const Table& table,
           const std::function<std::string()>& json) {
  switch (session.format) {
    case Format::kTable:
      session.console.out(RenderText(table));
      return;
    case Format::kJson:
      session.console.out(json());
      return;
    case Format::kCsv:
      session.console.out(RenderCsv(table));
      return;
    case Format::kMarkdown:
      session.console.out(RenderMarkdown(table));
      return;
    case Format::kHtml:
      session.console.out(
          HtmlPage(title, "<h1>" + EscapeHtml(title) + "</h1>\n" + HtmlScroll(RenderHtml(table))));
      return;
  }
}

absl::StatusOr<JobId> FindJob(Client& client, const std::string& job) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(job.data(), job.data() + job.size(), number);
  if (error == std::errc() && end == job.data() + job.size()) return JobId{number};
  const bool latest = job == "latest";
  BF_ASSIGN_OR_RETURN(const std::vector<JobStatus> found,
                      client.ListJobs({kJobsSearched, latest ? std::string() : job, "", {}}));
  // By time and not by number: imported jobs keep the time at which they were measured.
  const auto newest = std::max_element(
      found.begin(), found.end(),
      [](const JobStatus& a, const JobStatus& b) { return a.created_at < b.created_at; });
  if (newest != found.end()) return newest->job;
  if (latest) return absl::NotFoundError("there is no job yet (see: benchctl submit --help)");
  BF_ASSIGN_OR_RETURN(const std::vector<JobStatus> recent,
                      client.ListJobs({kJobsSearched, "", "", {}}));
  std::vector<std::string> names = {"latest"};
  for (const JobStatus& status : recent) names.push_back(status.name);
  return absl::NotFoundError(absl::StrFormat(
      "no job is called '%s', expected a job's number, its name or 'latest'%s (see: benchctl jobs)",
      Printable(job), DidYouMean(job, names)));
}

absl::Status Deliver(const std::string& text, const std::string& output, const Session& session) {
  if (output.empty() || output == "-") {
    session.console.out(text);
    return absl::OkStatus();
  }
  BF_RETURN_IF_ERROR(WriteFile(output, text));
  session.console.err("wrote " + output + "\n");
  return absl::OkStatus();
}

absl::StatusOr<Baseline> FindBaseline(Client& client, const std::string& name) {
  BF_ASSIGN_OR_RETURN(const std::vector<Baseline> settings, client.ShowBaseline(name));
  const Baseline& newest = settings.front();
  if (!newest.removed) return newest;
  return absl::NotFoundError(absl::StrFormat(
      "baseline '%s' was removed by %s on %s%s (see: benchctl baseline show %s)", Printable(name),
      newest.set_by, absl::FormatTime("%Y-%m-%d", newest.set_at, absl::UTCTimeZone()),
      newest.reason.empty() ? "" : ": " + Printable(newest.reason), Printable(name)));
}

absl::Status WriteFile(const std::string& path, const std::string& text) {
  const std::string beside = path + "." + RandomHexId().substr(0, 8) + ".part";
  const int descriptor = open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) return ErrnoError(errno, absl::StrFormat("writing '%s'", path));
  size_t written = 0;
  int failure = 0;
  while (written < text.size() && failure == 0) {
    const ssize_t size = write(descriptor, text.data() + written, text.size() - written);
    if (size < 0 && errno != EINTR) failure = errno;
    if (size > 0) written += static_cast<size_t>(size);
  }
  if (close(descriptor) != 0 && failure == 0) failure = errno;
  if (failure == 0 && std::rename(beside.c_str(), path.c_str()) != 0) failure = errno;
  if (failure == 0) return absl::OkStatus();
  unlink(beside.c_str());
  return ErrnoError(failure, absl::StrFormat("writing '%s'", path));
}

absl::StatusOr<StringMap> ParsePairs(const std::vector<std::string>& texts, const char* flag) {
  StringMap pairs;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s '%s' is not NAME=VALUE", flag, Printable(text)));
    }
    pairs[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return pairs;
}

}  // namespace benchfleet
