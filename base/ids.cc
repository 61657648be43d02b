#include "base/ids.h"

#include <sys/random.h>

#include <cstdlib>

#include "absl/strings/str_format.h"

namespace benchfleet {

__extension__ typedef unsigned __int128 Uint128;

uint64_t RandomSeed() {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed) std::abort();  // never fails for 8 bytes
  return seed;
}

std::string RandomHexId() { return absl::StrFormat("%016x%016x", RandomSeed(), RandomSeed()); }

uint64_t Random::Next() {
  // splitmix64, Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
  state_ += 0x9e3779b97f4a7c15u;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t Random::Below(uint64_t bound) {
  return static_cast<uint64_t>((static_cast<Uint128>(Next()) * bound) >> 64);
}

double Random::Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

}  // namespace benchfleet
