#include "benchctl/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "absl/strings/str_format.h"

namespace benchfleet {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;

void NoteInterrupt(int) { g_interrupted = 1; }

void Write(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

TerminalSize SizeOfStderr() {
  winsize size = {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row};
}

std::string Wrap(bool color, const char* code, std::string_view text) {
  if (!color) return std::string(text);
  return absl::StrFormat("\x1b[%sm%s\x1b[0m", code, text);
}

void CatchInterrupts() {
  struct sigaction action = {};
  action.sa_handler = NoteInterrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, nullptr);
}

}  // namespace

Console SystemConsole() {
  Console console;
  console.out = [](std::string_view text) { Write(stdout, text); };
  console.err = [](std::string_view text) { Write(stderr, text); };
  console.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  console.err_is_terminal = isatty(STDERR_FILENO) == 1;
  console.size = SizeOfStderr;
  console.catch_interrupts = CatchInterrupts;
  console.interrupted = [] { return g_interrupted != 0; };
  return console;
}

std::string Style::Bold(std::string_view text) const { return Wrap(color, "1", text); }
std::string Style::Dim(std::string_view text) const { return Wrap(color, "2", text); }
std::string Style::Green(std::string_view text) const { return Wrap(color, "32", text); }
std::string Style::Yellow(std::string_view text) const { return Wrap(color, "33", text); }
std::string Style::Red(std::string_view text) const { return Wrap(color, "31", text); }

}  // namespace benchfleet
