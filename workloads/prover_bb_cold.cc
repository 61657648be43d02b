#include <utility>

#include "base/status.h"
#include "workloads/prover_bb.h"
#include "workloads/prover_files.h"

namespace benchfleet {
namespace {

constexpr int kWitnessFd = 3;
constexpr char kWitnessPath[] = "/proc/self/fd/3";
constexpr int kRefused = 1;  // the verifier's exit code for "no", and for a malformed proof

class ColdBb final : public Prover {
 public:
  explicit ColdBb(BbOptions options) : tools_(std::move(options)) {}

  std::string Version() const override { return tools_.options().installation.version; }
  absl::StatusOr<Keys> SetUp(const Circuit& circuit) override { return tools_.SetUp(circuit); }
  absl::StatusOr<std::string> MakeWitness() override;
  absl::StatusOr<MadeProof> Prove(const std::string& witness) override;
  absl::StatusOr<Verdict> Verify(const Proof& proof) override;
  StringMap Facts() const override { return tools_.Facts(); }

 private:
  // A file that bb said it wrote.
  absl::StatusOr<std::string> TakeResult(const std::string& name);

  BbTools tools_;
};

absl::StatusOr<std::string> ColdBb::MakeWitness() {
  const std::string what = "solving the witness of " + tools_.circuit().name;
  const ProverInstallation& installed = tools_.options().installation;
  BF_ASSIGN_OR_RETURN(const MemoryFile witness, MemoryFile::Create());
  SpawnRequest request =
      tools_.Request({installed.node, installed.witness_script, tools_.circuit().program,
                      tools_.circuit().inputs, kWitnessPath});
  request.data_fd = witness.fd();
  request.data_fd_number = kWitnessFd;
  BF_ASSIGN_OR_RETURN(const CommandResult result, tools_.RunToEnd(request));
  const bool answered = result.exit.way == ExitReport::Way::kExited && result.output.total_bytes();
  if (!answered) return ProgramError(result.exit, result.errors, what);
  BF_RETURN_IF_ERROR(CheckWitnessAnswer(result.output.Text(), what));
  return witness.Bytes();
}

absl::StatusOr<std::string> ColdBb::TakeResult(const std::string& name) {
  absl::StatusOr<std::string> bytes = TakeFileBytes(tools_.WorkFile(name));
  if (bytes.ok()) return bytes;
  return absl::InternalError(
      absl::StrFormat("proving %s: bb ended well, but left no usable result: %s",
                      tools_.circuit().name, Message(bytes.status())));
}

absl::StatusOr<MadeProof> ColdBb::Prove(const std::string& witness) {
  BF_ASSIGN_OR_RETURN(const MemoryFile file, MemoryFile::Create(witness));
  SpawnRequest request = tools_.BbRequest(tools_.options().installation.program, "prove",
                                          {"-b", tools_.circuit().program, "-w", kWitnessPath, "-k",
                                           tools_.WorkFile("vk"), "-o", tools_.options().work_dir});
  request.data_fd = file.fd();
  request.data_fd_number = kWitnessFd;
  BF_ASSIGN_OR_RETURN(const CommandResult result,
                      tools_.Run(request, "proving " + tools_.circuit().name));
  MadeProof made;
  BF_ASSIGN_OR_RETURN(made.proof.proof, TakeResult("proof"));
  BF_ASSIGN_OR_RETURN(made.proof.public_inputs, TakeResult("public_inputs"));
  made.cpu = result.exit.user + result.exit.system;
  made.rss_peak_bytes = result.exit.max_rss_bytes;
  return made;
}

absl::StatusOr<Verdict> ColdBb::Verify(const Proof& proof) {
  const std::string claim = tools_.WorkFile("claimed");
  BF_RETURN_IF_ERROR(WriteFileBytes(claim + "_proof", proof.proof));
  BF_RETURN_IF_ERROR(WriteFileBytes(claim + "_public_inputs", proof.public_inputs));
  const SpawnRequest request = tools_.BbRequest(
      tools_.options().installation.verifier, "verify",
      {"-k", tools_.WorkFile("vk"), "-p", claim + "_proof", "-i", claim + "_public_inputs"});
  BF_ASSIGN_OR_RETURN(const CommandResult result, tools_.RunToEnd(request));
  if (result.exit.succeeded()) return Verdict{true, ""};
  if (result.exit.way == ExitReport::Way::kExited && result.exit.code == kRefused) {
    return Verdict{false, LastLines(result.errors)};
  }
  return ProgramError(result.exit, result.errors, "verifying a proof of " + tools_.circuit().name);
}

}  // namespace

std::unique_ptr<Prover> ColdBbProver(BbOptions options) {
  return std::make_unique<ColdBb>(std::move(options));
}

}  // namespace benchfleet
