#include "workloads/prover_described.h"

#include <unistd.h>

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/status.h"
#include "workloads/prover_bb.h"
#include "workloads/prover_files.h"
#include "workloads/prover_set_up.h"
#include "workloads/prover_spans.h"
#include "workloads/prover_tools.h"

namespace benchfleet {
namespace {

using nlohmann::json;

constexpr int kRefused = 1;  // the verifier's exit code for "no", and for a malformed proof
constexpr size_t kAnswerBytesShown = 80;

class Described final : public Prover {
 public:
  explicit Described(DescribedOptions options)
      : options_(std::move(options)), tools_(options_.description, options_.work_dir) {}

  std::string Version() const override { return set_up_.version; }
  absl::StatusOr<Keys> SetUp(const Circuit& circuit) override;
  absl::StatusOr<std::string> MakeWitness() override;
  absl::StatusOr<MadeProof> Prove(const std::string& witness) override;
  absl::StatusOr<Verdict> Verify(const Proof& proof) override;
  std::vector<std::string> SubPhases() const override;
  bool proof_is_text() const override { return options_.description.proof_is_text; }
  StringMap Facts() const override { return set_up_.facts; }

 private:
  struct Stays {  // one of the two
    std::unique_ptr<Servant> lines;
    std::unique_ptr<BbServer> bb;
    Servant& servant() { return bb == nullptr ? *lines : bb->servant(); }
  };

  std::string Doing(const char* what) const { return std::string(what) + " " + circuit_.name; }
  absl::Status StartServants();
  absl::Status WarmUp();
  Stays& ServantOf(const char* phase) {
    return servants_.at(options_.description.warm.at(phase).servant);
  }
  // Asks the servant of `phase`, which speaks lines; what it answered.
  absl::StatusOr<json> Ask(const char* phase, const std::string& what);
  absl::StatusOr<MadeProof> ProveCold(const std::string& witness);
  absl::StatusOr<MadeProof> ProveWarm(const std::string& witness);
  absl::StatusOr<Verdict> VerifyCold();
  absl::StatusOr<Verdict> VerifyWarm();
  // What the prover said it wrote.
  absl::StatusOr<Proof> TakeProof();

  DescribedOptions options_;
  ProverTools tools_;  // ends the servants: outlives them
  Circuit circuit_;
  SetUpResult set_up_;
  BbCircuit bb_circuit_;  // where a servant speaks bb's language
  std::map<std::string, Stays> servants_;
};

// {"ok": true, ...} or {"ok": false, "error": "..."}.
absl::StatusOr<json> ReadAnswer(const std::string& line, const std::string& what) {
  json answer = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (answer.is_object() && answer.contains("ok") && answer["ok"].is_boolean()) {
    if (answer["ok"].get<bool>()) return answer;
    if (answer.contains("error") && answer["error"].is_string()) {
      return absl::InternalError(what + ": " + answer["error"].get<std::string>());
    }
  }
  return absl::InternalError(absl::StrFormat("%s: the servant answered '%s', which is no answer",
                                             what, line.substr(0, kAnswerBytesShown)));
}

absl::StatusOr<Keys> Described::SetUp(const Circuit& circuit) {
  circuit_ = circuit;
  BF_RETURN_IF_ERROR(tools_.Start());
  BF_ASSIGN_OR_RETURN(set_up_, SetUpDescribed(tools_, options_, circuit));
  if (options_.warm) {
    BF_RETURN_IF_ERROR(StartServants());
    BF_RETURN_IF_ERROR(WarmUp());
  }
  return set_up_.keys;
}

absl::Status Described::StartServants() {
  for (const ProverServant& servant : options_.description.servants) {
    BF_ASSIGN_OR_RETURN(const SpawnRequest request, tools_.Request(servant.run));
    Stays& stays = servants_[servant.name];
    if (servant.speaks_bb) {
      BF_ASSIGN_OR_RETURN(bb_circuit_, ReadBbCircuit(circuit_.name, tools_.values().at("program"),
                                                     set_up_.keys.verification));
      BF_ASSIGN_OR_RETURN(stays.bb,
                          BbServer::Start(tools_.spawner(), request, "the " + servant.name));
      continue;
    }
    BF_ASSIGN_OR_RETURN(stays.lines,
                        Servant::Start(tools_.spawner(), request, "the " + servant.name));
  }
  for (auto& [name, stays] : servants_) {
    if (stays.lines == nullptr) continue;
    BF_ASSIGN_OR_RETURN(const std::string greeting, stays.lines->ReadLine());
    const json ready = json::parse(greeting, nullptr, /*allow_exceptions=*/false);
    if (ready != json{{"ready", true}}) {
      return stays.lines->Error("it does not say that it is ready");
    }
  }
  return absl::OkStatus();
}

// One whole round, after which programs are compiled and keys and reference strings are read.
absl::Status Described::WarmUp() {
  BF_ASSIGN_OR_RETURN(const std::string witness, MakeWitness());
  BF_ASSIGN_OR_RETURN(const MadeProof made, Prove(witness));
  BF_ASSIGN_OR_RETURN(const Verdict verdict, Verify(made.proof));
  if (verdict.valid) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrFormat("the first proof of %s does not verify: %s", circuit_.name, verdict.reason));
}

absl::StatusOr<json> Described::Ask(const char* phase, const std::string& what) {
  json request = {{"do", phase}};
  for (const auto& [name, text] : options_.description.warm.at(phase).ask) {
    BF_ASSIGN_OR_RETURN(request[name], tools_.Fill(text));
  }
  Servant& servant = *ServantOf(phase).lines;
  const std::string line = request.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  BF_RETURN_IF_ERROR(Annotate(servant.Ask(line), what));
  const absl::StatusOr<std::string> answer = servant.ReadLine();
  BF_RETURN_IF_ERROR(Annotate(answer.status(), what));
  return ReadAnswer(*answer, what);
}

absl::StatusOr<std::string> Described::MakeWitness() {
  const std::string what = Doing("solving the witness of");
  BF_RETURN_IF_ERROR(tools_.PutWitness(""));  // lest an old one be taken for it
  if (options_.warm) {
    BF_RETURN_IF_ERROR(Ask("witness", what).status());
  } else {
    BF_ASSIGN_OR_RETURN(const CommandResult result, tools_.RunToEnd(options_.description.witness));
    // A solver may say on its stdout, as a servant does, why there is no witness.
    const json said = json::parse(result.output.Text(), nullptr, /*allow_exceptions=*/false);
    if (said.is_object()) BF_RETURN_IF_ERROR(ReadAnswer(result.output.Text(), what).status());
    if (!result.succeeded()) return ProgramError(result.exit, result.errors, what);
  }
  absl::StatusOr<std::string> witness = tools_.TakeWitness();
  if (witness.ok()) return witness;
  return absl::InternalError(Message(Annotate(witness.status(), what)));
}

absl::StatusOr<Proof> Described::TakeProof() {
  Proof proof;
  for (const auto& [name, target] :
       {std::pair("proof", &proof.proof), std::pair("public_inputs", &proof.public_inputs)}) {
    absl::StatusOr<std::string> bytes = TakeFileBytes(tools_.values().at(name));
    if (!bytes.ok()) {
      return absl::InternalError(
          absl::StrFormat("proving %s: the prover ended well, but left no usable result: %s",
                          circuit_.name, Message(bytes.status())));
    }
    *target = *std::move(bytes);
  }
  return proof;
}

absl::StatusOr<MadeProof> Described::Prove(const std::string& witness) {
  // Verify() left its claim where the proof is looked for.
  for (const char* name : {"proof", "public_inputs"}) unlink(tools_.values().at(name).c_str());
  absl::StatusOr<MadeProof> made = options_.warm ? ProveWarm(witness) : ProveCold(witness);
  tools_.ForgetWitness();
  if (options_.warm) ServantOf("prove").servant().GiveUpOn(nullptr);
  if (options_.warm && made.status().code() == absl::StatusCode::kCancelled) {
    servants_.clear();  // one of them is at it still
    BF_RETURN_IF_ERROR(StartServants());
  }
  return made;
}

absl::StatusOr<MadeProof> Described::ProveCold(const std::string& witness) {
  BF_RETURN_IF_ERROR(tools_.PutWitness(witness));
  BF_ASSIGN_OR_RETURN(const CommandResult result,
                      tools_.Run(options_.description.prove, Doing("proving"), stop()));
  MadeProof made;
  BF_ASSIGN_OR_RETURN(made.proof, TakeProof());
  made.cpu = result.exit.user + result.exit.system;
  made.rss_peak_bytes = result.exit.max_rss_bytes;
  if (!options_.description.spans.empty()) {
    BF_ASSIGN_OR_RETURN(const std::string path, tools_.Fill(options_.description.spans));
    BF_ASSIGN_OR_RETURN(const std::string spans, TakeFileBytes(path));
    BF_ASSIGN_OR_RETURN(made.spans, ReadSpans(spans, options_.description.span_metrics));
  }
  return made;
}

absl::StatusOr<MadeProof> Described::ProveWarm(const std::string& witness) {
  Stays& stays = ServantOf("prove");
  Servant& servant = stays.servant();
  servant.GiveUpOn(stop());
  servant.ResetRssPeak();
  BF_ASSIGN_OR_RETURN(const absl::Duration before, servant.CpuTime());
  MadeProof made;
  if (stays.bb != nullptr) {
    BF_ASSIGN_OR_RETURN(made.proof, ProveByBb(*stays.bb, bb_circuit_, witness));
  } else {
    BF_RETURN_IF_ERROR(tools_.PutWitness(witness));
    BF_ASSIGN_OR_RETURN(const json answer, Ask("prove", Doing("proving")));
    BF_ASSIGN_OR_RETURN(made.proof, TakeProof());
    if (answer.contains("spans")) {
      BF_ASSIGN_OR_RETURN(made.spans,
                          ReadSpans(answer["spans"].dump(), options_.description.span_metrics));
    }
  }
  BF_ASSIGN_OR_RETURN(const absl::Duration after, servant.CpuTime());
  made.cpu = after - before;
  BF_ASSIGN_OR_RETURN(made.rss_peak_bytes, servant.RssPeakBytes());
  return made;
}

absl::StatusOr<Verdict> Described::Verify(const Proof& proof) {
  if (options_.warm && ServantOf("verify").bb != nullptr) {
    return VerifyByBb(*ServantOf("verify").bb, bb_circuit_, proof);
  }
  BF_RETURN_IF_ERROR(WriteFileBytes(tools_.values().at("proof"), proof.proof));
  BF_RETURN_IF_ERROR(WriteFileBytes(tools_.values().at("public_inputs"), proof.public_inputs));
  return options_.warm ? VerifyWarm() : VerifyCold();
}

absl::StatusOr<Verdict> Described::VerifyCold() {
  BF_ASSIGN_OR_RETURN(const CommandResult result, tools_.RunToEnd(options_.description.verify));
  if (result.exit.succeeded()) return Verdict{true, ""};
  if (result.exit.way == ExitReport::Way::kExited && result.exit.code == kRefused) {
    const std::string last = LastLines(result.errors);
    return Verdict{false, last.empty() ? "the verifier says no" : last};
  }
  return ProgramError(result.exit, result.errors, Doing("verifying a proof of"));
}

absl::StatusOr<Verdict> Described::VerifyWarm() {
  BF_ASSIGN_OR_RETURN(const json answer, Ask("verify", Doing("verifying a proof of")));
  if (!answer.contains("valid") || !answer["valid"].is_boolean()) {
    return ServantOf("verify").servant().Error("it answers without a verdict");
  }
  const bool valid = answer["valid"].get<bool>();
  return Verdict{valid, valid ? "" : "the verifier says no"};
}

std::vector<std::string> Described::SubPhases() const {
  std::vector<std::string> names;
  if (options_.warm && options_.description.warm.at("prove").ask.empty()) return names;
  for (const auto& [name, unused] : options_.description.span_metrics) names.push_back(name);
  return names;
}

}  // namespace

std::unique_ptr<Prover> DescribedProver(DescribedOptions options) {
  return std::make_unique<Described>(std::move(options));
}

}  // namespace benchfleet
