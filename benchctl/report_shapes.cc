#include "benchctl/report_shapes.h"

#include <algorithm>
#include <span>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"
#include "benchctl/table.h"
#include "proto/parameters_text.h"

namespace benchfleet {
namespace {

constexpr size_t kRowsNamed = 3;
constexpr size_t kRowWidth = 64;
constexpr double kFarShareTold = 0.01;

std::string NameOf(const ReportRow& row) {
  std::string name = row.host + " " + row.workload;
  if (!row.parameters.empty()) name += " " + ParametersText(row.parameters);
  return Shorten(name, kRowWidth);
}

// One row of a note: how much of it there is, and the words.
struct Finding {
  double weight = 0;
  std::string text;
};

Finding HumpsOf(const ReportRow& row) {
  Finding finding;
  double largest = 0;
  for (const Mode& hump : row.shape->humps) {
    finding.text += absl::StrFormat("%s%s (%.0f %%)", finding.text.empty() ? "" : ", ",
                                    FormatValue(hump.centre, row.metric.unit), 100 * hump.share);
    largest = std::max(largest, hump.share);
  }
  if (!finding.text.empty()) finding.weight = 1 - largest;
  return finding;
}

Finding UnsettledOf(const ReportRow& row) {
  const SampleShape& shape = *row.shape;
  const size_t runs = shape.warm_up + shape.slowdown + shape.unsettled;
  if (runs == 0 || 2 * runs < shape.runs_told) return {};
  Finding finding{static_cast<double>(runs) / static_cast<double>(shape.runs_told), ""};
  finding.text = absl::StrFormat("%d of %d runs", runs, shape.runs_told);
  const char* separator = ": ";
  const auto add = [&](size_t count, const std::string& words) {
    if (count == 0) return;
    finding.text += absl::StrFormat("%s%d with %s", separator, count, words);
    separator = ", ";
  };
  add(shape.warm_up, absl::StrFormat("a warm-up until sample %d", shape.settled_from));
  add(shape.slowdown, "a slowdown");
  add(shape.unsettled, "changes until the end");
  return finding;
}

Finding FarOf(const ReportRow& row, size_t SampleShape::*side) {
  const SampleShape& shape = *row.shape;
  if (shape.samples_told == 0) return {};
  const double share = static_cast<double>(shape.*side) / static_cast<double>(shape.samples_told);
  if (share < kFarShareTold) return {};
  return {share, absl::StrFormat("%.1f %%", 100 * share)};
}

template <typename Find>
void AddNote(const Report& report, const char* what, const Find& find,
             std::vector<std::string>* notes) {
  std::vector<std::pair<double, std::string>> found;
  for (const ReportRow& row : report.rows) {
    if (!row.shape || row.shape->n == 0) continue;
    Finding finding = find(row);
    if (finding.text.empty()) continue;
    found.emplace_back(finding.weight, NameOf(row) + " " + finding.text);
  }
  if (found.empty()) return;
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string note = std::string(what) + ": ";
  for (size_t i = 0; i < std::min(found.size(), kRowsNamed); ++i) {
    note += (i == 0 ? "" : "; ") + found[i].second;
  }
  if (found.size() > kRowsNamed) {
    note += absl::StrFormat("; and %d more rows (--format json)", found.size() - kRowsNamed);
  }
  notes->push_back(Printable(note));
}

}  // namespace

absl::Status AddShapes(Report* report) {
  size_t told = 0;
  for (ReportRow& row : report->rows) {
    if (!row.main || row.samples.empty()) continue;
    if (++told > limits::kReportShapeRows) break;
    std::vector<std::span<const double>> runs;
    size_t start = 0;
    for (const size_t end : row.run_ends) {
      runs.push_back(std::span(row.samples).subspan(start, end - start));
      start = end;
    }
    SampleShapeOptions options;
    options.steady.lower_is_better = row.metric.direction != Direction::kHigherIsBetter;
    BF_ASSIGN_OR_RETURN(row.shape, ShapeOfSamples(runs, options));
  }
  return absl::OkStatus();
}

std::vector<std::string> ShapeNotes(const Report& report) {
  std::vector<std::string> notes;
  AddNote(report, "samples have several humps, of which one median tells little", HumpsOf, &notes);
  AddNote(report, "runs do not settle at once, so their median depends on how long they are",
          UnsettledOf, &notes);
  AddNote(
      report, "samples far above the rest of their run (three interquartile ranges)",
      [](const ReportRow& row) { return FarOf(row, &SampleShape::far_above); }, &notes);
  AddNote(
      report, "samples far below the rest of their run (three interquartile ranges)",
      [](const ReportRow& row) { return FarOf(row, &SampleShape::far_below); }, &notes);
  return notes;
}

}  // namespace benchfleet
