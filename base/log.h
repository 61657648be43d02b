// The log of a daemon: one line an event on stderr, fields as key=value. spdlog is behind it.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

namespace benchfleet {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Sets the level ("debug", "info", "warning", "error") and the name that each line carries.
// Call once, early in main; before it, lines go out at "info". Error: an unknown level.
absl::Status InitLog(std::string_view program, std::string_view level);

// Writes one line. Any thread; never throws, never blocks on anything but stderr.
void LogLine(LogLevel level, std::string_view message);

template <typename... Args>
void LogDebug(const absl::FormatSpec<Args...>& format, const Args&... args) {
  LogLine(LogLevel::kDebug, absl::StrFormat(format, args...));
}
template <typename... Args>
void LogInfo(const absl::FormatSpec<Args...>& format, const Args&... args) {
  LogLine(LogLevel::kInfo, absl::StrFormat(format, args...));
}
template <typename... Args>
void LogWarning(const absl::FormatSpec<Args...>& format, const Args&... args) {
  LogLine(LogLevel::kWarning, absl::StrFormat(format, args...));
}
template <typename... Args>
void LogError(const absl::FormatSpec<Args...>& format, const Args&... args) {
  LogLine(LogLevel::kError, absl::StrFormat(format, args...));
}

}  // namespace benchfleet
