// libFuzzer's entry point; one program for each adapter (BENCHFLEET_FUZZ_ADAPTER).
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/fuzz/adapter_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  benchfleet::ReadAsAdapter(BENCHFLEET_FUZZ_ADAPTER,
                            std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
