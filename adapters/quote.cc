#include "adapters/quote.h"

#include "base/text.h"

namespace benchfleet {

std::string Harmless(std::string_view text) {
  constexpr size_t kMost = 60;
  const bool cut = text.size() > kMost;
  size_t end = cut ? kMost : text.size();
  while (cut && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  std::string harmless(text.substr(0, end));
  const bool well_formed = IsUtf8(harmless);
  for (char& c : harmless) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !well_formed)) c = '?';
  }
  // U+0080 to U+009F steer a terminal as well.
  for (size_t i = 0; i + 1 < harmless.size(); ++i) {
    if (harmless[i] == '\xc2' && static_cast<unsigned char>(harmless[i + 1]) < 0xa0) {
      harmless.replace(i, 2, "?");
    }
  }
  return harmless + (cut ? "…" : "");
}

std::string Quote(std::string_view text) { return "'" + Harmless(text) + "'"; }

}  // namespace benchfleet
