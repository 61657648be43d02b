#include "base/spawner_test_util.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/status.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

// Of "pid (any name) state parent ...": state and parent.
std::pair<char, pid_t> StateAndParent(pid_t pid) {
  const std::string text = ReadFile("/proc/" + std::to_string(pid) + "/stat");
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos || text.size() < name_end + 5) return {'X', 0};
  return {text[name_end + 2], std::atoi(text.c_str() + name_end + 4)};
}

}  // namespace

std::unique_ptr<Spawner> StartTestSpawner(absl::Duration grace) {
  SpawnerOptions options;
  options.grace = grace;
  absl::StatusOr<std::unique_ptr<Spawner>> spawner = Spawner::Start(options);
  if (!spawner.ok()) {
    ADD_FAILURE() << Message(spawner.status());
    std::abort();
  }
  return *std::move(spawner);
}

SpawnRequest Command(std::vector<std::string> argv) {
  SpawnRequest request;
  request.argv = std::move(argv);
  return request;
}

SpawnRequest Shell(const std::string& script) { return Command({"/bin/sh", "-c", script}); }

ExitReport RunToEnd(Spawner& spawner, const SpawnRequest& request) {
  const absl::StatusOr<uint64_t> id = spawner.Spawn(request);
  EXPECT_TRUE(id.ok()) << Message(id.status());
  if (!id.ok()) return ExitReport();
  const absl::StatusOr<ExitReport> report = spawner.Wait(*id);
  EXPECT_TRUE(report.ok()) << Message(report.status());
  return report.ok() ? *report : ExitReport();
}

bool IsAlive(pid_t pid) {
  const char state = StateAndParent(pid).first;
  return state != 'X' && state != 'Z';
}

std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid > 0 && StateAndParent(pid).second == parent) children.push_back(pid);
  }
  return children;
}

size_t OpenFds(pid_t pid) {
  size_t count = 0;
  const std::string process = pid == 0 ? "self" : std::to_string(pid);
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + process + "/fd")) {
    (void)entry;
    ++count;
  }
  return count;
}

bool Eventually(const std::function<bool()>& condition) {
  for (int attempt = 0; attempt < 30000; ++attempt) {
    if (condition()) return true;
    usleep(2000);
  }
  return false;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace benchfleet
