// For tests: a host that is a folder of files, unpacked from testdata/NAME.tree.
//
// Such a file is a list of files: "=== /path" begins one, the lines after it are its text; "=== hex
// /path" gives bytes; {0-7} in a path stands for as many files. Four of them are not the kernel's:
// /cpuid and /msr (registers), /topology.xml (hwloc), /kernel (release, version, machine).
#pragma once

#include <string>
#include <string_view>

#include "agent/host/host_probe.h"

namespace benchfleet {

// The repository's own path of this room's testdata.
std::string TestDataDir();
std::string ReadTestFile(const std::string& path);

// Owns a temporary folder.
class TestTree {
 public:
  // An empty host, or the one in testdata/`name`.tree.
  explicit TestTree(std::string_view name = "");
  ~TestTree();
  TestTree(const TestTree&) = delete;
  TestTree& operator=(const TestTree&) = delete;

  void Write(std::string_view path, std::string_view text) const;
  void Remove(std::string_view path) const;
  // Replaces every `from` in a file, which must be there at least once.
  void Edit(std::string_view path, std::string_view from, std::string_view to) const;

  HostFiles files() const { return HostFiles(root_); }
  // Readers over the folder as it is now and will be.
  HostProbe Probe() const;

 private:
  std::string root_;
};

}  // namespace benchfleet
