#include "workloads/runner_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>

#include "base/frame.h"
#include "proto/chunk.h"
#include "proto/convert.h"

extern char** environ;

namespace benchfleet {
namespace {

constexpr size_t kOutputMax = 1 << 20;
constexpr int kChildFd = 3;

struct Child {
  pid_t pid = -1;
  int events = -1;
  int output = -1;
};

Child Start(const std::vector<std::string>& arguments) {
  int events[2];
  int output[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, events) != 0 ||
      pipe2(output, O_CLOEXEC) != 0) {
    std::abort();
  }
  std::vector<std::string> words = {RunnerPath(), "--fd", std::to_string(kChildFd)};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  // Out of the way of the numbers that the child gets.
  const int child_end = fcntl(events[1], F_DUPFD_CLOEXEC, 100);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, child_end, kChildFd);
  Child child;
  if (posix_spawn(&child.pid, argv[0], &actions, nullptr, argv.data(), environ) != 0) std::abort();
  posix_spawn_file_actions_destroy(&actions);
  close(events[1]);
  close(child_end);
  close(output[1]);
  child.events = events[0];
  child.output = output[0];
  return child;
}

// Reads what is there; false at the end of the stream.
bool ReadSome(int fd, std::string* bytes) {
  char buffer[65536];
  const ssize_t got = read(fd, buffer, sizeof buffer);
  if (got <= 0) return false;
  bytes->append(buffer, static_cast<size_t>(got));
  return true;
}

void TakeEvents(FrameDecoder& decoder, RunnerResult& result) {
  while (result.stream.ok()) {
    const absl::StatusOr<std::optional<std::string>> frame = decoder.Next();
    result.stream = frame.status();
    if (!frame.ok() || !*frame) return;
    absl::StatusOr<RunnerEvent> event = ParseRunnerEvent(**frame);
    result.stream = event.status();
    if (event.ok()) result.events.push_back(*std::move(event));
  }
}

}  // namespace

const RunStarted* RunnerResult::started() const {
  return events.empty() ? nullptr : std::get_if<RunStarted>(&events.front());
}

const RunnerFinished* RunnerResult::finished() const {
  return events.empty() ? nullptr : std::get_if<RunnerFinished>(&events.back());
}

std::vector<double> RunnerResult::Values(const std::string& metric) const {
  std::vector<double> values;
  for (const RunnerEvent& event : events) {
    const auto* chunk = std::get_if<SampleChunk>(&event);
    if (chunk == nullptr || chunk->metric != metric || chunk->warmup) continue;
    if (!DecodeChunk(*chunk, &values).ok()) std::abort();
  }
  return values;
}

RunnerResult DriveRunner(const RunnerRequest& request, const std::vector<std::string>& arguments,
                         int kill_when_silent_ms) {
  RunnerResult result;
  Child child = Start(arguments);
  // A runner that is gone already is what some tests are about.
  (void)WriteFrame(child.events, Serialize(request));
  FrameDecoder decoder;
  int left_ms = kill_when_silent_ms == 0 ? -1 : kill_when_silent_ms;
  pollfd fds[2] = {{child.events, POLLIN, 0}, {child.output, POLLIN, 0}};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    if (poll(fds, 2, left_ms) == 0) {
      kill(child.pid, SIGKILL);
      left_ms = -1;
      continue;
    }
    if (fds[0].revents != 0) {
      std::string bytes;
      if (!ReadSome(fds[0].fd, &bytes)) fds[0].fd = -1;
      decoder.Append(bytes);
      TakeEvents(decoder, result);
    }
    if (fds[1].revents != 0 && !ReadSome(fds[1].fd, &result.output)) fds[1].fd = -1;
    if (result.output.size() > kOutputMax) result.output.resize(kOutputMax);
  }
  waitpid(child.pid, &result.wait_status, 0);
  close(child.events);
  close(child.output);
  if (result.stream.ok() && !decoder.AtBoundary()) {
    result.stream = absl::DataLossError("the stream ended within a frame");
  }
  return result;
}

ShellResult Shell(const std::string& command) {
  ShellResult result;
  std::FILE* pipe = popen(("{ " + command + "; } 2>&1").c_str(), "re");
  if (pipe == nullptr) std::abort();
  char buffer[4096];
  for (size_t got; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    result.output.append(buffer, got);
  }
  const int status = pclose(pipe);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

std::string RunnerPath() {
  const char* folder = std::getenv("BENCHFLEET_BIN_DIR");
  if (folder == nullptr) std::abort();  // ctest sets it
  return std::string(folder) + "/bench-runner";
}

}  // namespace benchfleet
