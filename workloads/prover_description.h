// A prover as data: what one YAML file says about how to make keys, witnesses and proofs, and how
// to verify them. docs/provers.md has the format with an example; this is the same, read and
// checked.
//
// Texts may hold placeholders, "{proof}". Known are: those that stand for where things are,
//   bin (Benchfleet's programs), provers (what install-provers made), installed.NAME (of its
//   manifest), description (the folder of this file), work (the run's own folder), out (that of a
//   set-up step)
// those of the run,
//   circuit, threads, option.NAME, witness, proof, public_inputs
// and what the file defines itself: its programs, its circuits' variables, what its steps make.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/model.h"

namespace benchfleet {

using Command = std::vector<std::string>;  // argv, with placeholders

struct ProverProgram {
  std::string name;     // its placeholder
  std::string path;     // or a name to look for in PATH
  std::string package;  // what to install where it is missing
};

// Made once and kept under the digest of what it is made from.
struct ProverStep {
  std::string name;               // "keys": for people
  std::vector<std::string> from;  // files whose content decides
  Command run;
  StringMap makes;    // placeholder -> file name in {out}
  StringMap instead;  // placeholder -> what is taken where all of these are installed
};

// A program that stays. It speaks in lines of JSON, or as `bb msgpack run` does.
struct ProverServant {
  std::string name;
  Command run;
  bool speaks_bb = false;
};

struct WarmPhase {
  std::string servant;
  StringMap ask;  // the request to a servant that speaks lines, besides "do"
};

// A value.
struct ProverDescription {
  std::string file;  // where it stands
  std::string name;  // as the file is called: NAME.yaml
  std::string about;
  std::string licence;
  std::vector<ProverProgram> programs;
  std::vector<std::string> identity;        // files: what proves
  std::map<std::string, Command> versions;  // "prover" is among them; facts NAME.version
  StringMap environment;
  std::string reference_string;  // which of the manifest's it is made from, "" for none
  std::string insecure;          // why its proofs are, whatever the reference string; or ""
  bool witness_in_file = false;  // it cannot be handed over in memory
  bool proof_is_text = false;    // else it is of 32-byte elements
  StringMap options;             // name -> default
  StringMap files;               // of each circuit: placeholder -> path
  std::map<std::string, StringMap> circuits;  // name -> placeholders
  std::string no_others;                      // why there are no other circuits
  std::vector<ProverStep> set_up;             // the last makes {verification_key}
  Command witness, prove, verify;
  std::string spans;       // JSON file that `prove` leaves: name -> ns, or as bb writes it
  StringMap span_metrics;  // sub-phase -> name in there
  std::vector<ProverServant> servants;
  std::map<std::string, WarmPhase> warm;  // "witness", "prove", "verify": all or none
};

// Bounds of what a file may hold.
inline constexpr size_t kMaxDescriptionBytes = size_t{64} << 10;
inline constexpr size_t kMaxSubPhases = 8;

// `text` is the content of `file`. Errors, InvalidArgument: "FILE:LINE:COLUMN: what, expected
// what".
absl::StatusOr<ProverDescription> ParseProverDescription(std::string_view text,
                                                         const std::string& file);

// Where descriptions are looked for, in this order: the folders of $BENCHFLEET_PROVER_PATH
// (separated by ':'), `installed` (where not empty), those installed with Benchfleet.
std::vector<std::string> DescriptionFolders(const std::string& installed);
// The first NAME.yaml. Errors: NotFound, naming those that there are; as ParseProverDescription.
absl::StatusOr<ProverDescription> FindProverDescription(const std::string& name,
                                                        const std::vector<std::string>& folders);
// All names, sorted.
std::vector<std::string> ProverNames(const std::vector<std::string>& folders);

// The names in braces in `text`, in order.
std::vector<std::string> PlaceholdersIn(std::string_view text);
// With every placeholder's value in its place. Error, NotFound: one has no value.
absl::StatusOr<std::string> FillPlaceholders(std::string_view text, const StringMap& values);

}  // namespace benchfleet
