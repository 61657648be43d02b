#include "tests/bench/detection/series_files.h"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "absl/strings/str_format.h"
#include "analysis/history.h"
#include "base/status.h"

namespace benchfleet::bench {
namespace {

// index,group,value; consecutive rows of one group are one revision.
absl::Status ReadRows(const std::string& path, LabelledSeries* series) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrFormat("%s: cannot be read", path));
  std::vector<std::vector<double>> revisions;
  std::string line;
  std::string last_group;
  std::getline(file, line);
  for (size_t row = 0; std::getline(file, line); ++row) {
    std::istringstream fields(line);
    std::string index;
    std::string group;
    std::string value;
    std::getline(fields, index, ',');
    std::getline(fields, group, ',');
    std::getline(fields, value, ',');
    if (group.empty() || group != last_group || row == 0) {
      revisions.emplace_back();
      series->rows.push_back(row);
    }
    revisions.back().push_back(std::strtod(value.c_str(), nullptr));
    last_group = group;
  }
  BF_ASSIGN_OR_RETURN(series->values, MedianPerRevision(revisions));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<LabelledSeries>> ReadSeries(const std::string& folder,
                                                       const std::string& set) {
  const std::string path = folder + "/" + set + "/labels.json";
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrFormat("%s: cannot be read", path));
  const auto labels = nlohmann::json::parse(file, nullptr, false);
  if (!labels.is_object()) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: not a JSON object", path));
  }
  std::vector<LabelledSeries> all;
  for (const auto& [name, label] : labels.items()) {
    LabelledSeries series;
    series.set = set;
    series.name = name;
    const std::string rows = label.contains("file") ? label["file"].get<std::string>()
                                                    : absl::StrFormat("%s/%s.csv", set, name);
    BF_RETURN_IF_ERROR(ReadRows(absl::StrFormat("%s/%s", folder, rows), &series));
    if (label.contains("annotations")) {
      for (const auto& [who, marks] : label["annotations"].items()) {
        series.annotations.push_back(marks.get<std::vector<size_t>>());
      }
    } else {
      series.changes = label["change_points"].get<std::vector<size_t>>();
      series.optional = label["optional"].get<std::vector<size_t>>();
    }
    all.push_back(std::move(series));
  }
  return all;
}

absl::StatusOr<std::vector<SameBuildGroup>> ReadSameBuildGroups(const std::string& folder) {
  const std::string path = folder + "/sap_aa/groups.jsonl";
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrFormat("%s: cannot be read", path));
  std::vector<SameBuildGroup> groups;
  std::string line;
  while (std::getline(file, line)) {
    const auto group = nlohmann::json::parse(line, nullptr, false);
    if (!group.is_object()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s:%d: not a JSON object", path, groups.size() + 1));
    }
    groups.push_back({.values = group["values"].get<std::vector<double>>(),
                      .history = group["history"].get<std::vector<std::vector<double>>>()});
  }
  return groups;
}

}  // namespace benchfleet::bench
