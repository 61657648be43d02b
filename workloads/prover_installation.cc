#include "workloads/prover_installation.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/status.h"
#include "base/text.h"
#include "workloads/prover_files.h"

namespace benchfleet {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;
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
  found.name = reader.Get<std::string>("/prover/name");
  found.version = reader.Get<std::string>("/prover/version");
  found.program = Absolute(directory, reader.Get<std::string>("/prover/program"));
  found.program_sha256 = reader.Get<std::string>("/prover/sha256");
  found.verifier = Absolute(directory, reader.Get<std::string>("/verifier/program"));
  found.verifier_sha256 = reader.Get<std::string>("/verifier/sha256");
  found.crs = Absolute(directory, reader.Get<std::string>("/crs/path"));
  found.crs_is_test = reader.Get<std::string>("/crs/secure") != "as given";
  found.witness_script = Absolute(directory, reader.Get<std::string>("/witness/program"));
  found.node = reader.Get<std::string>("/witness/node");
  found.circuits = reader.Get<std::vector<std::string>>("/circuits");
  found.sha256 = reader.Get<std::map<std::string, std::string>>("/files");
  if (!reader.missing().empty()) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s: no valid '%s': %s", path, reader.missing(), kAgain));
  }
  return found;
}

absl::Status CheckThere(const std::string& path, int mode, std::string_view advice) {
  if (access(path.c_str(), mode) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrFormat("%s is missing or not usable: %s", path, advice));
}

absl::Status CheckDigest(const std::string& path, const std::string& expected) {
  BF_ASSIGN_OR_RETURN(const std::string actual, Sha256HexOfFile(path));
  if (actual == expected) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrFormat(
      "%s is not what was installed (sha256 %s, expected %s): %s", path, actual, expected, kAgain));
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
    BF_ASSIGN_OR_RETURN(ProverInstallation found, Parse(directory, *text));
    BF_RETURN_IF_ERROR(CheckThere(found.program, X_OK, kAgain));
    BF_RETURN_IF_ERROR(CheckThere(found.verifier, X_OK, kAgain));
    BF_RETURN_IF_ERROR(CheckThere(found.witness_script, R_OK, kAgain));
    BF_RETURN_IF_ERROR(CheckThere(found.crs + "/bn254_g1.dat", R_OK, kAgain));
    BF_RETURN_IF_ERROR(
        CheckThere(found.node, X_OK, absl::StrFormat("install Node.js and %s", kAgain)));
    return found;
  }
  return absl::NotFoundError("provers are not installed (run deploy/install-provers)");
}

absl::StatusOr<Circuit> FindCircuit(const ProverInstallation& installation,
                                    const std::string& name) {
  const auto& names = installation.circuits;
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    std::string known;
    for (const std::string& other : names) known += (known.empty() ? "" : ", ") + other;
    return absl::NotFoundError(absl::StrFormat("%s has no circuit '%s'%s; it has: %s",
                                               installation.directory, name,
                                               DidYouMean(name, names), known));
  }
  return Circuit{name, installation.directory + "/circuits/" + name + ".json",
                 installation.directory + "/inputs/" + name + ".json"};
}

absl::Status CheckInstalledFiles(const ProverInstallation& installation, const Circuit& circuit) {
  BF_RETURN_IF_ERROR(CheckDigest(installation.program, installation.program_sha256));
  BF_RETURN_IF_ERROR(CheckDigest(installation.verifier, installation.verifier_sha256));
  for (const auto& [name, digest] : installation.sha256) {
    const std::string path = installation.directory + "/" + name;
    const bool checked = path == installation.program || path == installation.verifier;
    const bool of_a_circuit = name.starts_with("circuits/") || name.starts_with("inputs/");
    const bool of_this_circuit = path == circuit.program || path == circuit.inputs;
    if (checked || (of_a_circuit && !of_this_circuit)) continue;
    BF_RETURN_IF_ERROR(CheckDigest(path, digest));
  }
  return absl::OkStatus();
}

}  // namespace benchfleet
