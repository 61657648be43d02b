#include "benchctl/cli_harness.h"

#include <cstdlib>

namespace benchfleet {

CliHarness::CliHarness() {
  // What whoever runs the tests has set for their own fleet.
  for (const char* name :
       {"BENCHFLEET_COORDINATOR", "BENCHFLEET_CA", "BENCHFLEET_CERT", "BENCHFLEET_KEY",
        "BENCHFLEET_FORMAT", "BENCHFLEET_CONFIG", "NO_COLOR"}) {
    unsetenv(name);
  }
  console.out = [this](std::string_view text) { out += text; };
  console.err = [this](std::string_view text) { err += text; };
  console.clock = &clock;
  console.sleep = [this](absl::Duration duration) { clock.now += duration; };
}

int CliHarness::Run(const std::vector<std::string>& arguments) {
  out.clear();
  err.clear();
  return RunBenchctl(arguments, console,
                     [this](const std::string& to,
                            const TlsFiles& files) -> absl::StatusOr<std::unique_ptr<Client>> {
                       address = to;
                       tls = files;
                       return std::make_unique<FakeClient>(&fleet);
                     });
}

std::string CliHarness::Transcript(const std::vector<std::string>& arguments) {
  const int code = Run(arguments);
  std::string text = "$ benchctl";
  for (const std::string& argument : arguments) text += " " + argument;
  text += "\n" + out;
  for (size_t begin = 0; begin < err.size();) {
    const size_t end = std::min(err.find('\n', begin), err.size());
    text += "! " + err.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return text + "[exit " + std::to_string(code) + "]\n";
}

}  // namespace benchfleet
