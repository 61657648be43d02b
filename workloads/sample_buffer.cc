#include "workloads/sample_buffer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/limits.h"
#include "base/status.h"
#include "proto/chunk.h"

namespace benchfleet {
namespace {

// Whole numbers that a double holds exactly.
bool IsWhole(double value) { return std::fabs(value) <= 0x1.0p53 && value == std::trunc(value); }

}  // namespace

absl::Status SampleBuffer::Declare(const std::vector<Metric>& metrics) {
  if (metrics.size() > limits::kMaxMetricsPerRun) {
    return absl::InternalError(absl::StrFormat("the workload reports %d metrics; the bound is %d",
                                               metrics.size(), limits::kMaxMetricsPerRun));
  }
  for (size_t i = 0; i < metrics.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (metrics[i].name != metrics[j].name) continue;
      return absl::InternalError(
          absl::StrFormat("the workload declares the metric '%s' twice", metrics[i].name));
    }
    if (!metrics[i].derived_from.empty()) continue;
    Series series;
    series.metric = metrics[i].name;
    series.values.reserve(limits::kSamplesPerChunk);
    series_.push_back(std::move(series));
  }
  return absl::OkStatus();
}

int SampleBuffer::Find(std::string_view metric) const {
  for (size_t i = 0; i < series_.size(); ++i) {
    if (series_[i].metric == metric) return static_cast<int>(i);
  }
  return -1;
}

void SampleBuffer::Add(int metric, double value, uint64_t operations, bool warmup) {
  Series& series = series_[static_cast<size_t>(metric)];
  if (!series.values.empty() && (series.operations != operations || series.warmup != warmup)) {
    Cut(series);
  }
  series.operations = operations;
  series.warmup = warmup;
  series.values.push_back(value);
  empty_ = false;
  if (series.values.size() == limits::kSamplesPerChunk) {
    Cut(series);
    full_ = true;
  }
}

void SampleBuffer::Cut(Series& series) {
  SampleChunk chunk;
  chunk.metric = series.metric;
  chunk.first_index = series.sent + series.cut_samples;
  chunk.count = static_cast<uint32_t>(series.values.size());
  chunk.operations = series.operations;
  chunk.warmup = series.warmup;
  if (std::all_of(series.values.begin(), series.values.end(), IsWhole)) {
    std::vector<int64_t> whole(series.values.size());
    std::transform(series.values.begin(), series.values.end(), whole.begin(),
                   [](double value) { return static_cast<int64_t>(value); });
    chunk.encoding = Encoding::kDeltaVarint;
    chunk.payload = EncodeDeltaVarint(whole);
  } else {
    chunk.encoding = Encoding::kFloat64;
    chunk.payload = EncodeFloat64(series.values);
  }
  series.cut_samples += series.values.size();
  series.cut.push_back(std::move(chunk));
  series.values.clear();
}

absl::Status SampleBuffer::Flush() {
  full_ = false;
  for (Series& series : series_) {
    if (!series.values.empty()) Cut(series);
    for (SampleChunk& chunk : series.cut) {
      const uint32_t count = chunk.count;
      BF_RETURN_IF_ERROR(sink_.Send(std::move(chunk)));
      series.sent += count;
    }
    series.cut.clear();
    series.cut_samples = 0;
  }
  return absl::OkStatus();
}

std::map<std::string, uint64_t> SampleBuffer::sent() const {
  std::map<std::string, uint64_t> counts;
  for (const Series& series : series_) {
    if (series.sent > 0) counts[series.metric] = series.sent;
  }
  return counts;
}

}  // namespace benchfleet
