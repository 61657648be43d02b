#include "base/display.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.h"

namespace benchfleet {
namespace {

struct Range {
  uint32_t first;
  uint32_t last;
};

// Unicode 15, the blocks that matter: combining marks and formats; East Asian wide and emoji.
constexpr std::array<Range, 8> kZeroWidth = {{{0x300, 0x36f},
                                              {0x483, 0x489},
                                              {0x591, 0x5bd},
                                              {0x200b, 0x200f},
                                              {0x202a, 0x202e},
                                              {0x20d0, 0x20f0},
                                              {0xfe00, 0xfe0f},
                                              {0xfeff, 0xfeff}}};
constexpr std::array<Range, 10> kWide = {{{0x1100, 0x115f},
                                          {0x2e80, 0x303e},
                                          {0x3041, 0xa4cf},
                                          {0xac00, 0xd7a3},
                                          {0xf900, 0xfaff},
                                          {0xfe30, 0xfe6f},
                                          {0xff00, 0xff60},
                                          {0xffe0, 0xffe6},
                                          {0x1f300, 0x1faff},
                                          {0x20000, 0x3fffd}}};

template <size_t N>
bool In(const std::array<Range, N>& ranges, uint32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [code](const Range& r) { return code >= r.first && code <= r.last; });
}

// The length of the character at `at`, 0 where there is no well-formed one.
size_t CharacterLength(std::string_view text, size_t at) {
  for (size_t length = 1; length <= 4 && at + length <= text.size(); ++length) {
    if (IsUtf8(text.substr(at, length))) return length;
  }
  return 0;
}

uint32_t CodePoint(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character[0]);
  uint32_t code = character.size() == 1 ? lead : lead & (0xffu >> (character.size() + 1));
  for (size_t i = 1; i < character.size(); ++i) {
    code = (code << 6) | (static_cast<unsigned char>(character[i]) & 0x3fu);
  }
  return code;
}

size_t CharacterWidth(std::string_view character) {
  const uint32_t code = CodePoint(character);
  if (code < 0x300) return 1;
  if (In(kZeroWidth, code)) return 0;
  return In(kWide, code) ? 2 : 1;
}

}  // namespace

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size();) {
    const size_t length = CharacterLength(text, i);
    width += length == 0 ? 1 : CharacterWidth(text.substr(i, length));
    i += std::max<size_t>(length, 1);
  }
  return width;
}

std::string Shorten(std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  size_t used = 0;
  size_t i = 0;
  while (i < text.size()) {
    const size_t length = std::max<size_t>(CharacterLength(text, i), 1);
    const size_t cells = DisplayWidth(text.substr(i, length));
    if (used + cells + 1 > width) break;
    used += cells;
    i += length;
  }
  return width == 0 ? "" : std::string(text.substr(0, i)) + "…";
}

std::string Printable(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const size_t length = CharacterLength(text, i);
    const uint32_t code = length == 0 ? 0 : CodePoint(text.substr(i, length));
    const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0) ||
                         (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    if (code == '\n' || code == '\t') {
      safe += ' ';
    } else if (control) {
      safe += '?';
    } else {
      safe += text.substr(i, length);
    }
    i += std::max<size_t>(length, 1);
  }
  return safe;
}

}  // namespace benchfleet
