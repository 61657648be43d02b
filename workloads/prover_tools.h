// Running the programs that a description names: placeholders, environment, processes to their end.
// Private to workloads/.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/spawner.h"
#include "base/subprocess.h"
#include "workloads/prover_description.h"
#include "workloads/prover_files.h"

namespace benchfleet {

class StopRequest;

// One owner, one thread. What it starts ends with it.
class ProverTools {
 public:
  // `work_dir` exists and is of this prover alone.
  ProverTools(ProverDescription description, std::string work_dir)
      : description_(std::move(description)), work_dir_(std::move(work_dir)) {}

  // Once, before anything is run.
  absl::Status Start();

  const ProverDescription& description() const { return description_; }
  const std::string& work_dir() const { return work_dir_; }
  Spawner& spawner() { return *spawner_; }
  const MemoryFile& witness() const { return *witness_; }

  void Define(const std::string& name, const std::string& value) { values_[name] = value; }
  const StringMap& values() const { return values_; }
  absl::StatusOr<std::string> Fill(const std::string& text) const {
    return FillPlaceholders(text, values_);
  }
  absl::StatusOr<std::vector<std::string>> Fill(const std::vector<std::string>& texts) const;

  // A request for it with an environment in which nothing of the user's is found by accident, and
  // the witness file as descriptor 3.
  absl::StatusOr<SpawnRequest> Request(const Command& command) const;
  // Runs it to its end, whatever that is. Cancelled once `stop` is asked, where it is given.
  absl::StatusOr<CommandResult> RunToEnd(const Command& command, const StopRequest* stop = nullptr);
  // The same, where an end other than exit code 0 is an error that carries the last lines of
  // stderr, all of which goes to our own; `what` says what was being done.
  absl::StatusOr<CommandResult> Run(const Command& command, const std::string& what,
                                    const StopRequest* stop = nullptr);

  // The witness as programs find it, under {witness}.
  absl::Status PutWitness(const std::string& bytes);
  absl::StatusOr<std::string> TakeWitness();
  // Overwrites it, so that it does not stay where a description has it in a file.
  void ForgetWitness();

 private:
  const ProverDescription description_;
  const std::string work_dir_;
  StringMap values_;
  std::unique_ptr<Spawner> spawner_;
  std::unique_ptr<MemoryFile> witness_;
};

// The error for a program that ended badly; its stderr goes to our own.
absl::Status ProgramError(const ExitReport& exit, const OutputTail& errors,
                          const std::string& what);
// The last lines of what a program said, on one line.
std::string LastLines(const OutputTail& errors);

}  // namespace benchfleet
