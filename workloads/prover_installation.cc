#include "workloads/prover_installation.h"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/status.h"
#include "workloads/prover_files.h"

namespace benchfleet {
namespace {

using nlohmann::json;

constexpr int kFormat = 2;
constexpr size_t kManifestBytesMax = size_t{1} << 20;
constexpr char kAgain[] = "run deploy/install-provers again";

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> Directories() {
  if (const std::string given = Variable("BENCHFLEET_PROVERS"); !given.empty()) return {given};
  std::vector<std::string> directories;
  const std::string data = Variable("XDG_DATA_HOME");
  if (!data.empty()) directories.push_back(data + "/benchfleet/provers");
  const std::string home = Variable("HOME");
  if (!home.empty()) directories.push_back(home + "/.local/share/benchfleet/provers");
  directories.push_back("/usr/share/benchfleet/provers");
  return directories;
}

// Takes members out of the manifest; the first that is missing or of another type is remembered.
class ManifestReader {
 public:
  explicit ManifestReader(const json& manifest) : manifest_(manifest) {}

  template <typename T>
  T Get(const char* pointer) {
    try {
      return manifest_.at(json::json_pointer(pointer)).get<T>();
    } catch (const json::exception&) {
      if (missing_.empty()) missing_ = pointer + 1;
      return T();
    }
  }
  const std::string& missing() const { return missing_; }

 private:
  const json& manifest_;
  std::string missing_;
};

std::string Absolute(const std::string& directory, const std::string& path) {
  return path.starts_with('/') ? path : directory + "/" + path;
}

absl::StatusOr<ProverInstallation> Parse(const std::string& directory, const std::string& text) {
  const std::string path = directory + "/provers.json";
  const json manifest = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object()) {
    return absl::FailedPreconditionError(absl::StrFormat("%s is not JSON: %s", path, kAgain));
  }
  ManifestReader reader(manifest);
  const int format = reader.Get<int>("/format");
  if (reader.missing().empty() && format != kFormat) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s is of format %d, expected %d: %s", path, format, kFormat, kAgain));
  }
  ProverInstallation found;
  found.directory = directory;
  for (auto& [name, place] : reader.Get<StringMap>("/installed")) {
    found.installed[name] = Absolute(directory, place);
  }
  found.real = reader.Get<std::set<std::string>>("/real");
  found.versions = reader.Get<std::string>("/versions");
  found.sha256 = reader.Get<StringMap>("/files");
  if (!reader.missing().empty()) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s: no valid '%s': %s", path, reader.missing(), kAgain));
  }
  return found;
}

}  // namespace

std::vector<std::string> ProverManifestPaths() {
  std::vector<std::string> paths = Directories();
  for (std::string& path : paths) path += "/provers.json";
  return paths;
}

absl::StatusOr<ProverInstallation> FindProverInstallation() {
  for (const std::string& directory : Directories()) {
    const absl::StatusOr<std::string> text =
        ReadFileBytes(directory + "/provers.json", kManifestBytesMax);
    if (absl::IsNotFound(text.status())) continue;
    BF_RETURN_IF_ERROR(text.status());
    return Parse(directory, *text);
  }
  return absl::NotFoundError("provers are not installed (run deploy/install-provers)");
}

absl::Status CheckInstalledFile(const ProverInstallation& installation, const std::string& path) {
  const std::string prefix = installation.directory + "/";
  if (!path.starts_with(prefix)) return absl::OkStatus();
  const auto listed = installation.sha256.find(path.substr(prefix.size()));
  if (listed == installation.sha256.end()) return absl::OkStatus();
  BF_ASSIGN_OR_RETURN(const std::string actual, Sha256HexOfFile(path));
  if (actual == listed->second) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrFormat("%s is not what was installed (sha256 %s, expected %s): %s", path, actual,
                      listed->second, kAgain));
}

}  // namespace benchfleet
