#include "workloads/stopwatch.h"

#include <time.h>

#include <algorithm>
#include <array>

namespace benchfleet {
namespace {

class MonotonicStopwatch final : public Stopwatch {
 public:
  int64_t NowNs() override {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  }
};

template <size_t N>
double Median(std::array<double, N>& values) {
  std::nth_element(values.begin(), values.begin() + N / 2, values.end());
  return values[N / 2];
}

}  // namespace

Stopwatch& SystemStopwatch() {
  static MonotonicStopwatch stopwatch;
  return stopwatch;
}

ClockCost CalibrateClock(Stopwatch& stopwatch) {
  constexpr int kPairsPerRound = 100;
  std::array<double, 201> pair{};
  std::array<double, 201> recorded{};
  for (size_t round = 0; round < pair.size(); ++round) {
    int64_t between = 0;
    const int64_t begin = stopwatch.NowNs();
    for (int i = 0; i < kPairsPerRound; ++i) {
      const int64_t first = stopwatch.NowNs();
      between += stopwatch.NowNs() - first;
    }
    const int64_t end = stopwatch.NowNs();
    pair[round] = static_cast<double>(end - begin) / kPairsPerRound;
    recorded[round] = static_cast<double>(between) / kPairsPerRound;
  }
  return {Median(pair), Median(recorded)};
}

}  // namespace benchfleet
