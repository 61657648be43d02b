// Where something ran, as people read it.
#pragma once

#include <string>

#include "proto/control.h"

namespace benchfleet {

// "alpha"; in a task on several hosts "alpha -> beta" for the client alpha of the server beta,
// "alpha (with gamma) -> beta" where another client measures at the same time, and "beta <- alpha"
// for the server's own run.
inline std::string PlaceText(const RunResult& run) {
  std::string same;
  std::string others;
  for (const TaskMember& member : run.members) {
    if (member.role == run.role && member.host == run.host) continue;
    std::string& names = member.role == run.role ? same : others;
    names += (names.empty() ? "" : " + ") + member.host;
  }
  if (run.members.empty()) return run.host;
  return run.host + (same.empty() ? "" : " (with " + same + ")") +
         (run.role == kServerRole ? " <- " : " -> ") + others;
}

}  // namespace benchfleet
