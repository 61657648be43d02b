#include "tests/bench/detection/speed.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <vector>

#include "absl/strings/str_format.h"
#include "analysis/history.h"
#include "analysis/test_data.h"
#include "analysis/verdict.h"

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

void PrintComparison() {
  constexpr size_t kSamples = 1'000'000;
  Random random(2);
  for (const size_t runs : {size_t{1}, size_t{10}}) {
    std::vector<std::vector<double>> a;
    std::vector<std::vector<double>> b;
    for (size_t r = 0; r < runs; ++r) {
      a.push_back(NormalValues(random, kSamples / runs, 100, 5));
      b.push_back(NormalValues(random, kSamples / runs, 101, 5));
    }
    const double time =
        Timed([&] { (void)Compare({.baseline = a, .candidate = b, .history = {}}, {}); });
    absl::PrintF("  10^6 samples a side in %2d runs: %.0f ms\n", runs, time);
  }
}

}  // namespace

void PrintSpeed() {
  absl::PrintF("\nSpeed (processor time)\n");
  PrintHistories();
  PrintComparison();
}

}  // namespace benchfleet::bench
