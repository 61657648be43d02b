// Any table with a row of titles, by the map (map.h): a row is a sample, or an aggregate.
#include <cmath>
#include <filesystem>

#include "adapters/csv.h"
#include "adapters/formats.h"
#include "adapters/map.h"
#include "adapters/quote.h"
#include "adapters/text.h"
#include "base/status.h"
#include "base/text.h"

namespace benchfleet {
namespace {

using Row = std::vector<std::string>;

std::string TitleList(const Row& titles) {
  std::string list;
  for (const std::string& title : titles) list += (list.empty() ? "" : ", ") + title;
  return Harmless(list);
}

class MappedCsv {
 public:
  MappedCsv(const StringMap& map, std::string name) : map_(map), name_(std::move(name)) {}

  absl::StatusOr<ForeignResults> Read(std::string_view text) {
    CsvReader reader(text);
    BF_ASSIGN_OR_RETURN(titles_, reader.Next());
    BF_RETURN_IF_ERROR(CheckMap());
    while (true) {
      BF_ASSIGN_OR_RETURN(const Row row, reader.Next());
      if (row.empty()) break;
      absl::Status status = TakeRow(row);
      if (!status.ok()) return Annotate(status, absl::StrFormat("line %d", reader.line()));
    }
    return builder_.Finish();
  }

 private:
  // Every column that the map names is there.
  absl::Status CheckMap() {
    if (!map_.contains("value") && !map_.contains("mean") && !map_.contains("median")) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "a table needs --map name=COLUMN,value=COLUMN,unit=UNIT; its columns are: %s",
          TitleList(titles_)));
    }
    for (const auto& [key, what] : map_) {
      const bool constant = key == "unit" || key == "metric" || key == "direction";
      if (constant && what[0] != '@') continue;
      if (key == "items" || key == "baseline") {
        return absl::InvalidArgumentError(absl::StrFormat("--map: a table has no %s", Quote(key)));
      }
      const std::string title = constant ? what.substr(1) : what;
      const auto at = std::find(titles_.begin(), titles_.end(), title);
      if (at == titles_.end()) {
        return absl::InvalidArgumentError(absl::StrFormat(
            "--map %s: there is no column %s among %s%s", Harmless(key), Quote(title),
            TitleList(titles_), Harmless(DidYouMean(title, titles_))));
      }
      columns_[key] = static_cast<size_t>(at - titles_.begin());
    }
    return absl::OkStatus();
  }

  // The constant, or what stands in the column.
  std::string TextOf(const Row& row, const std::string& key) const {
    if (const auto column = columns_.find(key); column != columns_.end()) {
      return row[column->second];
    }
    const auto constant = map_.find(key);
    return constant == map_.end() ? "" : constant->second;
  }

  absl::StatusOr<std::optional<double>> NumberOf(const Row& row, size_t column) const {
    const std::string_view text = Trim(row[column]);
    if (text.empty()) return std::nullopt;
    const std::optional<double> number = ReadNumber(text);
    if (number) return number;
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is %s, expected a number", Quote(titles_[column]), Quote(text)));
  }

  absl::Status TakeRow(const Row& row) {
    if (row.size() != titles_.size()) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%d fields, expected %d as in the row of titles", row.size(), titles_.size()));
    }
    MappedEntry entry;
    entry.name = map_.contains("name") ? TextOf(row, "name") : name_;
    if (entry.name.empty()) return absl::InvalidArgumentError("the name is empty");
    entry.unit = TextOf(row, "unit");
    entry.metric = TextOf(row, "metric");
    entry.direction = TextOf(row, "direction");
    for (const auto& [key, column] : columns_) {
      if (key.rfind("param.", 0) == 0) entry.parameters[key.substr(6)] = row[column];
      std::optional<double>* const moment = MomentOf(key, &entry.aggregate);
      const std::optional<double> percent = PercentOf(key);
      const bool count = key == "count" || key == "iterations";
      if (key != "value" && moment == nullptr && !percent && !count) continue;
      BF_ASSIGN_OR_RETURN(const std::optional<double> number, NumberOf(row, column));
      if (!number) continue;
      if (count && !(*number >= 0 && *number < 0x1p53)) {
        return absl::InvalidArgumentError(
            absl::StrFormat("%s is %g, expected a count", Quote(titles_[column]), *number));
      }
      if (key == "value") entry.values.push_back(*number);
      if (key == "count") entry.aggregate.count = static_cast<uint64_t>(*number);
      if (key == "iterations") entry.iterations = static_cast<uint64_t>(*number);
      if (moment != nullptr) *moment = number;
      if (percent) entry.aggregate.percentiles[*percent] = *number;
    }
    return AddEntry(entry, &builder_);
  }

  const StringMap& map_;
  const std::string name_;
  Row titles_;
  std::map<std::string, size_t> columns_;
  ResultsBuilder builder_{"csv"};
};

}  // namespace

absl::StatusOr<ForeignResults> ReadMappedCsv(const Source& source, const AdapterOptions& options) {
  BF_ASSIGN_OR_RETURN(const std::string_view text, PlainText(source.files.front().text));
  return MappedCsv(options.map, std::filesystem::path(source.name).stem().string()).Read(text);
}

}  // namespace benchfleet
