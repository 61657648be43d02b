// memory.bandwidth: one pass over a buffer of `size` bytes. memory.latency: one load that depends
// on the load before, over a random cycle through `size` bytes.
#include <cstring>
#include <numeric>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "workloads/builtins.h"

namespace benchfleet {
namespace {

constexpr uint64_t kMinBytes = 4096;
constexpr uint64_t kMaxBytes = uint64_t{16} << 30;

// Keeps the compiler from dropping or moving accesses to what `memory` points to.
void Use(const void* memory) { asm volatile("" : : "r"(memory) : "memory"); }

// ---- bandwidth

// Eight words at once: the compiler makes the widest loads of it that the target has.
using Wide = uint64_t __attribute__((vector_size(64), may_alias));

uint64_t SumOf(const std::vector<uint64_t>& words) {
  constexpr size_t kWords = sizeof(Wide) / sizeof(uint64_t);
  Wide sums[4] = {};
  for (size_t i = 0; i + 4 * kWords <= words.size(); i += 4 * kWords) {
    for (size_t j = 0; j < 4; ++j) {
      Wide wide;
      std::memcpy(&wide, words.data() + i + j * kWords, sizeof wide);
      sums[j] += wide;
    }
  }
  const Wide all = sums[0] + sums[1] + sums[2] + sums[3];
  uint64_t sum = 0;
  for (size_t i = 0; i < kWords; ++i) sum += all[i];
  return sum;
}

class Bandwidth final : public Workload {
 public:
  absl::Status Configure(const Parameters& parameters) override {
    operation_ = parameters.Text("operation");
    BF_ASSIGN_OR_RETURN(const uint64_t size, parameters.Bytes("size"));
    words_ = size / kMinBytes * (kMinBytes / sizeof(uint64_t));  // whole pages
    return absl::OkStatus();
  }

  // Touches every page, so that the measured passes meet no page fault.
  absl::Status SetUp(const RunContext& context) override {
    Random random(context.seed);
    from_.resize(words_);
    for (uint64_t& word : from_) word = random.Next();
    if (operation_ == "copy") to_.assign(words_, 1);
    return absl::OkStatus();
  }

  std::vector<Metric> Metrics() const override {
    return {LatencyMetric(), ThroughputMetric(static_cast<double>(words_ * sizeof(uint64_t)))};
  }

  absl::Status Run(uint64_t iterations) override {
    const size_t bytes = words_ * sizeof(uint64_t);
    for (uint64_t i = 0; i < iterations; ++i) {
      if (operation_ == "read") {
        sum_ = SumOf(from_);
      } else if (operation_ == "write") {
        std::memset(from_.data(), kFill, bytes);
      } else {
        std::memcpy(to_.data(), from_.data(), bytes);
      }
      Use(from_.data());
      Use(to_.data());
    }
    return absl::OkStatus();
  }

  absl::Status Validate() override {
    if (operation_ == "copy" && to_ != from_) return absl::DataLossError("the copy differs");
    if (operation_ == "read" && sum_ != std::accumulate(from_.begin(), from_.end(), uint64_t{0})) {
      return absl::DataLossError("the sum differs");
    }
    constexpr uint64_t kFilled = 0x0101010101010101u * kFill;
    for (const uint64_t word : from_) {
      if (operation_ == "write" && word != kFilled) return absl::DataLossError("a word was missed");
    }
    return absl::OkStatus();
  }

 private:
  static constexpr int kFill = 0x5a;
  std::string operation_;
  size_t words_ = 0;
  std::vector<uint64_t> from_;
  std::vector<uint64_t> to_;
  uint64_t sum_ = 0;
};

// ---- latency

struct alignas(64) Link {  // one cache line
  Link* next;
};

class Chase final : public Workload {
 public:
  absl::Status Configure(const Parameters& parameters) override {
    BF_ASSIGN_OR_RETURN(const uint64_t size, parameters.Bytes("size"));
    links_.resize(size / sizeof(Link));
    return absl::OkStatus();
  }

  // One cycle through all links in random order. Source: Sattolo, 1986, "An algorithm to generate
  // a random cyclic permutation".
  absl::Status SetUp(const RunContext& context) override {
    Random random(context.seed);
    std::vector<uint32_t> order(links_.size());
    std::iota(order.begin(), order.end(), 0u);
    for (size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random.Below(i)]);
    for (size_t i = 0; i < links_.size(); ++i) links_[i].next = &links_[order[i]];
    at_ = links_.data();
    return absl::OkStatus();
  }

  absl::Status Run(uint64_t iterations) override {
    const Link* at = at_;
    for (uint64_t i = 0; i < iterations; ++i) at = at->next;
    Use(at);
    at_ = at;
    return absl::OkStatus();
  }

  absl::Status Validate() override {
    size_t steps = 0;
    const Link* at = at_;
    do {
      at = at->next;
    } while (++steps < links_.size() && at != at_);
    if (steps == links_.size() && at == at_) return absl::OkStatus();
    return absl::DataLossError("the links are no longer one cycle");
  }

 private:
  std::vector<Link> links_;
  const Link* at_ = nullptr;
};

}  // namespace

std::vector<WorkloadEntry> MemoryWorkloads() {
  WorkloadDescription bandwidth{
      "memory.bandwidth",
      "one thread passes once over `size` bytes of touched memory",
      {OptionalParameter("operation", "what the pass does", "read", {"read", "write", "copy"}),
       SizeParameter("size", "of the buffer, rounded down to pages: 16KiB to stay in a cache",
                     "256MiB", kMinBytes, kMaxBytes)},
      {LatencyMetric(), ThroughputMetric(256 << 20)},
      "",
      ""};
  WorkloadDescription latency{
      "memory.latency",
      "one load that waits for the one before, in random order over `size` bytes",
      {SizeParameter("size", "of the memory: 16KiB to stay in a cache", "64MiB", kMinBytes,
                     kMaxBytes)},
      {LatencyMetric()},
      "",
      ""};
  return {{bandwidth, [] { return std::make_unique<Bandwidth>(); }},
          {latency, [] { return std::make_unique<Chase>(); }}};
}

}  // namespace benchfleet
