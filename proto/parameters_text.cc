#include "proto/parameters_text.h"

#include <nlohmann/json.hpp>

namespace benchfleet {
namespace {

// A word as a shell would take it.
std::string ShellWord(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_not_of(
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                          "0123456789_@%+=:,./-") == std::string::npos;
  if (plain) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string ParametersText(const StringMap& parameters) {
  StringMap rest = parameters;
  std::string command;
  if (const auto argv = rest.find("argv"); argv != rest.end()) {
    const nlohmann::json words = nlohmann::json::parse(argv->second, nullptr, false);
    for (const nlohmann::json& word : words.is_array() ? words : nlohmann::json::array()) {
      if (!word.is_string()) return FormatParameters(parameters);
      command += (command.empty() ? "" : " ") + ShellWord(word.get<std::string>());
    }
    if (command.empty()) return FormatParameters(parameters);
    rest.erase(argv);
  }
  const std::string others = FormatParameters(rest);
  return command + (command.empty() || others.empty() ? "" : "  ") + others;
}

}  // namespace benchfleet
