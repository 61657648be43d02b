#include "agent/host/cpuid.h"

#include <algorithm>
#include <cstring>

namespace benchfleet {
namespace {

uint32_t Pick(const CpuidRegisters& registers, CpuidRegister from) {
  switch (from) {
    case CpuidRegister::kEax:
      return registers.eax;
    case CpuidRegister::kEbx:
      return registers.ebx;
    case CpuidRegister::kEcx:
      return registers.ecx;
    case CpuidRegister::kEdx:
      return registers.edx;
  }
  return 0;
}

struct Extension {
  int bit;
  const char* name;
};

struct ExtensionRegister {
  uint32_t leaf;
  uint32_t subleaf;
  CpuidRegister from;
  std::vector<Extension> extensions;
};

// Intel SDM volume 2A, "CPUID"; AMD APM volume 3, appendix E. Adding a row changes the identity of
// machines that have the extension: raise kFingerprintSchema with it.
const std::vector<ExtensionRegister>& ExtensionTable() {
  using enum CpuidRegister;
  static const auto& table = *new std::vector<ExtensionRegister>{
      {1,
       0,
       kEdx,
       {{0, "fpu"},
        {4, "tsc"},
        {8, "cx8"},
        {15, "cmov"},
        {19, "clflush"},
        {23, "mmx"},
        {24, "fxsr"},
        {25, "sse"},
        {26, "sse2"}}},
      {1,
       0,
       kEcx,
       {{0, "pni"},
        {1, "pclmulqdq"},
        {9, "ssse3"},
        {12, "fma"},
        {13, "cx16"},
        {19, "sse4_1"},
        {20, "sse4_2"},
        {22, "movbe"},
        {23, "popcnt"},
        {25, "aes"},
        {26, "xsave"},
        {28, "avx"},
        {29, "f16c"},
        {30, "rdrand"}}},
      {7,
       0,
       kEbx,
       {{0, "fsgsbase"},
        {3, "bmi1"},
        {5, "avx2"},
        {8, "bmi2"},
        {9, "erms"},
        {16, "avx512f"},
        {17, "avx512dq"},
        {18, "rdseed"},
        {19, "adx"},
        {21, "avx512ifma"},
        {23, "clflushopt"},
        {24, "clwb"},
        {26, "avx512pf"},
        {27, "avx512er"},
        {28, "avx512cd"},
        {29, "sha_ni"},
        {30, "avx512bw"},
        {31, "avx512vl"}}},
      {7,
       0,
       kEcx,
       {{1, "avx512vbmi"},
        {5, "waitpkg"},
        {6, "avx512_vbmi2"},
        {8, "gfni"},
        {9, "vaes"},
        {10, "vpclmulqdq"},
        {11, "avx512_vnni"},
        {12, "avx512_bitalg"},
        {14, "avx512_vpopcntdq"},
        {22, "rdpid"},
        {25, "cldemote"},
        {27, "movdiri"},
        {28, "movdir64b"}}},
      {7,
       0,
       kEdx,
       {{2, "avx512_4vnniw"},
        {3, "avx512_4fmaps"},
        {4, "fsrm"},
        {8, "avx512_vp2intersect"},
        {14, "serialize"},
        {22, "amx_bf16"},
        {23, "avx512_fp16"},
        {24, "amx_tile"},
        {25, "amx_int8"}}},
      {7,
       1,
       kEax,
       {{0, "sha512"},
        {1, "sm3"},
        {2, "sm4"},
        {4, "avx_vnni"},
        {5, "avx512_bf16"},
        {7, "cmpccxadd"},
        {10, "fzrm"},
        {11, "fsrs"},
        {12, "fsrc"},
        {21, "amx_fp16"},
        {23, "avx_ifma"}}},
      {7,
       1,
       kEdx,
       {{4, "avx_vnni_int8"},
        {5, "avx_ne_convert"},
        {8, "amx_complex"},
        {10, "avx_vnni_int16"},
        {14, "prefetchiti"},
        {19, "avx10"},
        {21, "apx_f"}}},
      {0xd, 1, kEax, {{0, "xsaveopt"}, {1, "xsavec"}, {2, "xgetbv1"}}},
      {0x80000001,
       0,
       kEcx,
       {{0, "lahf_lm"},
        {5, "abm"},
        {6, "sse4a"},
        {7, "misalignsse"},
        {8, "3dnowprefetch"},
        {11, "xop"},
        {16, "fma4"},
        {21, "tbm"}}},
      {0x80000001,
       0,
       kEdx,
       {{22, "mmxext"}, {27, "rdtscp"}, {29, "lm"}, {30, "3dnowext"}, {31, "3dnow"}}},
      {0x80000008, 0, kEbx, {{0, "clzero"}, {4, "rdpru"}}},
  };
  return table;
}

}  // namespace

std::optional<CpuidRegisters> Cpuid::Leaf(uint32_t leaf, uint32_t subleaf) const {
  if (!probe_.cpuid) return std::nullopt;
  const uint32_t range = leaf & 0xf0000000;
  const std::optional<CpuidRegisters> highest = probe_.cpuid(range, 0);
  if (!highest || highest->eax < leaf) return std::nullopt;
  return leaf == range && subleaf == 0 ? highest : probe_.cpuid(leaf, subleaf);
}

bool Cpuid::Bit(uint32_t leaf, uint32_t subleaf, CpuidRegister from, int bit) const {
  const std::optional<CpuidRegisters> registers = Leaf(leaf, subleaf);
  return registers && (Pick(*registers, from) >> bit & 1) != 0;
}

std::string Cpuid::HypervisorSignature() const {
  if (!Bit(1, 0, CpuidRegister::kEcx, 31)) return "";
  // Not through Leaf(): some hypervisors answer 0 in EAX here.
  const std::optional<CpuidRegisters> leaf = probe_.cpuid(0x40000000, 0);
  if (!leaf) return "";
  char text[13] = {};
  std::memcpy(text, &leaf->ebx, 4);
  std::memcpy(text + 4, &leaf->ecx, 4);
  std::memcpy(text + 8, &leaf->edx, 4);
  return text;
}

std::vector<std::string> InstructionSetExtensions(const Cpuid& cpuid) {
  std::vector<std::string> names;
  for (const ExtensionRegister& row : ExtensionTable()) {
    // Leaf 7 says in subleaf 0 how many subleaves there are; the others here are always there.
    if (row.leaf == 7 && row.subleaf > 0) {
      const std::optional<CpuidRegisters> first = cpuid.Leaf(7);
      if (!first || first->eax < row.subleaf) continue;
    }
    const std::optional<CpuidRegisters> registers = cpuid.Leaf(row.leaf, row.subleaf);
    if (!registers) continue;
    const uint32_t bits = Pick(*registers, row.from);
    for (const Extension& extension : row.extensions) {
      if ((bits >> extension.bit & 1) != 0) names.emplace_back(extension.name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace benchfleet
