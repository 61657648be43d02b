#include "benchctl/stored_runs.h"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "benchctl/any_result_file.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

std::string StoredFile(const std::string& name) {
  const char* const source = std::getenv("BENCHFLEET_SOURCE_DIR");
  return std::string(source == nullptr ? "." : source) + "/benchctl/testdata/stored/" + name;
}

// In the order of the file's "columns".
HistoryPoint StoredPoint(const nlohmann::json& row, const std::string& metric) {
  HistoryPoint point;
  point.run = RunId{row[0].get<uint64_t>()};
  point.job = JobId{row[1].get<uint64_t>()};
  point.at = absl::FromUnixNanos(row[2].get<int64_t>());
  point.revision = row[3].get<std::string>();
  point.host = row[4].get<std::string>();
  point.state_digest = row[5].get<std::string>();
  point.summary = {
      metric, row[6].get<uint64_t>(), row[7], row[8], row[9], row[10], row[11], row[12], row[13],
      false};
  return point;
}

}  // namespace

void TakeStoredHistory(FakeFleet* fleet) {
  std::ifstream file(StoredFile("nightly.json"));
  const auto stored = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  ASSERT_TRUE(stored.is_object()) << StoredFile("nightly.json");
  fleet->history.clear();
  for (const auto& one : stored["series"]) {
    SeriesHistory& history = fleet->history.emplace_back();
    history.series.id = SeriesId{one["series"].get<uint64_t>()};
    history.series.key = {one["workload"], one["parameters"].get<StringMap>(), one["metric"],
                          one["unit"], one["identity"]};
    history.series.direction = static_cast<Direction>(one["direction"].get<int>());
    for (const auto& row : one["points"]) {
      history.points.push_back(StoredPoint(row, history.series.key.metric));
    }
  }
}

JobResults StoredMachines() {
  auto results = ReadAnyResultFile(StoredFile("machines.json"));
  EXPECT_TRUE(results.ok()) << results.status();
  if (!results.ok()) return JobResults();
  JobStatus& status = results->job.status;
  status.runs = status.runs_done = results->runs.size();  // as a coordinator counts them
  return *std::move(results);
}

}  // namespace benchfleet
