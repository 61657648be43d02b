// `complete`: what completion scripts ask.
#include <algorithm>
#include <set>

#include "absl/strings/str_format.h"
#include "base/display.h"
#include "base/status.h"
#include "benchctl/commands.h"

namespace benchfleet {
namespace {

constexpr absl::Duration kCompletionPatience = absl::Seconds(1);
constexpr uint32_t kJobsOffered = 50;
constexpr size_t kNumbersOffered = 20;

using Offer = std::vector<std::string>;

absl::StatusOr<Offer> JobOffer(Client& client) {
  BF_ASSIGN_OR_RETURN(const std::vector<JobStatus> jobs,
                      client.ListJobs({kJobsOffered, "", "", {}}));
  Offer offer;
  if (!jobs.empty()) offer.push_back("latest");
  for (const JobStatus& job : jobs) offer.push_back(job.name);
  for (size_t i = 0; i < std::min(jobs.size(), kNumbersOffered); ++i) {
    offer.push_back(absl::StrFormat("%d", jobs[i].job.value));
  }
  return offer;
}

absl::StatusOr<Offer> HostOffer(Client& client) {
  BF_ASSIGN_OR_RETURN(const std::vector<HostStatus> hosts, client.ListHosts(""));
  Offer offer;
  for (const HostStatus& host : hosts) offer.push_back(host.name);
  return offer;
}

absl::StatusOr<Offer> WorkloadOffer(Client& client) {
  BF_ASSIGN_OR_RETURN(const std::vector<HostStatus> hosts, client.ListHosts(""));
  std::set<std::string> names;
  for (const HostStatus& host : hosts) {
    for (const WorkloadDescription& workload : host.workloads) {
      if (workload.unavailable.empty()) names.insert(workload.name);
    }
  }
  return Offer(names.begin(), names.end());
}

// Keys first ("kind="), then the values of a key; what stands before the last comma stays.
absl::StatusOr<Offer> SelectorOffer(Client& client, const std::string& prefix) {
  BF_ASSIGN_OR_RETURN(const std::vector<HostStatus> hosts, client.ListHosts(""));
  const size_t comma = prefix.rfind(',');
  const std::string before = comma == std::string::npos ? "" : prefix.substr(0, comma + 1);
  const std::string term = prefix.substr(before.size());
  const size_t equals = term.find('=');
  std::set<std::string> words;
  for (const HostStatus& host : hosts) {
    StringMap known = host.fingerprint.fields;
    for (const auto& [key, value] : host.labels) known[key] = value;  // labels win
    known["name"] = host.name;
    for (const auto& [key, value] : known) {
      if (equals == std::string::npos) {
        words.insert(before + key + "=");
      } else if (term.substr(0, equals) == key || term.substr(0, equals) == key + "!") {
        words.insert(before + term.substr(0, equals + 1) + value);
      }
    }
  }
  return Offer(words.begin(), words.end());
}

absl::StatusOr<Offer> BaselineOffer(Client& client) {
  BF_ASSIGN_OR_RETURN(const std::vector<Baseline> baselines, client.ListBaselines());
  Offer offer;
  for (const Baseline& baseline : baselines) offer.push_back(baseline.name);
  return offer;
}

absl::StatusOr<Offer> MakeOffer(const CompleteOptions& options, const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  client->LimitCalls(kCompletionPatience);
  if (options.kind == "job") return JobOffer(*client);
  if (options.kind == "host") return HostOffer(*client);
  if (options.kind == "workload") return WorkloadOffer(*client);
  if (options.kind == "selector") return SelectorOffer(*client, options.prefix);
  return BaselineOffer(*client);
}

}  // namespace

const std::vector<std::string>& CompletionKinds() {
  static const std::vector<std::string> kinds = {"job", "host", "workload", "selector", "baseline"};
  return kinds;
}

absl::StatusOr<int> CompleteCommand(const CompleteOptions& options, const Session& session) {
  const absl::StatusOr<Offer> offer = MakeOffer(options, session);
  if (!offer.ok()) return kExitOk;  // somebody is typing: no place for an error
  std::set<std::string> told;
  for (const std::string& word : *offer) {
    if (!word.starts_with(options.prefix) || Printable(word) != word) continue;
    if (told.insert(word).second) session.console.out(word + "\n");
  }
  return kExitOk;
}

}  // namespace benchfleet
