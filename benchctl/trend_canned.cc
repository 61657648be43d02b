#include "benchctl/trend_canned.h"

#include <cmath>

#include "absl/strings/str_format.h"
#include "base/ids.h"
#include "benchctl/canned.h"

namespace benchfleet {
namespace {

constexpr int kRevisions = 40;
constexpr int kRuns = 3;

struct Step {
  int revision = 0;
  double factor = 1;
};

std::string RevisionName(int revision) {
  Random random(static_cast<uint64_t>(revision) + 1000);
  return absl::StrFormat("%016x%016x%08x", random.Next(), random.Next(),
                         random.Next() & 0xffffffff);
}

absl::Time TimeOf(int revision) {
  return CannedNow() - absl::Hours(24 * (kRevisions - revision)) + absl::Hours(2);
}

SeriesHistory MakeSeries(uint64_t id, SeriesKey key, Direction direction, const std::string& host,
                         double level, double noise, const std::vector<Step>& steps,
                         int first_revision = 0) {
  Random random(id);
  SeriesHistory history;
  key.identity = CannedHost(host).fingerprint.identity_digest;
  history.series = {SeriesId{id}, std::move(key), direction};
  for (int revision = first_revision; revision < kRevisions; ++revision) {
    double here = level;
    for (const Step& step : steps) here *= revision >= step.revision ? step.factor : 1;
    for (int run = 0; run < kRuns; ++run) {
      HistoryPoint& point = history.points.emplace_back();
      point.run = RunId{id * 1000 + static_cast<uint64_t>(revision * kRuns + run)};
      point.job = JobId{101 + static_cast<uint64_t>(revision)};
      point.at = TimeOf(revision) + absl::Minutes(run);
      point.revision = RevisionName(revision);
      point.host = host;
      point.state_digest = host == "local-1" && revision >= 26 ? "new-kernel" : "old-kernel";
      // About normal: the sum of four uniform numbers.
      const double normal =
          (random.Uniform() + random.Uniform() + random.Uniform() + random.Uniform() - 2) *
          std::sqrt(3);
      const double median = here * std::exp(noise * normal);
      point.summary = {history.series.key.metric,
                       30,
                       median * 0.97,
                       median * 1.2,
                       median * 1.01,
                       median * 0.02,
                       median,
                       median * 1.1,
                       median * 1.15,
                       false};
    }
  }
  return history;
}

}  // namespace

void AddCannedHistory(FakeFleet* fleet) {
  const Direction lower = Direction::kLowerIsBetter;
  const Direction higher = Direction::kHigherIsBetter;
  const StringMap small = {{"size", "1KiB"}};
  const StringMap large = {{"size", "64KiB"}};
  fleet->history = {MakeSeries(1, {"crypto.sha256", small, "latency", "ns", ""}, lower, "local-1",
                               1240, 0.008, {{26, 1.12}}),
                    MakeSeries(2, {"crypto.sha256", large, "latency", "ns", ""}, lower, "local-1",
                               41'300, 0.006, {{26, 1.14}, {34, 0.95}}),
                    MakeSeries(3, {"crypto.sha256", large, "throughput", "B/s", ""}, higher, "vm-2",
                               1.6e9, 0.02, {{26, 0.92}}),
                    MakeSeries(4, {"proving.prove", {{"circuit", "age"}}, "latency", "ns", ""},
                               lower, "local-1", 227e6, 0.01, {}),
                    MakeSeries(5, {"proving.prove", {{"circuit", "age"}}, "proof_size", "B", ""},
                               lower, "local-1", 14'080, 0, {}),
                    MakeSeries(6, {"proving.prove", {{"circuit", "score"}}, "latency", "ns", ""},
                               lower, "vm-2", 410e6, 0.01, {}, kRevisions - 4)};
  for (HostStatus& host : fleet->hosts) {
    if (host.name != "local-1") continue;
    host.state_changes = {{TimeOf(26) - absl::Hours(5),
                           {{"kernel.release", "6.1.0-40-amd64", "6.1.0-41-amd64"},
                            {"cpu.microcode", "0xa101144", "0xa101148"}}}};
  }
  for (int revision = kRevisions - 2; revision < kRevisions; ++revision) {
    JobStatus job =
        CannedStatus(101 + static_cast<uint64_t>(revision), "nightly", State::kDone, 18, 18);
    job.revision = RevisionName(revision);
    fleet->jobs.push_back(job);
  }
}

}  // namespace benchfleet
