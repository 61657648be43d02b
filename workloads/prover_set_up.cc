#include "workloads/prover_set_up.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/text.h"
#include "workloads/prover_cache.h"
#include "workloads/prover_files.h"

namespace benchfleet {
namespace {

namespace fs = std::filesystem;

constexpr char kKey[] = "verification_key";

class SetUp {
 public:
  SetUp(ProverTools& tools, const DescribedOptions& options, const Circuit& circuit)
      : tools_(tools), options_(options), description_(tools.description()), circuit_(circuit) {}

  absl::StatusOr<SetUpResult> Run();

 private:
  absl::Status DefinePlaces();
  absl::Status DefineCircuit();
  absl::Status FindPrograms();
  absl::Status CheckFiles() const;
  absl::Status AskVersions();
  absl::StatusOr<std::string> Identity() const;
  absl::StatusOr<bool> TakeInstead(const ProverStep& step);
  absl::StatusOr<std::string> Material(const ProverStep& step) const;
  absl::StatusOr<MadeFiles> Make(const ProverStep& step);
  absl::Status State(const MadeFiles& made);

  ProverTools& tools_;
  const DescribedOptions& options_;
  const ProverDescription& description_;
  const Circuit& circuit_;
  std::string identity_;
  SetUpResult result_;
};

absl::Status SetUp::DefinePlaces() {
  std::error_code failed;
  tools_.Define("bin", fs::read_symlink("/proc/self/exe", failed).parent_path());
  if (const char* bin = std::getenv("BENCHFLEET_BIN_DIR"); bin != nullptr && *bin != '\0') {
    tools_.Define("bin", bin);
  }
  tools_.Define("description", fs::absolute(description_.file, failed).parent_path());
  if (options_.installation) {
    tools_.Define("provers", options_.installation->directory);
    for (const auto& [name, place] : options_.installation->installed) {
      tools_.Define("installed." + name, place);
    }
  }
  for (const auto& [name, value] : options_.options) tools_.Define("option." + name, value);
  tools_.Define("threads", std::to_string(options_.threads));
  tools_.Define("circuit", circuit_.name);
  return absl::OkStatus();
}

absl::Status SetUp::DefineCircuit() {
  const auto found = description_.circuits.find(circuit_.name);
  if (found == description_.circuits.end()) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : description_.circuits) names.push_back(name);
    std::string known;
    for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
    return absl::NotFoundError(
        absl::StrFormat("%s has no circuit '%s'%s; it has: %s%s", description_.name, circuit_.name,
                        DidYouMean(circuit_.name, names), known,
                        description_.no_others.empty() ? "" : " (" + description_.no_others + ")"));
  }
  for (const StringMap* values : {&found->second, &description_.files}) {
    for (const auto& [name, text] : *values) {
      BF_ASSIGN_OR_RETURN(const std::string value, tools_.Fill(text));
      tools_.Define(name, value);
    }
  }
  return absl::OkStatus();
}

// The program itself, or where PATH has it; "" where it is not.
std::string Located(const std::string& path, int mode) {
  if (path.find('/') != std::string::npos) return access(path.c_str(), mode) == 0 ? path : "";
  const char* variable = std::getenv("PATH");
  std::string_view rest = variable == nullptr ? "/usr/bin:/bin" : variable;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(':'), rest.size());
    const std::string candidate = std::string(rest.substr(0, end)) + "/" + path;
    if (candidate[0] == '/' && access(candidate.c_str(), mode) == 0) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return "";
}

absl::Status SetUp::FindPrograms() {
  for (const ProverProgram& program : description_.programs) {
    BF_ASSIGN_OR_RETURN(const std::string path, tools_.Fill(program.path));
    const std::string place = Located(path, R_OK);
    if (place.empty()) {
      return absl::NotFoundError(absl::StrFormat("%s needs '%s', which is missing: install %s",
                                                 description_.name, path, program.package));
    }
    tools_.Define(program.name, place);
  }
  return absl::OkStatus();
}

// Every file of the installation that a phase or step names must be what was installed.
absl::Status SetUp::CheckFiles() const {
  if (!options_.installation) return absl::OkStatus();
  std::set<std::string> paths;
  for (const auto& [name, value] : tools_.values()) {
    if (!name.starts_with("installed.")) paths.insert(value);
  }
  std::vector<std::string> texts = description_.identity;
  for (const ProverStep& step : description_.set_up) {
    texts.insert(texts.end(), step.from.begin(), step.from.end());
  }
  for (const std::string& text : texts) {
    const absl::StatusOr<std::string> path = tools_.Fill(text);
    if (path.ok()) paths.insert(*path);  // else a step makes it
  }
  for (const std::string& path : paths) {
    BF_RETURN_IF_ERROR(CheckInstalledFile(*options_.installation, path));
  }
  return absl::OkStatus();
}

absl::Status SetUp::AskVersions() {
  for (const auto& [name, command] : description_.versions) {
    BF_ASSIGN_OR_RETURN(const CommandResult result,
                        tools_.Run(command, "asking for the version of " + name));
    std::string said = result.output.Text();
    said.erase(std::min(said.find('\n'), said.size()));
    result_.facts[name + ".version"] = said;
  }
  result_.version = result_.facts["prover.version"];
  return absl::OkStatus();
}

// Of one file its sha256; of several the sha256 of those.
absl::StatusOr<std::string> SetUp::Identity() const {
  std::string digests;
  for (const std::string& text : description_.identity) {
    BF_ASSIGN_OR_RETURN(const std::string path, tools_.Fill(text));
    BF_ASSIGN_OR_RETURN(const std::string digest, Sha256HexOfFile(path));
    digests += digest;
  }
  return description_.identity.size() == 1 ? digests : Sha256Hex(digests);
}

absl::StatusOr<bool> SetUp::TakeInstead(const ProverStep& step) {
  if (step.instead.empty()) return false;
  for (const auto& [name, text] : step.instead) {
    const absl::StatusOr<std::string> value = tools_.Fill(text);
    if (absl::IsNotFound(value.status())) return false;
    BF_RETURN_IF_ERROR(value.status());
    tools_.Define(name, *value);
  }
  return true;
}

// What is in the files, and what the command is; but not where they lie on this host.
absl::StatusOr<std::string> SetUp::Material(const ProverStep& step) const {
  std::string material = absl::StrFormat("2\n%s\n", identity_);
  for (const std::string& text : step.from) {
    BF_ASSIGN_OR_RETURN(const std::string path, tools_.Fill(text));
    BF_ASSIGN_OR_RETURN(const std::string digest, Sha256HexOfFile(path));
    material += digest + "\n";
  }
  const auto circuit = description_.circuits.find(circuit_.name);
  for (const std::string& text : step.run) {
    material += text + "\n";
    for (const std::string& name : PlaceholdersIn(text)) {
      const bool of_circuit = name == "circuit" || circuit->second.contains(name);
      if (of_circuit || name.starts_with("option.")) material += tools_.values().at(name) + "\n";
    }
  }
  return material;
}

absl::StatusOr<MadeFiles> SetUp::Make(const ProverStep& step) {
  BF_ASSIGN_OR_RETURN(const std::string material, Material(step));
  std::vector<std::string> names;
  for (const auto& [unused, name] : step.makes) names.push_back(name);
  const bool last = &step == &description_.set_up.back();
  const std::string what = absl::StrFormat("making %s of %s", step.name, circuit_.name);
  const auto run = [&](const std::string& folder) -> absl::Status {
    tools_.Define("out", folder);
    return tools_.Run(step.run, what).status();
  };
  absl::StatusOr<MadeFiles> made =
      MakeOnce(material, names, tools_.work_dir(), last && options_.new_keys, run);
  if (!made.ok()) {
    const std::string message = Message(made.status());
    return message.starts_with(what) ? made.status() : Annotate(made.status(), what);
  }
  for (const auto& [placeholder, name] : step.makes) {
    tools_.Define(placeholder, made->folder + "/" + name);
  }
  return made;
}

absl::Status SetUp::State(const MadeFiles& made) {
  StringMap& facts = result_.facts;
  const std::string& string = description_.reference_string;
  const bool real =
      string.empty() || (options_.installation && options_.installation->real.contains(string));
  std::string trust = "with the reference string that was given to install-provers";
  if (string.empty()) trust = "needs no trusted set-up";
  if (!description_.insecure.empty()) trust = "INSECURE: " + description_.insecure;
  if (!real) {
    trust =
        "INSECURE test set-up: its secret is known, so anyone can forge these proofs; their "
        "times are real";
  }
  facts["prover.setup"] = trust;
  if (!string.empty()) {
    facts["reference_string"] = string + (real ? ": real" : ": test, known secret: INSECURE");
  }
  facts["prover.name"] = description_.name;
  facts["prover.sha256"] = identity_;
  facts["circuit.name"] = circuit_.name;
  if (tools_.values().contains("program")) {
    BF_ASSIGN_OR_RETURN(facts["circuit.sha256"], Sha256HexOfFile(tools_.values().at("program")));
  }
  facts["threads"] = std::to_string(options_.threads);
  facts["keys.sha256"] = Sha256Hex(result_.keys.verification);
  facts["keys.cached"] = made.cached ? "true" : "false";
  facts["keys.made_ns"] = std::to_string(absl::ToInt64Nanoseconds(made.made_in));
  for (const auto& [name, value] : options_.options) facts["option." + name] = value;
  return absl::OkStatus();
}

absl::StatusOr<SetUpResult> SetUp::Run() {
  BF_RETURN_IF_ERROR(DefinePlaces());
  BF_RETURN_IF_ERROR(DefineCircuit());
  BF_RETURN_IF_ERROR(FindPrograms());
  BF_RETURN_IF_ERROR(CheckFiles());
  BF_RETURN_IF_ERROR(AskVersions());
  BF_ASSIGN_OR_RETURN(identity_, Identity());
  MadeFiles made;
  for (const ProverStep& step : description_.set_up) {
    BF_ASSIGN_OR_RETURN(const bool taken, TakeInstead(step));
    if (taken) continue;
    BF_ASSIGN_OR_RETURN(made, Make(step));
  }
  const std::string path = tools_.values().at(kKey);
  absl::StatusOr<std::string> key = ReadFileBytes(path);
  BF_RETURN_IF_ERROR(key.status());
  result_.keys = {*std::move(key), made.cached, made.made_in};
  BF_RETURN_IF_ERROR(State(made));
  return std::move(result_);
}

}  // namespace

absl::StatusOr<SetUpResult> SetUpDescribed(ProverTools& tools, const DescribedOptions& options,
                                           const Circuit& circuit) {
  return SetUp(tools, options, circuit).Run();
}

}  // namespace benchfleet
