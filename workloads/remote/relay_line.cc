#include "workloads/remote/relay_line.h"

#include <algorithm>
#include <cmath>

#include "base/limits.h"

namespace benchfleet {
namespace {

constexpr int64_t kShortestStallNs = 1'000'000;
constexpr size_t kRingBytes = limits::kMaxRelayBufferBytes;

}  // namespace

RelayLine::RelayLine(const NetworkProfile& profile, uint64_t seed, int64_t opens_ns)
    : delay_ns_(absl::ToInt64Nanoseconds(profile.delay)),
      jitter_ns_(absl::ToInt64Nanoseconds(profile.jitter)),
      ns_per_byte_(profile.bits_per_second == 0 ? 0 : 8e9 / profile.bits_per_second),
      loss_(profile.loss),
      random_(seed),
      ring_(std::make_unique_for_overwrite<char[]>(kRingBytes)),
      line_free_ns_(opens_ns),
      last_arrival_ns_(opens_ns) {}

std::span<char> RelayLine::Room() {
  const size_t end = (begin_ + used_) % kRingBytes;
  const size_t contiguous = end >= begin_ ? kRingBytes - end : begin_ - end;
  return {ring_.get() + end, std::min(contiguous, kRingBytes - used_)};
}

void RelayLine::Sent(size_t bytes, int64_t now_ns) {
  used_ += bytes;
  while (bytes > 0) {
    const size_t segment = std::min(bytes, kSegmentBytes);
    under_way_.push_back({segment, Arrival(segment, now_ns)});
    bytes -= segment;
  }
}

int64_t RelayLine::Arrival(size_t bytes, int64_t now_ns) {
  std::uniform_real_distribution<double> share(0, 1);
  line_free_ns_ =
      std::max(line_free_ns_, now_ns) + std::llround(static_cast<double>(bytes) * ns_per_byte_);
  int64_t arrives = line_free_ns_ + delay_ns_;
  if (jitter_ns_ > 0) {
    arrives += std::llround((2 * share(random_) - 1) * static_cast<double>(jitter_ns_));
  }
  while (loss_ > 0 && share(random_) < loss_) {
    arrives += std::max(2 * delay_ns_, kShortestStallNs);
  }
  arrives = std::max(arrives, line_free_ns_);  // the jitter may be more than a shortened delay
  last_arrival_ns_ = std::max(last_arrival_ns_, arrives);
  return last_arrival_ns_;
}

std::string_view RelayLine::Arrived(int64_t now_ns) const {
  const size_t contiguous = kRingBytes - begin_;
  size_t bytes = 0;
  for (const Segment& segment : under_way_) {
    if (segment.arrives_ns > now_ns || bytes >= contiguous) break;
    bytes += segment.bytes;
  }
  return {ring_.get() + begin_, std::min(bytes, contiguous)};
}

void RelayLine::Take(size_t bytes) {
  begin_ = (begin_ + bytes) % kRingBytes;
  used_ -= bytes;
  while (bytes > 0) {
    Segment& first = under_way_.front();
    const size_t taken = std::min(bytes, first.bytes);
    first.bytes -= taken;
    bytes -= taken;
    if (first.bytes == 0) under_way_.pop_front();
  }
}

int64_t RelayLine::next_arrival_ns() const {
  return under_way_.empty() ? kNever : under_way_.front().arrives_ns;
}

}  // namespace benchfleet
