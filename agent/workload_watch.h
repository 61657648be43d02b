// Sees when this host can run something else than before: a prover was installed, a plug-in added,
// a new bench-runner put in place.
//
//   every ten seconds: look at the files that the list depends on --changed--> ask bench-runner
//   again LookAgain(): ask in any case                                                   |
//                                     a list that differs: on_change <-------------+
//
// Nothing is looked at while `is_quiet` says no: a run is measured then. A list that cannot be had
// (a plug-in half copied) changes nothing; it is asked for again at the next change.
//
// Threads: owned and used on the loop, which outlives it; bench-runner is asked on a short-lived
// thread, for which the destructor waits.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "agent/workload_list.h"
#include "base/loop_scope.h"

namespace benchfleet {

class WorkloadWatch {
 public:
  using OnChange = std::function<void(const WorkloadList&)>;

  // `command` is bench-runner's, `known` its last answer.
  WorkloadWatch(TaskLoop* loop, std::vector<std::string> command, WorkloadList known,
                std::function<bool()> is_quiet, OnChange on_change);
  ~WorkloadWatch();

  void Start();
  void LookAgain();

  // For tests on a loop without a thread: whether an answer is on its way, and waiting until it is
  // posted.
  bool asking() const { return asking_; }
  void AwaitAnswer() { thread_.join(); }

 private:
  void Look();
  void Ask();
  void OnAnswer(absl::StatusOr<WorkloadList> answer);

  TaskLoop* const loop_;
  const std::vector<std::string> command_;
  const std::function<bool()> is_quiet_;
  const OnChange on_change_;
  WorkloadList known_;
  std::map<std::string, std::string> marks_;  // of known_.depends_on, when it was asked for
  bool again_ = false;                        // whatever the marks say
  bool asking_ = false;
  std::thread thread_;
  LoopScope scope_;
};

}  // namespace benchfleet
