// Words of a stranger's file inside a message of ours: short, on one line, harmless to a terminal.
#pragma once

#include <string>
#include <string_view>

namespace benchfleet {

// At most about 60 bytes of `text` in single quotes; control characters and bytes that are not
// UTF-8 become '?'.
std::string Quote(std::string_view text);
// The same without the quotes.
std::string Harmless(std::string_view text);

}  // namespace benchfleet
