// Strong identifiers: a JobId is never a RunId. Values are what the store and the wire carry.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace benchfleet {

template <typename Tag>
struct Id {
  uint64_t value = 0;
  auto operator<=>(const Id&) const =
      default;  // NOLINT(modernize-use-nullptr): clang-tidy 14's own error
  explicit operator bool() const { return value != 0; }
};

using JobId = Id<struct JobTag>;
using TaskId = Id<struct TaskTag>;
using RunId = Id<struct RunTag>;

// 128 random bits as 32 lower-case hex digits, from the kernel's generator.
std::string RandomHexId();

// A small, fast, seedable generator (splitmix64): same seed, same sequence on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next();
  // Uniform in [0, bound); bound > 0. Bias below 2^-32 for bounds under 2^32.
  uint64_t Below(uint64_t bound);
  // Uniform in [0, 1).
  double Uniform();

 private:
  uint64_t state_;
};

// A seed from the kernel's generator.
uint64_t RandomSeed();

}  // namespace benchfleet

template <typename Tag>
struct std::hash<benchfleet::Id<Tag>> {
  size_t operator()(const benchfleet::Id<Tag>& id) const noexcept {
    return std::hash<uint64_t>()(id.value);
  }
};
