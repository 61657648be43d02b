// A small program of Google Benchmark: what people have who come from there. Run by
// foreign_output_test.cc, and handy to try `benchctl import` with.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

void Sort(benchmark::State& state) {
  const auto size = static_cast<size_t>(state.range(0));
  std::vector<uint32_t> numbers(size);
  for (auto _ : state) {
    uint32_t next = 1;
    for (uint32_t& number : numbers) number = next = next * 1664525u + 1013904223u;
    std::sort(numbers.begin(), numbers.end());
    benchmark::DoNotOptimize(numbers.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * 4);
  state.counters["depth"] = 3;
}
BENCHMARK(Sort)->Arg(64)->Arg(1024);

void Broken(benchmark::State& state) { state.SkipWithError("there is no input"); }
BENCHMARK(Broken);

}  // namespace

BENCHMARK_MAIN();
