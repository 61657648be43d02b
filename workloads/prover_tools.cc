#include "workloads/prover_tools.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/limits.h"
#include "base/status.h"
#include "workloads/stop_request.h"

namespace benchfleet {
namespace {

constexpr int kWitnessFd = 3;
constexpr char kWitnessPath[] = "/proc/self/fd/3";
constexpr size_t kLinesInMessage = 3;

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

absl::Status ProverTools::Start() {
  BF_ASSIGN_OR_RETURN(spawner_, Spawner::Start());
  BF_ASSIGN_OR_RETURN(MemoryFile witness, MemoryFile::Create());
  witness_ = std::make_unique<MemoryFile>(std::move(witness));
  Define("work", work_dir_);
  Define("proof", work_dir_ + "/proof");
  Define("public_inputs", work_dir_ + "/public_inputs");
  Define("witness", description_.witness_in_file ? work_dir_ + "/witness" : kWitnessPath);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ProverTools::Fill(
    const std::vector<std::string>& texts) const {
  std::vector<std::string> filled;
  for (const std::string& text : texts) {
    BF_ASSIGN_OR_RETURN(filled.emplace_back(), Fill(text));
  }
  return filled;
}

absl::StatusOr<SpawnRequest> ProverTools::Request(const Command& command) const {
  const char* path = std::getenv("PATH");
  SpawnRequest request;
  BF_ASSIGN_OR_RETURN(request.argv, Fill(command));
  request.inherit_environment = false;
  request.environment = {{"PATH", path == nullptr ? "/usr/bin:/bin" : path},
                         {"HOME", work_dir_},
                         {"TMPDIR", work_dir_},
                         {"HARDWARE_CONCURRENCY", values_.at("threads")}};
  for (const auto& [name, text] : description_.environment) {
    BF_ASSIGN_OR_RETURN(const std::string value, Fill(text));
    request.environment.emplace_back(name, value);
  }
  request.directory = work_dir_;
  request.data_fd = witness_->fd();
  request.data_fd_number = kWitnessFd;
  return request;
}

absl::StatusOr<CommandResult> ProverTools::RunToEnd(const Command& command,
                                                    const StopRequest* stop) {
  BF_ASSIGN_OR_RETURN(const SpawnRequest request, Request(command));
  CommandOptions options;
  options.timeout = absl::InfiniteDuration();  // the run's timeout holds
  if (stop != nullptr) options.stop_fd = stop->fd();
  BF_ASSIGN_OR_RETURN(CommandResult result, RunCommand(*spawner_, request, options));
  if (stop != nullptr && stop->asked()) {
    return absl::CancelledError(result.exit.program + " was given up");
  }
  return result;
}

absl::StatusOr<CommandResult> ProverTools::Run(const Command& command, const std::string& what,
                                               const StopRequest* stop) {
  BF_ASSIGN_OR_RETURN(CommandResult result, RunToEnd(command, stop));
  if (!result.succeeded()) return ProgramError(result.exit, result.errors, what);
  return result;
}

absl::Status ProverTools::PutWitness(const std::string& bytes) {
  if (!description_.witness_in_file) return witness_->Rewrite(bytes);
  return WriteFileBytes(values_.at("witness"), bytes);
}

absl::StatusOr<std::string> ProverTools::TakeWitness() {
  absl::StatusOr<std::string> bytes =
      description_.witness_in_file ? TakeFileBytes(values_.at("witness")) : witness_->Bytes();
  if (!bytes.ok()) return OfWitness(bytes.status());
  if (!description_.witness_in_file && bytes->empty())
    return absl::NotFoundError("it wrote no witness");
  return bytes;
}

void ProverTools::ForgetWitness() {
  if (description_.witness_in_file) unlink(values_.at("witness").c_str());
}

}  // namespace benchfleet
