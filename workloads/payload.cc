#include "workloads/payload.h"

#include "base/ids.h"

namespace benchfleet {

std::string SeededBytes(uint64_t seed, size_t size) {
  Random random(seed);
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; i += 8) {
    uint64_t word = random.Next();
    for (size_t j = i; j < size && j < i + 8; ++j, word >>= 8) {
      bytes[j] = static_cast<char>(word & 0xff);
    }
  }
  return bytes;
}

}  // namespace benchfleet
