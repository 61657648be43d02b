// What a daemon says of a mistake on its command line or in its config file: one line with the
// place and the nearest name. A header alone, for the files that include CLI11 anyway.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "base/text.h"

namespace benchfleet {

// From a handler of CLI::ParseError. The exit code: 0 after --help and --version, else 1.
inline int TellFlagMistake(const CLI::App& app, const CLI::ParseError& error) {
  const std::string program = app.get_name();
  const auto say = [&](const std::string& what) {
    std::fprintf(stderr, "%s: %s\n", program.c_str(), what.c_str());
    return 1;
  };
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const std::string word = app.remaining().front();
    for (std::string& name : names) name.insert(0, "--");
    return say("unknown argument '" + word + "'" + DidYouMean(word, names));
  }
  const std::string text = error.what();
  const std::string unknown = "INI was not able to parse ";
  if (text.starts_with(unknown)) {
    const std::string name = text.substr(unknown.size());
    const std::string file = app.get_config_ptr()->as<std::string>();
    return say("--config " + file + ": unknown name '" + name + "'" + DidYouMean(name, names));
  }
  const int code = app.exit(error);
  return code == 0 ? 0 : 1;
}

}  // namespace benchfleet
