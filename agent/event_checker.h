// Takes a runner's stream of bytes apart and holds it to the rules, so that everything behind it
// may trust what it gets:
//
//   [RunStarted [RunnerReady] SampleChunk...] RunnerFinished end
//
// chunks decode, belong to a declared metric, continue where its last one ended, and their number
// is what RunnerFinished says. A value of one run; single-threaded.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/frame.h"
#include "proto/model.h"

namespace benchfleet {

class EventChecker {
 public:
  void Append(std::string_view bytes) { decoder_.Append(bytes); }

  // The next event, or nothing until more bytes come. Error: what came is no event, or not one that
  // may come now; the reason is for people. The stream is lost then.
  absl::StatusOr<std::optional<RunnerEvent>> Next();

  // True at a place where a stream may end: the last event was whole.
  bool AtBoundary() const { return decoder_.AtBoundary(); }
  bool started() const { return started_; }

 private:
  absl::Status Check(const RunnerEvent& event);
  absl::Status CheckStarted(const RunStarted& started);
  absl::Status CheckSamples(const SampleChunk& chunk);
  absl::Status CheckReady(const RunnerReady& ready);
  absl::Status CheckFinished(const RunnerFinished& finished) const;

  FrameDecoder decoder_;
  bool started_ = false;
  bool ready_ = false;
  bool finished_ = false;
  std::map<std::string, uint64_t> samples_;  // by metric, of those that may have some
  uint64_t total_ = 0;
};

}  // namespace benchfleet
