// Text as it may be shown to a person: safe for a terminal, and of known width. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace benchfleet {

// Terminal cells that `text` takes: combining marks none, wide characters two.
size_t DisplayWidth(std::string_view text);
// At most `width` cells, the last one '…' where something was cut.
std::string Shorten(std::string_view text, size_t width);
// Control characters (which could steer a terminal) as '?', anything that is not UTF-8 too.
std::string Printable(std::string_view text);

}  // namespace benchfleet
