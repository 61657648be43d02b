// Files of one test process: two of them, of two builds say, may run at once.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace benchfleet {

// A directory of this process's own, removed when it ends.
inline const std::string& TestDirectory() {
  struct Directory {
    Directory() : path(::testing::TempDir() + "/benchctl-test-XXXXXX") { mkdtemp(path.data()); }
    ~Directory() { std::filesystem::remove_all(path); }
    std::string path;
  };
  static const Directory directory;
  return directory.path;
}

// Returns the path.
inline std::string WriteTestFile(const std::string& name, const std::string& text) {
  const std::string path = TestDirectory() + "/" + name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

}  // namespace benchfleet
