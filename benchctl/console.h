// Where benchctl's words go. Results go to `out` (stdout) alone, so that they can be piped;
// progress and remarks go to `err` (stderr). Tests put strings in place of both.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace benchfleet {

struct TerminalSize {
  int columns = 80;
  int rows = 24;
};

// A value; the functions outlive it with what they refer to.
struct Console {
  std::function<void(std::string_view)> out;
  std::function<void(std::string_view)> err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  // Of stderr, asked anew for every picture: windows are resized.
  std::function<TerminalSize()> size = [] { return TerminalSize(); };
  // From the first call on, Ctrl-C is noted instead of ending the process; a second one ends it.
  std::function<void()> catch_interrupts = [] {};
  std::function<bool()> interrupted = [] { return false; };  // since then
  const Clock* clock = &SystemClock();
  std::function<void(absl::Duration)> sleep = absl::SleepFor;
};

// The process's own streams.
Console SystemConsole();

// Remarks: colour is for the terminal's eyes only.
struct Style {
  bool color = false;
  std::string Bold(std::string_view text) const;
  std::string Dim(std::string_view text) const;
  std::string Green(std::string_view text) const;
  std::string Yellow(std::string_view text) const;
  std::string Red(std::string_view text) const;
};

}  // namespace benchfleet
