#include "workloads/prover_bb.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/limits.h"
#include "base/status.h"
#include "workloads/prover_files.h"
#include "workloads/prover_keys.h"

namespace benchfleet {
namespace {

constexpr char kTarget[] = "noir-recursive";
constexpr size_t kLinesInMessage = 3;
constexpr size_t kAnswerBytesShown = 80;

}  // namespace

std::string LastLines(const OutputTail& errors) {
  std::string text = errors.Text();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  size_t begin = text.size();
  for (size_t line = 0; line < kLinesInMessage && begin != std::string::npos && begin > 0; ++line) {
    begin = text.rfind('\n', begin - 1);
  }
  if (begin != std::string::npos) text.erase(0, begin + 1);
  std::replace(text.begin(), text.end(), '\n', '|');
  return text;
}

absl::Status ProgramError(const ExitReport& exit, const OutputTail& errors,
                          const std::string& what) {
  std::string said = errors.Bytes();
  if (said.size() > limits::kMaxOutputTailBytes) {
    said.erase(0, said.size() - limits::kMaxOutputTailBytes);
  }
  std::fwrite(said.data(), 1, said.size(), stderr);
  const std::string last = LastLines(errors);
  const std::string message =
      absl::StrFormat("%s: %s%s%s", what, exit.Describe(), last.empty() ? "" : ": ", last);
  if (exit.way == ExitReport::Way::kNotStarted) return absl::NotFoundError(message);
  return absl::InternalError(message);
}

absl::Status CheckWitnessAnswer(const std::string& line, const std::string& what) {
  const nlohmann::json answer = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (answer.is_object() && answer.contains("ok") && answer["ok"].is_boolean()) {
    if (answer["ok"].get<bool>()) return absl::OkStatus();
    if (answer.contains("error") && answer["error"].is_string()) {
      return absl::InternalError(what + ": " + answer["error"].get<std::string>());
    }
  }
  return absl::InternalError(absl::StrFormat("%s: the solver answered '%s', which is no answer",
                                             what, line.substr(0, kAnswerBytesShown)));
}

SpawnRequest BbTools::Request(std::vector<std::string> argv) const {
  const char* path = std::getenv("PATH");
  SpawnRequest request;
  request.argv = std::move(argv);
  request.inherit_environment = false;
  request.environment = {{"PATH", path == nullptr ? "/usr/bin:/bin" : path},
                         {"HOME", options_.work_dir},  // has no reference string
                         {"TMPDIR", options_.work_dir},
                         {"CRS_PATH", options_.installation.crs},
                         {"HARDWARE_CONCURRENCY", std::to_string(options_.threads)}};
  request.directory = options_.work_dir;
  return request;
}

SpawnRequest BbTools::BbRequest(const std::string& program, const std::string& command,
                                const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv = {program, command, "-c", options_.installation.crs,
                                   "-t",    kTarget};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return Request(std::move(argv));
}

absl::StatusOr<CommandResult> BbTools::RunToEnd(const SpawnRequest& request) {
  CommandOptions options;
  options.timeout = absl::InfiniteDuration();  // the run's timeout holds
  return RunCommand(*spawner_, request, options);
}

absl::StatusOr<CommandResult> BbTools::Run(const SpawnRequest& request, const std::string& what) {
  BF_ASSIGN_OR_RETURN(CommandResult result, RunToEnd(request));
  if (!result.succeeded()) return ProgramError(result.exit, result.errors, what);
  return result;
}

absl::StatusOr<std::string> BbTools::MakeKey() {
  const SpawnRequest request = BbRequest(options_.installation.program, "write_vk",
                                         {"-b", circuit_.program, "-o", options_.work_dir});
  const std::string what = "making the verification key of " + circuit_.name;
  BF_RETURN_IF_ERROR(Run(request, what).status());
  absl::StatusOr<std::string> key = ReadFileBytes(WorkFile("vk"));
  return key.ok() ? std::move(key) : absl::InternalError(Message(Annotate(key.status(), what)));
}

absl::StatusOr<Keys> BbTools::SetUp(const Circuit& circuit) {
  circuit_ = circuit;
  const ProverInstallation& installed = options_.installation;
  BF_RETURN_IF_ERROR(CheckInstalledFiles(installed, circuit));
  BF_ASSIGN_OR_RETURN(spawner_, Spawner::Start());
  BF_ASSIGN_OR_RETURN(const CommandResult node,
                      Run(Request({installed.node, "--version"}), "asking Node.js its version"));

  // The first two points, G and tau G, say which reference string it is.
  constexpr size_t kTwoPoints = 128;
  BF_ASSIGN_OR_RETURN(const std::string points,
                      ReadFileBegin(installed.crs + "/bn254_g1.dat", kTwoPoints));
  BF_ASSIGN_OR_RETURN(const std::string circuit_sha256, Sha256HexOfFile(circuit.program));
  const std::string material =
      absl::StrFormat("%s\n%s\n%s\n%s\n%s\n", installed.name, kTarget, installed.program_sha256,
                      circuit_sha256, Sha256Hex(points));
  BF_ASSIGN_OR_RETURN(Keys keys, CachedKeys(material, [this] { return MakeKey(); }));
  BF_RETURN_IF_ERROR(WriteFileBytes(WorkFile("vk"), keys.verification));

  std::string node_version = node.output.Text();
  while (!node_version.empty() && node_version.back() == '\n') node_version.pop_back();
  const bool test = installed.crs_is_test;
  facts_ = {
      {"prover.name", installed.name},
      {"prover.sha256", installed.program_sha256},
      {"prover.setup", test
                           ? "INSECURE test set-up: its secret is known, so anyone can forge these "
                             "proofs; their times are real"
                           : "with the reference string that was given to install-provers"},
      {"crs", test ? "test, known secret: INSECURE" : "real: " + installed.crs},
      {"circuit.name", circuit.name},
      {"circuit.sha256", circuit_sha256},
      {"vk.sha256", Sha256Hex(keys.verification)},
      {"threads", std::to_string(options_.threads)},
      {"node.version", node_version},
  };
  // A key begins with a 32-byte number: log2 of the gates, padding included.
  constexpr size_t kNumberBytes = 32;
  if (keys.verification.size() >= kNumberBytes) {
    facts_["circuit.log2_gates"] = std::to_string(keys.verification[kNumberBytes - 1]);
  }
  return keys;
}

StringMap BbTools::Facts() const { return facts_; }

}  // namespace benchfleet
