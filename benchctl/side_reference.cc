#include "benchctl/side_reference.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "base/text.h"
#include "benchctl/any_result_file.h"

namespace benchfleet {
namespace {

constexpr size_t kRevisionPrefixMin = 7;

bool TakePrefix(std::string* text, std::string_view prefix) {
  if (text->compare(0, prefix.size(), prefix) != 0) return false;
  text->erase(0, prefix.size());
  return true;
}

absl::StatusOr<StringMap> ParseLabels(const std::string& text) {
  StringMap labels;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string term = text.substr(begin, end - begin);
    const size_t equals = term.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrFormat("side 'label:%s': '%s' is no label, expected KEY=VALUE", Printable(text),
                          Printable(term)));
    }
    labels[term.substr(0, equals)] = term.substr(equals + 1);
    begin = end + 1;
  }
  return labels;
}

// "prove-age~2": true and cut where there is such an end.
bool TakeBack(std::string* text, uint32_t* back) {
  const size_t tilde = text->rfind('~');
  if (tilde == std::string::npos || tilde == 0) return false;
  const char* end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data() + tilde + 1, end, *back);
  if (error != std::errc() || at != end) return false;
  text->erase(tilde);
  return true;
}

std::string SideName(const JobStatus& job) {
  std::string name = absl::StrFormat("job %d %s", job.job.value, Printable(job.name));
  if (!job.revision.empty()) name += " (" + Printable(job.revision) + ")";
  return name;
}

bool OfSameRevision(const std::string& asked, const std::string& revision) {
  return revision == asked ||
         (asked.size() >= kRevisionPrefixMin && revision.compare(0, asked.size(), asked) == 0);
}

absl::StatusOr<std::vector<JobStatus>> NewestFirst(Client& client, const std::string& name) {
  BF_ASSIGN_OR_RETURN(std::vector<JobStatus> jobs, client.ListJobs({kJobsSearched, name, "", {}}));
  std::ranges::stable_sort(
      jobs, [](const JobStatus& a, const JobStatus& b) { return a.created_at > b.created_at; });
  return jobs;
}

absl::Status Empty(const Side& side, const SideFilter& filter) {
  std::string of;
  if (!filter.workload.empty()) of += " of workload '" + Printable(filter.workload) + "'";
  if (!filter.metric.empty()) of += " of metric '" + Printable(filter.metric) + "'";
  return absl::NotFoundError(absl::StrFormat(
      "%s has nothing measured%s, expected at least one run that succeeded", side.name(), of));
}

}  // namespace

absl::StatusOr<SideReference> ParseSideReference(const std::string& text) {
  SideReference reference;
  reference.text = text;
  if (text.empty()) return absl::InvalidArgumentError("a side is empty, expected a job or a file");
  std::error_code error;
  const bool is_path = text.find_first_of("/.") != std::string::npos;
  if (is_path && std::filesystem::exists(text, error)) {
    reference.kind = SideKind::kFile;
    return reference;
  }
  if (TakePrefix(&reference.text, "rev:")) {
    reference.kind = SideKind::kRevision;
  } else if (TakePrefix(&reference.text, "baseline:")) {
    reference.kind = SideKind::kBaseline;
  } else if (TakePrefix(&reference.text, "host:")) {
    reference.kind = SideKind::kHost;
  } else if (TakePrefix(&reference.text, "label:")) {
    reference.kind = SideKind::kLabel;
    BF_ASSIGN_OR_RETURN(reference.labels, ParseLabels(reference.text));
  } else if (is_path && LooksLikeResultFile(text)) {
    return absl::NotFoundError(absl::StrFormat("there is no file '%s'", Printable(text)));
  } else {
    TakeBack(&reference.text, &reference.back);
  }
  if (!reference.text.empty()) return reference;
  return absl::InvalidArgumentError(
      absl::StrFormat("side '%s' names nothing after its colon", Printable(text)));
}

absl::StatusOr<Client*> SideLoader::Connected() {
  if (!client_) {
    BF_ASSIGN_OR_RETURN(client_, session_.dial());
  }
  return client_.get();
}

absl::StatusOr<JobResults> SideLoader::ReadJob(Client& client, JobId job) {
  BF_ASSIGN_OR_RETURN(JobResults results, ReadJobResults(client, job, /*without_samples=*/false));
  jobs_.insert(job);
  return results;
}

absl::StatusOr<Side> SideLoader::OfResults(const JobResults& results) {
  jobs_.insert(results.job.status.job);
  Side side(SideName(results.job.status));
  BF_RETURN_IF_ERROR(AddResults(results, filter_, &side));
  return side;
}

absl::StatusOr<Side> SideLoader::OfJob(const std::string& job, uint32_t back,
                                       const SideFilter& filter) {
  BF_ASSIGN_OR_RETURN(Client* const client, Connected());
  BF_ASSIGN_OR_RETURN(JobId id, FindJob(*client, job));
  if (back > 0) {
    BF_ASSIGN_OR_RETURN(const std::vector<JobStatus> jobs,
                        NewestFirst(*client, job == "latest" ? "" : job));
    if (back >= jobs.size()) {
      return absl::NotFoundError(absl::StrFormat("'%s~%d': there are only %d such jobs",
                                                 Printable(job), back, jobs.size()));
    }
    id = jobs[back].job;
  }
  BF_ASSIGN_OR_RETURN(const JobResults results, ReadJob(*client, id));
  Side side(SideName(results.job.status));
  BF_RETURN_IF_ERROR(AddResults(results, filter, &side));
  return side;
}

absl::StatusOr<Side> SideLoader::OfRevision(const std::string& revision) {
  BF_ASSIGN_OR_RETURN(Client* const client, Connected());
  BF_ASSIGN_OR_RETURN(const std::vector<JobStatus> jobs, NewestFirst(*client, ""));
  Side side("revision " + Printable(revision));
  std::set<std::string> revisions;
  for (const JobStatus& job : jobs) {
    if (!OfSameRevision(revision, job.revision)) continue;
    revisions.insert(job.revision);
    BF_ASSIGN_OR_RETURN(const JobResults results, ReadJob(*client, job.job));
    BF_RETURN_IF_ERROR(AddResults(results, filter_, &side));
  }
  if (revisions.size() == 1) return side;
  if (revisions.empty()) {
    std::vector<std::string> known;
    for (const JobStatus& job : jobs) known.push_back(job.revision);
    return absl::NotFoundError(absl::StrFormat("no job has the revision '%s'%s",
                                               Printable(revision), DidYouMean(revision, known)));
  }
  std::string list;
  for (const std::string& one : revisions) list += (list.empty() ? "" : ", ") + Printable(one);
  return absl::InvalidArgumentError(absl::StrFormat(
      "revision '%s' may be any of %s; write more of it", Printable(revision), list));
}

absl::StatusOr<Side> SideLoader::OfBaseline(const std::string& name) {
  BF_ASSIGN_OR_RETURN(Client* const client, Connected());
  BF_ASSIGN_OR_RETURN(const Baseline baseline, FindBaseline(*client, name));
  Side side("baseline " + Printable(name));
  for (const JobId job : baseline.jobs) {
    BF_ASSIGN_OR_RETURN(JobResults results, ReadJob(*client, job));
    if (!baseline.runs.empty()) {
      std::erase_if(results.runs, [&baseline](const RunData& run) {
        return !std::ranges::binary_search(baseline.runs, run.result.run);
      });
    }
    BF_RETURN_IF_ERROR(AddResults(results, filter_, &side));
  }
  return side;
}

absl::StatusOr<Side> SideLoader::OfLabels(const SideReference& reference) {
  BF_ASSIGN_OR_RETURN(Client* const client, Connected());
  JobFilter wanted;
  wanted.limit = kJobsSearched;
  wanted.labels = reference.labels;
  BF_ASSIGN_OR_RETURN(const std::vector<JobStatus> jobs, client->ListJobs(wanted));
  if (jobs.empty()) {
    return absl::NotFoundError(
        absl::StrFormat("no job has the labels %s", Printable(reference.text)));
  }
  Side side("jobs with " + Printable(reference.text));
  for (const JobStatus& job : jobs) {
    BF_ASSIGN_OR_RETURN(const JobResults results, ReadJob(*client, job.job));
    BF_RETURN_IF_ERROR(AddResults(results, filter_, &side));
  }
  return side;
}

absl::StatusOr<Side> SideLoader::OfHost(const std::string& host) {
  if (job_.empty()) {
    return absl::InvalidArgumentError(
        "host: names a host of one job; add --job JOB to say of which");
  }
  SideFilter filter = filter_;
  std::vector<std::string> seen;
  filter.host = [&](const HostStatus& one) {
    seen.push_back(one.name);
    return one.name == host;
  };
  BF_ASSIGN_OR_RETURN(const Side found, OfJob(job_, 0, filter));
  if (!found.comparable()) {
    return absl::NotFoundError(absl::StrFormat("%s has no run on a host '%s'%s", found.name(),
                                               Printable(host), DidYouMean(host, seen)));
  }
  Side side("host " + Printable(host) + " of " + found.name());
  for (const SideSeries& series : found.series()) BF_RETURN_IF_ERROR(side.Add(series));
  return side;
}

absl::Status SideLoader::CheckFileFlags() const {
  if (has_file_ || (read_.from.empty() && read_.map.empty())) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is for sides that are files, and none is (a file's name has a slash or a "
                      "dot in it)",
                      read_.from.empty() ? "--map" : "--from"));
}

absl::StatusOr<Side> SideLoader::Load(const std::string& text) {
  BF_ASSIGN_OR_RETURN(const SideReference reference, ParseSideReference(text));
  absl::StatusOr<Side> side = absl::InternalError("no kind of side");
  switch (reference.kind) {
    case SideKind::kFile: {
      std::vector<std::string> warnings;
      BF_ASSIGN_OR_RETURN(const JobResults results,
                          ReadAnyResultFile(reference.text, read_, &warnings));
      for (const std::string& line : warnings) {
        session_.console.err("warning: " + Printable(reference.text + ": " + line) + "\n");
      }
      has_file_ = true;
      side = Side(Printable(reference.text));
      BF_RETURN_IF_ERROR(AddResults(results, filter_, &*side));
      break;
    }
    case SideKind::kJob:
      side = OfJob(reference.text, reference.back, filter_);
      break;
    case SideKind::kRevision:
      side = OfRevision(reference.text);
      break;
    case SideKind::kBaseline:
      side = OfBaseline(reference.text);
      break;
    case SideKind::kLabel:
      side = OfLabels(reference);
      break;
    case SideKind::kHost:
      side = OfHost(reference.text);
      break;
  }
  if (side.ok() && !side->comparable()) return Empty(*side, filter_);
  return side;
}

}  // namespace benchfleet
