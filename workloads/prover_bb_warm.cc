#include <zlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "workloads/prover_bb.h"
#include "workloads/prover_bb_server.h"
#include "workloads/prover_files.h"

namespace benchfleet {
namespace {

using nlohmann::json;

constexpr size_t kElementBytes = 32;
constexpr int kWitnessFd = 3;
constexpr char kWitnessPath[] = "/proc/self/fd/3";

// What the command line calls `-t noir-recursive`.
const json& Settings() {
  static const json settings = {{"ipa_accumulation", false},
                                {"oracle_hash_type", "poseidon2"},
                                {"disable_zk", false},
                                {"optimized_solidity_verifier", false}};
  return settings;
}

json Binary(std::string_view bytes) {
  return json::binary(std::vector<uint8_t>(bytes.begin(), bytes.end()));
}

// The server takes proofs as lists of field elements, the command line as files of them.
json Elements(const std::string& bytes) {
  json elements = json::array();
  for (size_t at = 0; at < bytes.size(); at += kElementBytes) {
    elements.push_back(Binary(std::string_view(bytes).substr(at, kElementBytes)));
  }
  return elements;
}

absl::StatusOr<std::string> Joined(const json& results, const char* name) {
  std::string bytes;
  if (!results.contains(name) || !results[name].is_array()) {
    return absl::InternalError(absl::StrFormat("bb's answer has no '%s'", name));
  }
  for (const json& element : results[name]) {
    if (!element.is_binary()) {
      return absl::InternalError(absl::StrFormat("bb's answer has an odd '%s'", name));
    }
    bytes.append(element.get_binary().begin(), element.get_binary().end());
  }
  return bytes;
}

absl::StatusOr<std::string> Unzipped(const std::string& packed, const std::string& what) {
  constexpr int kGzip = 15 + 16;
  z_stream stream = {};
  if (inflateInit2(&stream, kGzip) != Z_OK) return absl::InternalError("zlib does not start");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string bytes;
  int state = Z_OK;
  while (state == Z_OK && bytes.size() < kProverFileBytesMax) {
    const size_t done = bytes.size();
    bytes.resize(done + std::max(size_t{4} * packed.size(), size_t{4096}));
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data() + done);
    stream.avail_out = static_cast<uInt>(bytes.size() - done);
    state = inflate(&stream, Z_NO_FLUSH);
    bytes.resize(bytes.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (state == Z_STREAM_END) return bytes;
  return absl::InternalError(
      what + (state == Z_OK ? " is larger than any witness or circuit here" : " is no valid gzip"));
}

// The ACIR of a compiled program, as the server wants it.
absl::StatusOr<std::string> Bytecode(const std::string& path) {
  BF_ASSIGN_OR_RETURN(const std::string text, ReadFileBytes(path));
  const json program = json::parse(text, nullptr, /*allow_exceptions=*/false);
  std::string packed;
  if (!program.is_object() || !program.contains("bytecode") || !program["bytecode"].is_string() ||
      !absl::Base64Unescape(program["bytecode"].get<std::string>(), &packed)) {
    return absl::InternalError(path + " is no compiled program");
  }
  return Unzipped(packed, path);
}

class WarmBb final : public Prover {
 public:
  explicit WarmBb(BbOptions options) : tools_(std::move(options)) {}

  std::string Version() const override { return tools_.options().installation.version; }
  absl::StatusOr<Keys> SetUp(const Circuit& circuit) override;
  absl::StatusOr<std::string> MakeWitness() override;
  absl::StatusOr<MadeProof> Prove(const std::string& witness) override;
  absl::StatusOr<Verdict> Verify(const Proof& proof) override;
  StringMap Facts() const override { return tools_.Facts(); }

 private:
  absl::Status StartSolver();
  absl::StatusOr<std::unique_ptr<BbServer>> StartBb(const std::string& program,
                                                    const std::string& name);
  absl::Status WarmUp();

  BbTools tools_;  // ends the servants: outlives them
  Keys keys_;
  json circuit_;  // as CircuitProve takes it
  std::string solver_request_;
  std::unique_ptr<MemoryFile> witness_;  // the solver's, rewritten each time
  std::unique_ptr<Servant> solver_;
  std::unique_ptr<BbServer> prover_;
  std::unique_ptr<BbServer> verifier_;
};

absl::StatusOr<Keys> WarmBb::SetUp(const Circuit& circuit) {
  BF_ASSIGN_OR_RETURN(keys_, tools_.SetUp(circuit));
  BF_ASSIGN_OR_RETURN(const std::string bytecode, Bytecode(circuit.program));
  circuit_ = {{"name", circuit.name},
              {"bytecode", Binary(bytecode)},
              {"verification_key", Binary(keys_.verification)}};
  BF_RETURN_IF_ERROR(StartSolver());
  const ProverInstallation& installed = tools_.options().installation;
  BF_ASSIGN_OR_RETURN(prover_, StartBb(installed.program, "the prover"));
  BF_ASSIGN_OR_RETURN(verifier_, StartBb(installed.verifier, "the verifier"));
  BF_RETURN_IF_ERROR(WarmUp());
  return keys_;
}

absl::Status WarmBb::StartSolver() {
  const ProverInstallation& installed = tools_.options().installation;
  BF_ASSIGN_OR_RETURN(MemoryFile witness, MemoryFile::Create());
  witness_ = std::make_unique<MemoryFile>(std::move(witness));
  SpawnRequest request = tools_.Request({installed.node, installed.witness_script, "--serve"});
  request.data_fd = witness_->fd();
  request.data_fd_number = kWitnessFd;
  BF_ASSIGN_OR_RETURN(solver_,
                      Servant::Start(tools_.spawner(), std::move(request), "the witness solver"));
  BF_ASSIGN_OR_RETURN(const std::string line, solver_->ReadLine());
  const json ready = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (ready != json{{"ready", true}}) return solver_->Error("it does not say that it is ready");
  const json asked = {{"program", tools_.circuit().program},
                      {"inputs", tools_.circuit().inputs},
                      {"out", kWitnessPath}};
  solver_request_ = asked.dump() + "\n";
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<BbServer>> WarmBb::StartBb(const std::string& program,
                                                          const std::string& name) {
  return BbServer::Start(tools_.spawner(), tools_.Request({program, "msgpack", "run"}), name);
}

// One whole round, after which programs are compiled and reference strings are read.
absl::Status WarmBb::WarmUp() {
  BF_ASSIGN_OR_RETURN(const std::string witness, MakeWitness());
  BF_ASSIGN_OR_RETURN(const MadeProof made, Prove(witness));
  BF_ASSIGN_OR_RETURN(const Verdict verdict, Verify(made.proof));
  if (verdict.valid) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat("the first proof of %s does not verify: %s",
                                             tools_.circuit().name, verdict.reason));
}

absl::StatusOr<std::string> WarmBb::MakeWitness() {
  const std::string what = "solving the witness of " + tools_.circuit().name;
  BF_RETURN_IF_ERROR(solver_->Ask(solver_request_));
  BF_ASSIGN_OR_RETURN(const std::string answer, solver_->ReadLine());
  BF_RETURN_IF_ERROR(CheckWitnessAnswer(answer, what));
  return witness_->Bytes();
}

absl::StatusOr<MadeProof> WarmBb::Prove(const std::string& witness) {
  BF_ASSIGN_OR_RETURN(const std::string unzipped, Unzipped(witness, "the witness"));
  Servant& servant = prover_->servant();
  servant.ResetRssPeak();
  BF_ASSIGN_OR_RETURN(const absl::Duration before, servant.CpuTime());
  absl::StatusOr<json> results = prover_->Call(
      "CircuitProve",
      {{"circuit", circuit_}, {"witness", Binary(unzipped)}, {"settings", Settings()}});
  BF_RETURN_IF_ERROR(Annotate(results.status(), "proving " + tools_.circuit().name));
  MadeProof made;
  BF_ASSIGN_OR_RETURN(made.proof.proof, Joined(*results, "proof"));
  BF_ASSIGN_OR_RETURN(made.proof.public_inputs, Joined(*results, "public_inputs"));
  BF_ASSIGN_OR_RETURN(const absl::Duration after, servant.CpuTime());
  made.cpu = after - before;
  BF_ASSIGN_OR_RETURN(made.rss_peak_bytes, servant.RssPeakBytes());
  return made;
}

absl::StatusOr<Verdict> WarmBb::Verify(const Proof& proof) {
  const absl::StatusOr<json> results =
      verifier_->Call("CircuitVerify", {{"verification_key", Binary(keys_.verification)},
                                        {"public_inputs", Elements(proof.public_inputs)},
                                        {"proof", Elements(proof.proof)},
                                        {"settings", Settings()}});
  if (absl::IsFailedPrecondition(results.status()))
    return Verdict{false, Message(results.status())};
  BF_RETURN_IF_ERROR(Annotate(results.status(), "verifying a proof of " + tools_.circuit().name));
  if (!results->contains("verified") || !(*results)["verified"].is_boolean()) {
    return verifier_->servant().Error("it answers without a verdict");
  }
  const bool valid = (*results)["verified"].get<bool>();
  return Verdict{valid, valid ? "" : "the verifier says no"};
}

}  // namespace

std::unique_ptr<Prover> WarmBbProver(BbOptions options) {
  return std::make_unique<WarmBb>(std::move(options));
}

}  // namespace benchfleet
