// Shared by the tests of bench-spawner and its clients: the state of processes, and bounded
// waiting.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "base/spawner.h"

namespace benchfleet {

// Starts one with its defaults (and a short grace), failing the test where that is not possible.
std::unique_ptr<Spawner> StartTestSpawner(absl::Duration grace = absl::Milliseconds(200));

SpawnRequest Command(std::vector<std::string> argv);
SpawnRequest Shell(const std::string& script);

// Runs to the end; fails the test when the spawner is lost.
ExitReport RunToEnd(Spawner& spawner, const SpawnRequest& request);

// Alive: there, and not a zombie.
bool IsAlive(pid_t pid);
// Children of `parent`, zombies included.
std::vector<pid_t> ChildrenOf(pid_t parent);
// Open descriptors of `pid` (0: this process).
size_t OpenFds(pid_t pid);

// Tries until `condition` holds; false after a minute.
bool Eventually(const std::function<bool()>& condition);

// The whole of a small file; "" where there is none.
std::string ReadFile(const std::string& path);

}  // namespace benchfleet
