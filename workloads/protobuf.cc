// protobuf.serialize and protobuf.parse: a batch of sample chunks, as an agent sends it, of about
// `size` bytes.
#include <string>

#include "base/ids.h"
#include "base/limits.h"
#include "base/status.h"
#include "proto/agent_port.pb.h"
#include "proto/chunk.h"
#include "workloads/builtins.h"

namespace benchfleet {
namespace {

constexpr int kSamplesPerRecord = 64;

// Records of 64 timings each until the message has `size` bytes.
v1::RecordBatch MakeBatch(uint64_t seed, uint64_t size) {
  Random random(seed);
  v1::RecordBatch batch;
  batch.set_spool_id("00000000000000000000000000000000");
  batch.set_first_sequence(1);
  std::vector<int64_t> timings(kSamplesPerRecord);
  for (size_t bytes = batch.ByteSizeLong(); bytes < size;) {
    for (int64_t& timing : timings) timing = 1'200'000 + static_cast<int64_t>(random.Below(48'000));
    v1::Record* record = batch.add_records();
    record->set_run_id(7);
    v1::SampleChunk* chunk = record->mutable_chunk();
    chunk->set_metric(kLatency);
    chunk->set_first_index(static_cast<uint64_t>(batch.records_size() - 1) * kSamplesPerRecord);
    chunk->set_count(kSamplesPerRecord);
    chunk->set_encoding(v1::ENCODING_DELTA_VARINT);
    chunk->set_payload(EncodeDeltaVarint(timings));
    chunk->set_operations(1);
    bytes += record->ByteSizeLong() + 3;
  }
  return batch;
}

class ProtobufWorkload final : public Workload {
 public:
  explicit ProtobufWorkload(bool parses) : parses_(parses) {}

  absl::Status Configure(const Parameters& parameters) override {
    BF_ASSIGN_OR_RETURN(size_, parameters.Bytes("size"));
    return absl::OkStatus();
  }
  absl::Status SetUp(const RunContext& context) override {
    message_ = MakeBatch(context.seed, size_);
    bytes_ = message_.SerializeAsString();
    return absl::OkStatus();
  }
  std::vector<Metric> Metrics() const override {
    return {LatencyMetric(), ThroughputMetric(static_cast<double>(bytes_.size()))};
  }
  absl::Status Run(uint64_t iterations) override {
    const int size = static_cast<int>(bytes_.size());
    for (uint64_t i = 0; i < iterations; ++i) {
      const bool done = parses_ ? parsed_.ParseFromArray(bytes_.data(), size)
                                : message_.SerializeToArray(bytes_.data(), size);
      if (!done) return absl::InternalError(parses_ ? "not parsed" : "not serialized");
    }
    return absl::OkStatus();
  }
  absl::Status Validate() override {
    if (!parses_ && !parsed_.ParseFromString(bytes_)) return absl::DataLossError("not parsed");
    if (parsed_.SerializeAsString() == message_.SerializeAsString()) return absl::OkStatus();
    return absl::DataLossError("the message differs after serializing and parsing");
  }
  StringMap Facts() const override {
    return {{"message_bytes", std::to_string(bytes_.size())},
            {"protobuf.version", std::to_string(GOOGLE_PROTOBUF_VERSION)}};
  }

 private:
  const bool parses_;
  uint64_t size_ = 0;
  v1::RecordBatch message_;
  v1::RecordBatch parsed_;
  std::string bytes_;
};

}  // namespace

std::vector<WorkloadEntry> ProtobufWorkloads() {
  std::vector<WorkloadEntry> entries;
  for (const bool parses : {false, true}) {
    WorkloadDescription description{
        parses ? "protobuf.parse" : "protobuf.serialize",
        "a batch of sample chunks, as an agent sends it, of about `size` bytes",
        {SizeParameter("size", "of the message: 1KiB, 64KiB", "1KiB", 64,
                       limits::kMaxMessageBytes)},
        {LatencyMetric(), ThroughputMetric(1024)},
        "",
        ""};
    entries.push_back(
        {description, [parses] { return std::make_unique<ProtobufWorkload>(parses); }});
  }
  return entries;
}

}  // namespace benchfleet
