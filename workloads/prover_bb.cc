#include "workloads/prover_bb.h"

#include <zlib.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "base/text.h"
#include "workloads/prover_files.h"

namespace benchfleet {
namespace {

using nlohmann::json;

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
  for (size_t at = 0; at < bytes.size(); at += kFieldElementBytes) {
    elements.push_back(Binary(std::string_view(bytes).substr(at, kFieldElementBytes)));
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
  if (state == Z_STREAM_END && bytes.size() <= kProverFileBytesMax) return bytes;
  if (state == Z_OK || state == Z_STREAM_END) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%s is larger than the bound of a witness, %s", what,
                        FormatBytes(static_cast<double>(kProverFileBytesMax))));
  }
  return absl::InternalError(what + " is no valid gzip");
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

}  // namespace

absl::StatusOr<BbCircuit> ReadBbCircuit(const std::string& name, const std::string& program,
                                        const std::string& verification_key) {
  BF_ASSIGN_OR_RETURN(const std::string bytecode, Bytecode(program));
  return BbCircuit{{{"name", name},
                    {"bytecode", Binary(bytecode)},
                    {"verification_key", Binary(verification_key)}},
                   name,
                   verification_key};
}

absl::StatusOr<Proof> ProveByBb(BbServer& server, const BbCircuit& circuit,
                                const std::string& witness) {
  BF_ASSIGN_OR_RETURN(const std::string unzipped, Unzipped(witness, "the witness"));
  const absl::StatusOr<json> results = server.Call(
      "CircuitProve",
      {{"circuit", circuit.circuit}, {"witness", Binary(unzipped)}, {"settings", Settings()}});
  BF_RETURN_IF_ERROR(Annotate(results.status(), "proving " + circuit.name));
  Proof proof;
  BF_ASSIGN_OR_RETURN(proof.proof, Joined(*results, "proof"));
  BF_ASSIGN_OR_RETURN(proof.public_inputs, Joined(*results, "public_inputs"));
  return proof;
}

absl::StatusOr<Verdict> VerifyByBb(BbServer& server, const BbCircuit& circuit, const Proof& proof) {
  const absl::StatusOr<json> results =
      server.Call("CircuitVerify", {{"verification_key", Binary(circuit.verification_key)},
                                    {"public_inputs", Elements(proof.public_inputs)},
                                    {"proof", Elements(proof.proof)},
                                    {"settings", Settings()}});
  if (absl::IsFailedPrecondition(results.status())) {
    return Verdict{false, Message(results.status())};
  }
  BF_RETURN_IF_ERROR(Annotate(results.status(), "verifying a proof of " + circuit.name));
  if (!results->contains("verified") || !(*results)["verified"].is_boolean()) {
    return server.servant().Error("it answers without a verdict");
  }
  const bool valid = (*results)["verified"].get<bool>();
  return Verdict{valid, valid ? "" : "the verifier says no"};
}

}  // namespace benchfleet
