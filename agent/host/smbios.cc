#include "agent/host/smbios.h"

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "agent/host/scan.h"

namespace benchfleet {
namespace {

constexpr int kMemoryArray = 16;
constexpr int kMemoryDevice = 17;
constexpr int kEndOfTable = 127;

// One structure: its formatted area, and the strings that follow it.
struct Structure {
  int type = 0;
  std::string_view area;
  std::vector<std::string_view> strings;

  // Little-endian; 0 where this version of the structure is too short to have the field.
  uint32_t Number(size_t offset, size_t bytes) const {
    uint32_t number = 0;
    if (offset + bytes > area.size()) return 0;
    for (size_t i = 0; i < bytes; ++i) {
      number |= static_cast<uint32_t>(static_cast<uint8_t>(area[offset + i])) << (8 * i);
    }
    return number;
  }
  std::string_view String(size_t offset) const {
    const uint32_t index = Number(offset, 1);
    return index == 0 || index > strings.size() ? "" : strings[index - 1];
  }
};

// Takes the first structure off `table`; false at its end or where it is damaged.
bool NextStructure(std::string_view& table, Structure& out) {
  if (table.size() < 4) return false;
  const size_t length = static_cast<uint8_t>(table[1]);
  if (length < 4 || length > table.size()) return false;
  out = {.type = static_cast<uint8_t>(table[0]), .area = table.substr(0, length), .strings = {}};
  table.remove_prefix(length);
  // Strings end in NUL each, and one more NUL ends them; without strings, two NULs.
  while (true) {
    const size_t end = table.find('\0');
    if (end == std::string_view::npos) return false;
    if (end == 0) break;
    out.strings.push_back(table.substr(0, end));
    table.remove_prefix(end + 1);
  }
  table.remove_prefix(out.strings.empty() ? std::min<size_t>(2, table.size()) : 1);
  return true;
}

std::string TypeName(uint32_t type) {
  static constexpr std::array<std::pair<uint32_t, const char*>, 15> kTypes = {{
      {0x07, "RAM"},
      {0x0f, "SDRAM"},
      {0x12, "DDR"},
      {0x13, "DDR2"},
      {0x18, "DDR3"},
      {0x1a, "DDR4"},
      {0x1b, "LPDDR"},
      {0x1c, "LPDDR2"},
      {0x1d, "LPDDR3"},
      {0x1e, "LPDDR4"},
      {0x20, "HBM"},
      {0x21, "HBM2"},
      {0x22, "DDR5"},
      {0x23, "LPDDR5"},
      {0x24, "HBM3"},
  }};
  for (const auto& [known, name] : kTypes) {
    if (known == type) return name;
  }
  return absl::StrFormat("type 0x%02x", type);
}

std::string EccName(uint32_t code) {
  switch (code) {
    case 3:
      return "none";
    case 4:
      return "parity";
    case 5:
      return "single-bit";
    case 6:
      return "multi-bit";
    case 7:
      return "crc";
    default:
      return "";
  }
}

// MiB; 0 for an empty slot.
uint64_t SizeMib(const Structure& device) {
  const uint32_t size = device.Number(0x0c, 2);
  if (size == 0 || size == 0xffff) return 0;
  if (size == 0x7fff) return device.Number(0x1c, 4) & 0x7fffffff;
  return (size & 0x8000) != 0 ? (size & 0x7fff) / 1024 : size;
}

std::string ModuleText(const Structure& device, uint64_t size_mib) {
  const std::string size = size_mib % 1024 == 0 ? absl::StrFormat("%d GiB", size_mib / 1024)
                                                : absl::StrFormat("%d MiB", size_mib);
  // The configured speed where the firmware tells it, else what the module can do.
  uint32_t speed = device.Number(0x20, 2);
  if (speed == 0xffff) speed = device.Number(0x58, 4);
  if (speed == 0) speed = device.Number(0x15, 2);
  const std::string type = TypeName(device.Number(0x12, 1));
  if (speed == 0) return absl::StrFormat("%s %s", size, type);
  return absl::StrFormat("%s %s %d MT/s", size, type, speed);
}

}  // namespace

MemoryModules ParseMemoryModules(std::string_view dmi_table) {
  constexpr uint32_t kSystemMemory = 3;
  MemoryModules result;
  std::map<std::string, int> modules;
  std::set<std::string_view> channels;
  Structure structure;
  while (NextStructure(dmi_table, structure) && structure.type != kEndOfTable) {
    if (structure.type == kMemoryArray && structure.Number(5, 1) == kSystemMemory) {
      result.ecc = EccName(structure.Number(6, 1));
    }
    if (structure.type != kMemoryDevice) continue;
    const uint64_t size_mib = SizeMib(structure);
    if (size_mib == 0) continue;
    ++modules[ModuleText(structure, size_mib)];
    const std::string_view bank = Trim(structure.String(0x11));
    if (bank.find("CHANNEL ") != std::string_view::npos) channels.insert(bank);
  }
  for (const auto& [text, count] : modules) {
    AppendTo(result.modules, " + ", absl::StrFormat("%d x %s", count, text));
  }
  if (!channels.empty()) result.channels = std::to_string(channels.size());
  return result;
}

}  // namespace benchfleet
