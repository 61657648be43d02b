#include "agent/host/test_tree.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "absl/strings/str_format.h"
#include "agent/host/scan.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

// "cpu{0-2}/x" -> "cpu0/x", "cpu1/x", "cpu2/x".
std::vector<std::string> ExpandPath(const std::string& path) {
  const size_t open = path.find('{');
  if (open == std::string::npos) return {path};
  const size_t close = path.find('}', open);
  std::vector<std::string> paths;
  for (const int number : ParseCpuList(path.substr(open + 1, close - open - 1))) {
    paths.push_back(path.substr(0, open) + std::to_string(number) + path.substr(close + 1));
  }
  return paths;
}

std::string FromHex(std::string_view text) {
  std::string bytes;
  for (const std::string_view word : Words(text)) {
    bytes += static_cast<char>(ParseHex(word).value_or(0));
  }
  return bytes;
}

// Lines as `cpuid -r` prints them.
std::optional<CpuidRegisters> FindLeaf(const std::string& dump, uint32_t leaf, uint32_t subleaf) {
  const std::string prefix = absl::StrFormat("0x%08x 0x%02x:", leaf, subleaf);
  const size_t at = dump.find(prefix);
  if (at == std::string::npos) return CpuidRegisters();
  CpuidRegisters registers;
  const int got = std::sscanf(dump.c_str() + at + prefix.size(), " eax=%x ebx=%x ecx=%x edx=%x",
                              &registers.eax, &registers.ebx, &registers.ecx, &registers.edx);
  EXPECT_EQ(got, 4) << prefix;
  return registers;
}

}  // namespace

std::string TestDataDir() {
  const char* source = std::getenv("BENCHFLEET_SOURCE_DIR");
  return std::string(source != nullptr ? source : ".") + "/agent/host/testdata/";
}

std::string ReadTestFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream.good()) << "cannot open " << path;
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

TestTree::TestTree(std::string_view name) {
  // In memory where there is such a place: a tree is hundreds of small files.
  const bool in_memory = access("/dev/shm", W_OK) == 0;
  std::string pattern = (in_memory ? "/dev/shm/" : testing::TempDir()) + "benchfleet-host-XXXXXX";
  const char* made = mkdtemp(pattern.data());
  if (made == nullptr) std::abort();
  root_ = made;
  if (name.empty()) return;
  const std::string tree = ReadTestFile(TestDataDir() + std::string(name) + ".tree");
  size_t at = tree.find("=== ");
  while (at < tree.size()) {
    const size_t line_end = tree.find('\n', at);
    std::string path = tree.substr(at + 4, line_end - at - 4);
    const size_t next = tree.find("\n=== ", line_end);
    std::string text =
        tree.substr(line_end + 1, next == std::string::npos ? std::string::npos
                                                            : std::max(next, line_end) - line_end);
    if (next == line_end) text.clear();
    if (path.starts_with("hex ")) {
      path = path.substr(4);
      text = FromHex(text);
    }
    for (const std::string& one : ExpandPath(path)) Write(one, text);
    at = next == std::string::npos ? tree.size() : next + 1;
  }
}

TestTree::~TestTree() { std::filesystem::remove_all(root_); }

void TestTree::Write(std::string_view path, std::string_view text) const {
  const std::filesystem::path full = root_ + std::string(path);
  std::filesystem::create_directories(full.parent_path());
  std::ofstream(full, std::ios::binary) << text;
}

void TestTree::Remove(std::string_view path) const {
  EXPECT_GT(std::filesystem::remove_all(root_ + std::string(path)), 0u) << path;
}

void TestTree::Edit(std::string_view path, std::string_view from, std::string_view to) const {
  std::string text = ReadTestFile(root_ + std::string(path));
  ASSERT_NE(text.find(from), std::string::npos) << from << " in " << path;
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  Write(path, text);
}

HostProbe TestTree::Probe() const {
  HostProbe probe;
  probe.files = files();
  probe.cpuid = [files = files()](uint32_t leaf,
                                  uint32_t subleaf) -> std::optional<CpuidRegisters> {
    const std::optional<std::string> dump = files.Read("/cpuid");
    if (!dump) return std::nullopt;
    return FindLeaf(*dump, leaf, subleaf);
  };
  probe.msr = [files = files()](uint32_t number) -> std::optional<uint64_t> {
    const std::string text = files.Read("/msr").value_or("");
    const std::vector<std::string_view> words = ValueWords(text, absl::StrFormat("0x%08x", number));
    return words.empty() ? std::nullopt : ParseHex(words.front());
  };
  probe.topology = [files = files()]() -> absl::StatusOr<Topology> {
    const std::optional<std::string> xml = files.Read("/topology.xml");
    if (!xml) return absl::NotFoundError("no topology");
    return TopologyFromXml(*xml);
  };
  const std::string kernel = probe.files.Read("/kernel").value_or("\n\n\n");
  const std::vector<std::string_view> lines = Split(kernel, '\n');
  probe.kernel = {.release = std::string(lines[0]),
                  .version = std::string(lines[1]),
                  .machine = std::string(lines[2])};
  probe.libc = "glibc 2.36";
  probe.compiler = "GCC 12.2.0";
  return probe;
}

}  // namespace benchfleet
