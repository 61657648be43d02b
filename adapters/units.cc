#include "adapters/units.h"

#include <cctype>
#include <map>

namespace benchfleet {
namespace {

// Bytes in one of a unit of size; 0 where it is none.
double BytesIn(std::string_view text) {
  static const std::map<std::string_view, double> kSizes = {
      {"B", 1},    {"byte", 1},  {"bytes", 1},  {"kB", 1e3},      {"KB", 1e3},     {"MB", 1e6},
      {"GB", 1e9}, {"TB", 1e12}, {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 0x1p30}, {"TiB", 0x1p40}};
  const auto found = kSizes.find(text);
  return found == kSizes.end() ? 0 : found->second;
}

bool EndsWith(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() && text.substr(text.size() - ending.size()) == ending;
}

}  // namespace

double NanosecondsIn(std::string_view text) {
  static const std::map<std::string_view, double> kTimes = {
      {"ns", 1},         {"nsec", 1},       {"nanoseconds", 1},    {"us", 1e3},
      {"µs", 1e3},       {"μs", 1e3},       {"usec", 1e3},         {"microseconds", 1e3},
      {"ms", 1e6},       {"msec", 1e6},     {"milliseconds", 1e6}, {"s", 1e9},
      {"sec", 1e9},      {"secs", 1e9},     {"second", 1e9},       {"seconds", 1e9},
      {"min", 60e9},     {"minutes", 60e9}, {"h", 3600e9},         {"hr", 3600e9},
      {"hours", 3600e9}, {"day", 86400e9},  {"days", 86400e9}};
  const auto found = kTimes.find(text);
  return found == kTimes.end() ? 0 : found->second;
}

Unit ReadUnit(std::string_view text) {
  const size_t slash = text.rfind('/');
  const std::string_view above = text.substr(0, slash);
  const std::string_view below = slash == std::string_view::npos ? "" : text.substr(slash + 1);
  if (slash == std::string_view::npos || below == "op" || below == "iter") {
    if (const double ns = NanosecondsIn(above); ns > 0) {
      return {"ns", ns, Direction::kLowerIsBetter};
    }
    if (const double bytes = BytesIn(above); bytes > 0) {
      return {"B", bytes, Direction::kLowerIsBetter};
    }
    if (above == "Hz") return {"1/s", 1, Direction::kHigherIsBetter};
  } else if (const double ns = NanosecondsIn(below); ns > 0) {
    const double per_second = 1e9 / ns;
    if (const double bytes = BytesIn(above); bytes > 0) {
      return {"B/s", bytes * per_second, Direction::kHigherIsBetter};
    }
    if (above == "ops" || above == "op" || above == "1" || above == "items" || above.empty()) {
      return {"1/s", per_second, Direction::kHigherIsBetter};
    }
  }
  const bool rate = EndsWith(text, "/s") || EndsWith(text, "/sec");
  const bool cost = EndsWith(text, "/op");
  return {std::string(text), 1,
          rate   ? Direction::kHigherIsBetter
          : cost ? Direction::kLowerIsBetter
                 : Direction::kNeutral};
}

}  // namespace benchfleet
