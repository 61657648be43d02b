// Bytes to work on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace benchfleet {

// The same bytes on every machine for one seed; they do not compress.
std::string SeededBytes(uint64_t seed, size_t size);

}  // namespace benchfleet
