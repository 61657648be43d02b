// What measuring costs: the same bodies measured by Benchfleet's loop and by Google Benchmark, in
// interleaved pairs in one process.
//
//   bench-measure [PAIRS] [MILLISECONDS of each side of a pair]
//
// Limits: an empty body within 1 ns of Google Benchmark's for each iteration, SHA-256 of 64 bytes
// within 1 %. Both sides give their mean over a short stretch (Google Benchmark knows no other
// figure); the median over the pairs drops the stretches in which something else ran.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "proto/chunk.h"
#include "workloads/catalog.h"
#include "workloads/event_sink.h"
#include "workloads/run.h"
#include "workloads/stopwatch.h"

namespace benchfleet {
namespace {

double Median(std::vector<double> values) {
  if (values.empty()) std::abort();
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

// ---- ours

// Total time by total operations, warm-up left out; and the median of the samples.
class MeanSink final : public EventSink {
 public:
  absl::Status Send(const RunnerEvent& event) override {
    if (const auto* finished = std::get_if<RunnerFinished>(&event)) {
      if (finished->outcome != Outcome::kOk) {
        std::fprintf(stderr, "bench-measure: %s\n", finished->message.c_str());
        std::exit(1);
      }
    }
    const auto* chunk = std::get_if<SampleChunk>(&event);
    if (chunk == nullptr || chunk->warmup) return absl::OkStatus();
    return DecodeChunk(*chunk, &values_);  // batches of one run are of one size
  }
  double MeanNs() const {
    double sum = 0;
    for (const double value : values_) sum += value;
    return sum / static_cast<double>(values_.size());
  }

 private:
  std::vector<double> values_;
};

double OurMeanNs(const std::string& workload, const StringMap& parameters, int milliseconds) {
  static const Catalog catalog = Catalog::Builtins();
  RunnerRequest request;
  request.spec.workload = workload;
  request.spec.parameters = parameters;
  request.spec.measurement.max_time = absl::Milliseconds(milliseconds);
  MeanSink sink;
  if (!ExecuteRun(request, catalog, SystemStopwatch(), sink).ok()) std::abort();
  return sink.MeanNs();
}

// ---- Google Benchmark

void EmptyBody(benchmark::State& state) {
  for (auto _ : state) asm volatile("");  // as bench.noop: keeps the loop, costs nothing
}

void Sha256Of64(benchmark::State& state) {
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const std::string payload(64, 'x');
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int out_size = 0;
  for (auto _ : state) {
    if (EVP_DigestInit_ex2(context, algorithm, nullptr) != 1 ||
        EVP_DigestUpdate(context, payload.data(), payload.size()) != 1 ||
        EVP_DigestFinal_ex(context, out, &out_size) != 1) {
      state.SkipWithError("digesting failed");
      break;
    }
  }
  EVP_MD_CTX_free(context);
  EVP_MD_free(algorithm);
}

class LastTime final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& reports) override {
    const Run& run = reports.back();
    nanoseconds_ = run.real_accumulated_time / static_cast<double>(run.iterations) * 1e9;
  }
  double nanoseconds() const { return nanoseconds_; }

 private:
  double nanoseconds_ = 0;
};

double PeerMeanNs(const std::string& name) {
  LastTime reporter;
  if (benchmark::RunSpecifiedBenchmarks(&reporter, "^" + name + "/") != 1) std::abort();
  return reporter.nanoseconds();
}

// ---- pairs

struct Comparison {
  double ours = 0;
  double peers = 0;
  double ratio = 0;  // median of the pairs' own
};

Comparison Compare(const std::string& workload, const StringMap& parameters,
                   const std::string& peer, int pairs, int milliseconds) {
  std::vector<double> ours;
  std::vector<double> peers;
  std::vector<double> ratios;
  for (int i = 0; i < pairs; ++i) {
    const bool ours_first = i % 2 == 0;
    if (!ours_first) peers.push_back(PeerMeanNs(peer));
    ours.push_back(OurMeanNs(workload, parameters, milliseconds));
    if (ours_first) peers.push_back(PeerMeanNs(peer));
    if (peers.back() > 0) ratios.push_back(ours.back() / peers.back());
  }
  return {Median(ours), Median(peers), Median(ratios)};
}

void Print(const char* what, const Comparison& comparison) {
  std::printf("%-22s %12.3f %18.3f %14.3f %12.4f\n", what, comparison.ours, comparison.peers,
              comparison.ours - comparison.peers, comparison.ratio);
}

int Main(int argc, char** argv) {
  const int pairs = argc > 1 ? std::atoi(argv[1]) : 101;
  const int milliseconds = argc > 2 ? std::atoi(argv[2]) : 20;
  if (pairs < 1 || milliseconds < 1) {
    std::fprintf(stderr, "usage: bench-measure [PAIRS] [MILLISECONDS]\n");
    return 2;
  }
  const double seconds = milliseconds * 1e-3;
  benchmark::RegisterBenchmark("empty", EmptyBody)->MinTime(seconds)->UseRealTime();
  benchmark::RegisterBenchmark("sha256", Sha256Of64)->MinTime(seconds)->UseRealTime();
  const ClockCost clock = CalibrateClock(SystemStopwatch());
  std::printf("%d interleaved pairs of %d ms; ns per iteration, medians\n", pairs, milliseconds);
  std::printf("clock pair %.1f ns, of which a sample records %.1f ns\n", clock.pair_ns,
              clock.recorded_ns);
  std::printf("%-22s %12s %18s %14s %12s\n", "body", "benchfleet", "google benchmark", "difference",
              "ratio");
  Print("empty", Compare("bench.noop", {}, "empty", pairs, milliseconds));
  Print("SHA-256 of 64 bytes",
        Compare("crypto.sha256", {{"size", "64"}}, "sha256", pairs, milliseconds));
  std::printf("limits: empty: difference at most 1 ns; SHA-256: ratio 0.99 to 1.01\n");
  return 0;
}

}  // namespace
}  // namespace benchfleet

int main(int argc, char** argv) { return benchfleet::Main(argc, argv); }
