// What tests ask of a page of benchctl.
#pragma once

#include <regex>
#include <set>
#include <string>
#include <vector>

namespace benchfleet {

// The first tag that is not closed where it should be, "" when all are.
inline std::string UnbalancedTag(const std::string& html) {
  static const std::set<std::string> kVoid = {"meta", "!DOCTYPE", "br", "hr"};
  static const std::regex kTag("<(/?)([!a-zA-Z][a-zA-Z0-9]*)([^<>]*)>");
  std::vector<std::string> open;
  for (std::sregex_iterator it(html.begin(), html.end(), kTag), end; it != end; ++it) {
    const std::string name = (*it)[2];
    const std::string rest = (*it)[3];
    if (kVoid.count(name) > 0 || rest.ends_with("/")) continue;
    if ((*it)[1].length() == 0) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return name + " after " + (open.empty() ? "nothing" : open.back());
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : open.back();
}

// The style sheet is looked at, not compared.
inline std::string WithoutStyle(std::string html) {
  const size_t begin = html.find("<style>");
  return html.erase(begin, html.find("</style>") - begin);
}

}  // namespace benchfleet
