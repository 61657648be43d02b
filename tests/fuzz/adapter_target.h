// What every fuzzer of an adapter does with one input.
#pragma once

#include <string>
#include <vector>

namespace benchfleet {

// The names that ReadAsAdapter knows: those of the adapters, and "detect".
std::vector<std::string> FuzzedAdapters();

// Reads `bytes` as the adapter's format and aborts where what comes out breaks a promise of
// adapters/foreign.h: it is refused in one line, or every value is finite and every name fits.
void ReadAsAdapter(const std::string& adapter, const std::string& bytes);

}  // namespace benchfleet
