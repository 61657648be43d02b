#include "tests/bench/detection/speed.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "analysis/comparison_report.h"
#include "analysis/history.h"
#include "analysis/test_data.h"

namespace benchfleet::bench {
namespace {

double ProcessorMilliseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

template <typename Work>
double Timed(Work work) {
  const double start = ProcessorMilliseconds();
  work();
  return ProcessorMilliseconds() - start;
}

// A step of 5 % every 500 points.
std::vector<double> Steps(size_t n) {
  Random random(1);
  std::vector<double> values(n);
  for (size_t i = 0; i < n; ++i) {
    values[i] = (i / 500 % 2 == 0 ? 100 : 105) * std::exp(0.01 * NormalValue(random));
  }
  return values;
}

void PrintHistories() {
  std::vector<double> times;
  for (const size_t n : {size_t{1'000}, size_t{10'000}, size_t{100'000}, size_t{1'000'000}}) {
    const auto values = Steps(n);
    size_t found = 0;
    const double time = Timed([&] { found = FindChangePoints(values)->change_points().size(); });
    times.push_back(time);
    auto history = FindChangePoints(values);
    std::vector<double> appended;
    for (int i = 0; i < 1000; ++i) {
      const double value = values[static_cast<size_t>(i) % 500];
      appended.push_back(Timed([&] { (void)history->Append(value); }));
    }
    std::sort(appended.begin(), appended.end());
    absl::PrintF(
        "  %8d points: %9.2f ms, %5d changes; appended point: median %.3f ms, p99 %.3f ms\n", n,
        time, found, appended[500], appended[990]);
  }
  // Least squares of log time on log n over four decades.
  double slope = 0;
  for (size_t i = 0; i < times.size(); ++i) {
    slope += (static_cast<double>(i) - 1.5) * std::log10(times[i]) / 5;
  }
  absl::PrintF("  growth: n^%.2f\n", slope);
}

SideSeries SeriesOf(std::vector<std::vector<double>> runs, int number) {
  SideSeries series;
  series.name = {"bench", {{"size", absl::StrFormat("%d", number)}}, "latency"};
  series.unit = "ns";
  series.identity = "machine";
  series.runs = std::move(runs);
  return series;
}

// One series of two runs of 10^6 samples: what `compare` does between reading and printing, beside
// what it takes to sort the same values once.
void PrintComparison() {
  constexpr size_t kSamples = 1'000'000;
  Random random(2);
  for (const size_t runs : {size_t{1}, size_t{10}}) {
    Side before("before");
    Side after("after");
    std::vector<double> all;
    for (Side* side : {&before, &after}) {
      std::vector<std::vector<double>> samples;
      for (size_t r = 0; r < runs; ++r) {
        samples.push_back(NormalValues(random, kSamples / runs, side == &before ? 100 : 101, 5));
        all.insert(all.end(), samples.back().begin(), samples.back().end());
      }
      (void)side->Add(SeriesOf(std::move(samples), 0));
    }
    const double sorting = Timed([&] { std::sort(all.begin(), all.end()); });
    const double time = Timed([&] { (void)CompareSides(before, after, {}); });
    absl::PrintF(
        "  10^6 samples a side in %2d runs: %.0f ms, %.1f times a plain sort of them (%.0f ms)\n",
        runs, time, time / sorting, sorting);
  }
}

// 10,000 series of five runs of ten samples, each with thirty earlier revisions.
void PrintReport() {
  constexpr int kSeries = 10'000;
  Random random(3);
  Side before("before");
  Side after("after");
  for (int i = 0; i < kSeries; ++i) {
    for (Side* side : {&before, &after}) {
      std::vector<std::vector<double>> runs;
      for (int r = 0; r < 5; ++r) runs.push_back(NormalValues(random, 10, 100, 1));
      SideSeries series = SeriesOf(std::move(runs), i);
      for (int h = 0; h < 30; ++h) series.history.push_back(NormalValues(random, 1, 100, 1));
      (void)side->Add(std::move(series));
    }
  }
  size_t called = 0;
  const double time = Timed([&] {
    const auto report = CompareSides(before, after, {});
    called = report->Count(Verdict::kRegressed) + report->Count(Verdict::kImproved);
  });
  absl::PrintF("  %d series of 5 runs with history: %.0f ms; called changed: %d (none did)\n",
               kSeries, time, called);
}

}  // namespace

void PrintSpeed() {
  absl::PrintF("\nSpeed (processor time)\n");
  PrintHistories();
  PrintComparison();
  PrintReport();
}

}  // namespace benchfleet::bench
