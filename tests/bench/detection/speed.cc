#include "tests/bench/detection/speed.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>
#include <numeric>
#include <span>
#include <string_view>
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

using Shape = std::function<double(size_t i, Random& random)>;

struct NamedShape {
  std::string_view name;
  Shape value;
};

std::vector<NamedShape> Shapes() {
  const auto noisy = [](double level, double sigma, Random& random) {
    return level * std::exp(sigma * NormalValue(random));
  };
  return {
      {"a step of 5 % every 500 points",
       [=](size_t i, Random& random) { return noisy(i / 500 % 2 == 0 ? 100 : 105, 0.01, random); }},
      {"constant", [](size_t, Random&) { return 12345.0; }},
      {"square wave, 10 points a level",
       [](size_t i, Random&) { return i / 10 % 2 == 0 ? 100.0 : 105.0; }},
      {"the same with noise",
       [=](size_t i, Random& random) { return noisy(i / 10 % 2 == 0 ? 100 : 105, 0.002, random); }},
      {"staircase, 20 points a step",
       [](size_t i, Random&) { return 100 + static_cast<double>(i / 20); }},
      {"rounded to its noise",
       [](size_t, Random& random) { return std::round(100 + NormalValue(random)); }},
  };
}

std::vector<double> ValuesOf(const NamedShape& shape, size_t n) {
  Random random(1);
  std::vector<double> values(n);
  for (size_t i = 0; i < n; ++i) values[i] = shape.value(i, random);
  return values;
}

void PrintHistoriesOf(const NamedShape& shape) {
  constexpr size_t kAppended = 2000;  // Enough to meet the rare append that takes more.
  absl::PrintF("  %s\n", shape.name);
  std::vector<double> times;
  for (const size_t n : {size_t{1'000}, size_t{10'000}, size_t{100'000}, size_t{1'000'000}}) {
    const auto values = ValuesOf(shape, n + kAppended);
    size_t found = 0;
    times.push_back(Timed(
        [&] { found = FindChangePoints(std::span(values).first(n))->change_points().size(); }));
    auto history = FindChangePoints(std::span(values).first(n));
    std::vector<double> appended;
    for (size_t i = n; i < values.size(); ++i) {
      appended.push_back(Timed([&] { (void)history->Append(values[i]); }));
    }
    const double sum = std::accumulate(appended.begin(), appended.end(), 0.0);
    std::sort(appended.begin(), appended.end());
    absl::PrintF(
        "  %8d points: %9.2f ms, %6d changes; appended point: mean %.3f ms, p99 %.3f ms, worst "
        "%.3f ms\n",
        n, times.back(), found, sum / kAppended, appended[kAppended * 99 / 100], appended.back());
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
  for (const NamedShape& shape : Shapes()) PrintHistoriesOf(shape);
  PrintComparison();
  PrintReport();
}

}  // namespace benchfleet::bench
