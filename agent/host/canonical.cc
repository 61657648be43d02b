#include "agent/host/canonical.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdint>
#include <cstdlib>

namespace benchfleet {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

std::string Hex(const std::array<uint8_t, EVP_MAX_MD_SIZE>& bytes, unsigned size) {
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += kHexDigits[bytes[i] >> 4];
    hex += kHexDigits[bytes[i] & 15];
  }
  return hex;
}

// The length of the well-formed UTF-8 character that `text` begins with, 0 when it begins with none
// (Unicode 15, table 3-7).
size_t CharacterLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto within = [&](size_t i, uint8_t low, uint8_t high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return within(1, 0x80, 0xbf) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const uint8_t low = first == 0xe0 ? 0xa0 : 0x80;
    const uint8_t high = first == 0xed ? 0x9f : 0xbf;
    return within(1, low, high) && within(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const uint8_t low = first == 0xf0 ? 0x90 : 0x80;
    const uint8_t high = first == 0xf4 ? 0x8f : 0xbf;
    return within(1, low, high) && within(2, 0x80, 0xbf) && within(3, 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

void AppendControl(char c, std::string& json) {
  constexpr std::string_view kShort = "\b\t\n\f\r";
  constexpr std::string_view kLetters = "btnfr";
  const size_t at = kShort.find(c);
  json += '\\';
  if (at != std::string_view::npos) {
    json += kLetters[at];
    return;
  }
  json += "u00";
  json += kHexDigits[static_cast<uint8_t>(c) >> 4];
  json += kHexDigits[c & 15];
}

void AppendString(std::string_view text, std::string& json) {
  json += '"';
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    const char c = text.front();
    if (length == 0) {
      json += "\xef\xbf\xbd";  // U+FFFD
    } else if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<uint8_t>(c) < 0x20) {
      AppendControl(c, json);
    } else {
      json += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  json += '"';
}

}  // namespace

std::string CanonicalJson(const std::map<std::string, std::string>& object) {
  std::string json = "{";
  for (const auto& [key, value] : object) {
    if (json.size() > 1) json += ',';
    AppendString(key, json);
    json += ':';
    AppendString(value, json);
  }
  return json + '}';
}

std::string Sha256Hex(std::string_view data) {
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  // Fails only without memory or without a SHA-256, and then nothing can be identified.
  if (EVP_Digest(data.data(), data.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    std::abort();
  }
  return Hex(digest, size);
}

std::string HmacSha256Hex(std::string_view key, std::string_view data) {
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const uint8_t*>(data.data()), data.size(), digest.data(),
           &size) == nullptr) {
    std::abort();
  }
  return Hex(digest, size);
}

}  // namespace benchfleet
