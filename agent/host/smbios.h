// The memory modules of a machine, from the SMBIOS table that the firmware leaves (DMTF DSP0134,
// structures 16 and 17). The table is untrusted input: whatever it holds, only bytes inside it are
// read.
#pragma once

#include <string>
#include <string_view>

namespace benchfleet {

struct MemoryModules {
  std::string modules;   // "8 x 32 GiB DDR5 4800 MT/s", unequal ones joined with " + "; "" if none
  std::string ecc;       // "none", "single-bit", "multi-bit", "parity", "crc"; "" if not told
  std::string channels;  // how many channels the bank locators name ("P0 CHANNEL A"); "" if none do
};

MemoryModules ParseMemoryModules(std::string_view dmi_table);

}  // namespace benchfleet
