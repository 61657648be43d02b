// The page that every HTML output of benchctl is: one file, its style and pictures inside, nothing
// fetched from anywhere, light or dark as the reader's system is. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace benchfleet {

// A whole document; `body` is trusted HTML, `title` is text.
std::string HtmlPage(std::string_view title, std::string_view body);

// Around a table that may be wider than the window.
std::string HtmlScroll(std::string_view table);

}  // namespace benchfleet
