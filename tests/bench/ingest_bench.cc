// How fast the store takes samples in, beside other ways of writing the same ones.
//
//   bench-ingest [SAMPLES [ROUNDS [DIRECTORY]]]       (8388608, 5, the temporary directory)
//
// In each round, one after the other: raw append with fdatasync, a bare SQLite writer of the same
// packed chunks, Store::Ingest in messages of 8,192 samples, SQLite with one row for each sample,
// and PostgreSQL's COPY. All commit durably, all but COPY every 65,536 samples. Medians over the
// rounds; ratios are taken within a round. The exit code says whether the targets hold; bytes need
// the default number of samples, since the empty tables are thirty pages.
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "storage/sqlite_store.h"
#include "tests/bench/ingest_peers.h"

namespace benchfleet::bench {
namespace {

constexpr size_t kChunksPerMessage = 2;
constexpr double kBareRatioTarget = 0.5;
constexpr double kBytesTarget = 3.05;
constexpr uint64_t kRowSamplesMax = 2 << 20;  // for the slow ones

void Check(const absl::Status& status) {
  if (!status.ok()) Fail(Message(status));
}

void MakeRun(Store& store) {
  StoredHost host;
  host.name = "bench";
  StoredJob job;
  job.id = JobId{1};
  StoredTask task;
  task.id = TaskId{1};
  task.job = job.id;
  task.host = host.name;
  StoredRun run;
  run.id = RunId{1};
  run.task = task.id;
  RunStarted started;
  started.metrics = {{"latency", "ns", Direction::kLowerIsBetter, "", 0}};
  Check(store.InTransaction([&] {
    Check(store.PutHost(host));
    Check(store.CreateJob(job, {task}));
    Check(store.CreateRun(run));
    Check(store.Ingest(host.name, {"spool", 1, {{run.id, started}}}, absl::Now()).status());
  }));
}

Figures IngestIntoStore(const Samples& samples, const std::string& directory) {
  Figures figures;
  figures.samples = samples.count();
  {
    auto store = OpenSqliteStore(directory);
    Check(store.status());
    MakeRun(**store);
    std::vector<RecordBatch> messages;
    uint64_t sequence = 2;
    for (size_t i = 0; i < samples.chunks.size(); i += kChunksPerMessage) {
      RecordBatch& message = messages.emplace_back();
      message.spool_id = "spool";
      message.first_sequence = sequence;
      for (size_t n = i; n < std::min(i + kChunksPerMessage, samples.chunks.size()); ++n) {
        message.records.push_back({RunId{1}, samples.chunks[n]});
        ++sequence;
      }
    }
    const size_t messages_per_commit = samples.chunks_per_commit / kChunksPerMessage;
    const absl::Time now = absl::Now();
    const Stopwatch watch;
    for (size_t i = 0; i < messages.size();) {
      const Stopwatch commit;
      Check((*store)->InTransaction([&] {
        for (size_t n = 0; n < messages_per_commit && i < messages.size(); ++n, ++i) {
          const auto result = (*store)->Ingest("bench", messages[i], now);
          Check(result.status());
          if (!result->refused.empty()) Fail(result->refused[0]);
        }
      }));
      figures.commit_ms.push_back(commit.ElapsedMs());
    }
    watch.Stop(&figures);
  }
  figures.file_bytes = FileBytes(SqliteFile(directory));
  return figures;
}

double Quantile(std::vector<double> values, double p) {
  if (values.empty()) return std::nan("");
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(p * static_cast<double>(values.size() - 1))];
}
double Median(std::vector<double> values) { return Quantile(std::move(values), 0.5); }

struct Writer {
  const char* name;
  std::function<Figures(const std::string& directory)> write;
  std::vector<Figures> rounds;

  double MedianOf(const std::function<double(const Figures&)>& figure) const {
    std::vector<double> values;
    for (const Figures& round : rounds) values.push_back(figure(round));
    return Median(values);
  }
};

double Rate(const Figures& figures) {
  return static_cast<double>(figures.samples) / figures.wall_s;
}

// The median over the rounds of how many times as fast as `peer` it was.
double Ratio(const Writer& writer, const Writer& peer) {
  std::vector<double> ratios;
  for (size_t i = 0; i < writer.rounds.size(); ++i) {
    ratios.push_back(Rate(writer.rounds[i]) / Rate(peer.rounds[i]));
  }
  return Median(ratios);
}

void Print(const Writer& writer, const Writer& raw, const Writer& bare) {
  if (!writer.rounds[0].skipped.empty()) {
    std::printf("%-24s skipped: %s\n", writer.name, writer.rounds[0].skipped.c_str());
    return;
  }
  const double cpu_ns = writer.MedianOf(
      [](const Figures& f) { return f.cpu_s * 1e9 / static_cast<double>(f.samples); });
  const double bytes = writer.MedianOf([](const Figures& f) {
    return static_cast<double>(f.file_bytes) / static_cast<double>(f.samples);
  });
  std::vector<double> commit_ms;
  for (const Figures& round : writer.rounds) {
    commit_ms.insert(commit_ms.end(), round.commit_ms.begin(), round.commit_ms.end());
  }
  const auto number = [](const char* format, double value) {
    char text[32];
    std::snprintf(text, sizeof text, format, value);
    return std::string(value > 0 ? text : "-");
  };
  std::printf("%-24s %8.2f %7.3f %8.3f %12s %7.3f %10s %10s\n", writer.name,
              writer.MedianOf(Rate) * 1e-6, Ratio(writer, raw), Ratio(writer, bare),
              number("%.1f", cpu_ns).c_str(), bytes,
              number("%.2f", Quantile(commit_ms, 0.5)).c_str(),
              number("%.2f", Quantile(commit_ms, 0.99)).c_str());
}

int Main(int argc, char** argv) {
  const uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 8 << 20;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  const std::string parent = argc > 3 ? argv[3] : std::filesystem::temp_directory_path().string();
  if (argc > 4 || count == 0 || rounds < 1) {
    Fail("usage: bench-ingest [SAMPLES [ROUNDS [DIRECTORY]]]");
  }
  const Samples samples = MakeSamples(count, 1);
  const uint64_t few = std::min(samples.count(), kRowSamplesMax);
  std::vector<Writer> writers;
  writers.push_back(
      {"raw append + fdatasync", [&](const std::string& d) { return AppendRaw(samples, d); }, {}});
  writers.push_back({"SQLite, bare chunks",
                     [&](const std::string& d) { return WriteBareChunks(samples, d); },
                     {}});
  writers.push_back(
      {"Store::Ingest", [&](const std::string& d) { return IngestIntoStore(samples, d); }, {}});
  writers.push_back({"SQLite, a row a sample",
                     [&](const std::string& d) { return WriteRows(samples, d, few); },
                     {}});
  writers.push_back({"PostgreSQL COPY",
                     [&](const std::string& d) { return CopyToPostgres(samples, d, few); },
                     {}});
  for (int round = 0; round < rounds; ++round) {
    for (Writer& writer : writers) {
      std::string directory = parent + "/bench-ingest-XXXXXX";
      if (mkdtemp(directory.data()) == nullptr) Fail("no directory in " + parent);
      writer.rounds.push_back(writer.write(directory));
      std::filesystem::remove_all(directory);
    }
  }
  const Writer& raw = writers[0];
  const Writer& bare = writers[1];
  const Writer& ours = writers[2];
  std::printf("%.1f M samples of %.3f payload bytes, %d rounds\n",
              static_cast<double>(samples.count()) * 1e-6,
              static_cast<double>(samples.payload_bytes()) / static_cast<double>(samples.count()),
              rounds);
  std::printf("%-24s %8s %7s %8s %12s %7s %10s %10s\n", "", "M/s", "of raw", "of bare",
              "CPU ns/each", "B/each", "commit p50", "p99 ms");
  for (const Writer& writer : writers) Print(writer, raw, bare);
  const double ratio = Ratio(ours, bare);
  const double bytes =
      static_cast<double>(ours.rounds[0].file_bytes) / static_cast<double>(ours.rounds[0].samples);
  const bool held = ratio >= kBareRatioTarget && bytes <= kBytesTarget;
  std::printf("targets: at least %.2f of the bare writer, at most %.2f B a sample: %s\n",
              kBareRatioTarget, kBytesTarget, held ? "hold" : "MISSED");
  return held ? 0 : 1;
}

}  // namespace
}  // namespace benchfleet::bench

int main(int argc, char** argv) { return benchfleet::bench::Main(argc, argv); }
