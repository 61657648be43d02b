// Canonical JSON (defined in fingerprint.h) and the digests over it.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace benchfleet {

std::string CanonicalJson(const std::map<std::string, std::string>& object);

// 64 lower-case hex digits.
std::string Sha256Hex(std::string_view data);
std::string HmacSha256Hex(std::string_view key, std::string_view data);

}  // namespace benchfleet
