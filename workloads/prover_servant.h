// A program that stays and answers on its stdout what it is asked on its stdin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/spawner.h"
#include "base/subprocess_output.h"

namespace benchfleet {

class StopRequest;

// What an answer may have; one that is longer is refused by name.
inline constexpr size_t kServantAnswerBytesMax = size_t{1} << 20;

// Life cycle: 1. Start(); 2. Ask(), then Read...() of the answer, any number of times; 3. the
// destructor closes its stdin, and its spawner, which outlives it, ends it. After an error only the
// destructor is of use. One thread; calls block for as long as the program takes.
//
// Errors carry `name`, how the program ended if it did, and the last lines of its stderr.
class Servant {
 public:
  // `name` is for people: "the witness solver".
  static absl::StatusOr<std::unique_ptr<Servant>> Start(Spawner& spawner, SpawnRequest request,
                                                        std::string name);
  ~Servant();
  Servant(const Servant&) = delete;
  Servant& operator=(const Servant&) = delete;

  // Sends all of it. Error: something of an earlier answer was not read.
  absl::Status Ask(std::string_view bytes);
  absl::StatusOr<std::string> ReadBytes(size_t size);
  // Without its newline.
  absl::StatusOr<std::string> ReadLine();

  // From now on a call ends early, with Cancelled, once `stop` is asked; nullptr: never. `stop`
  // outlives that. What was asked is then under way still: only the destructor is of use.
  void GiveUpOn(const StopRequest* stop) { stop_ = stop; }

  // User and system time of all of its threads so far.
  absl::StatusOr<absl::Duration> CpuTime() const;
  // The largest resident size since the last ResetRssPeak(), or since its start where the kernel
  // does not let us reset.
  absl::StatusOr<int64_t> RssPeakBytes() const;
  void ResetRssPeak() const;

  // An error in the words that those of this class use; `what` went wrong.
  absl::Status Error(std::string_view what) const;

 private:
  Servant(Spawner& spawner, std::string name);
  // Waits until something can be read, or written where `unsent` is not empty, and does that.
  absl::Status Pump(std::string_view& unsent);
  absl::Status ReadSome();
  void ReadErrors();
  absl::Status Ended();

  Spawner& spawner_;
  const std::string name_;
  uint64_t id_ = 0;
  int pid_ = 0;
  int channel_ = -1;  // its stdin and stdout: one socket
  int errors_ = -1;   // its stderr
  std::string answer_;
  OutputTail error_tail_;
  const StopRequest* stop_ = nullptr;
};

}  // namespace benchfleet
