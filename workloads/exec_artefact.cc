#include "workloads/exec_artefact.h"

#include <array>
#include <filesystem>
#include <string_view>

#include "workloads/prover_files.h"

namespace benchfleet {
namespace {

constexpr uintmax_t kBytesMax = uintmax_t{512} << 20;
constexpr std::string_view kElf =
    "\x7f"
    "ELF";
// What lies here was installed with the system, and mostly runs something else.
constexpr std::array<std::string_view, 4> kSystemFolders = {"/bin/", "/sbin/", "/usr/", "/lib"};

bool IsOfTheSystem(const std::filesystem::path& program) {
  const std::string path = program.string();
  for (const std::string_view folder : kSystemFolders) {
    if (path.compare(0, folder.size(), folder) == 0) return true;
  }
  return false;
}

}  // namespace

std::string ArtefactDigest(const std::vector<std::string>& argv, const std::string& directory) {
  namespace fs = std::filesystem;
  if (argv.empty() || argv[0].find('/') == std::string::npos) return "";
  std::error_code error;
  const fs::path program = fs::canonical(fs::path(directory) / argv[0], error);
  if (error || IsOfTheSystem(program)) return "";
  const auto begin = ReadFileBegin(program.string(), kElf.size());
  if (!begin.ok() || *begin != kElf) return "";
  std::string digests;
  uintmax_t bytes = 0;
  for (const std::string& argument : argv) {
    if (argument.empty()) continue;
    const fs::path file = fs::path(directory) / argument;
    if (!fs::is_regular_file(file, error)) continue;
    const uintmax_t size = fs::file_size(file, error);
    if (error || size > kBytesMax || (bytes += size) > kBytesMax) return "";
    const auto digest = Sha256HexOfFile(file.string());
    if (!digest.ok()) return "";
    digests += *digest + "\n";
  }
  return Sha256Hex(digests);
}

}  // namespace benchfleet
