#include "base/spawner_encode.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace benchfleet {
namespace {

namespace protocol = spawner_protocol;

constexpr std::string_view kStandardPath = "/usr/local/bin:/usr/bin:/bin";

absl::Status Unusable(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrFormat("spawn request: %s", what));
}

std::vector<std::string> BuildEnvironment(const SpawnRequest& request) {
  std::vector<std::string> result;
  if (request.inherit_environment) {
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
      const std::string_view text = *entry;
      const std::string_view name = text.substr(0, text.find('='));
      bool replaced = false;
      for (const auto& [key, value] : request.environment) replaced |= key == name;
      if (!replaced) result.emplace_back(text);
    }
  }
  for (const auto& [key, value] : request.environment) {
    result.push_back(absl::StrFormat("%s=%s", key, value));
  }
  return result;
}

// The path for execve. A name that PATH does not have gives "", with which execve says ENOENT; one
// that is there but may not be executed gives that path, with which it says EACCES.
std::string FindProgram(const std::string& name, const std::vector<std::string>& environment) {
  if (name.find('/') != std::string::npos) return name;
  std::string_view path = kStandardPath;
  for (const std::string& variable : environment) {
    if (variable.rfind("PATH=", 0) == 0) path = std::string_view(variable).substr(5);
  }
  std::string refused;
  while (!path.empty()) {
    const size_t colon = path.find(':');
    const std::string_view folder = path.substr(0, colon);
    path = colon == std::string_view::npos ? std::string_view() : path.substr(colon + 1);
    if (folder.empty() || folder.front() != '/') continue;  // would count from our own directory
    std::string candidate = absl::StrFormat("%s/%s", folder, name);
    struct stat status {};
    if (stat(candidate.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    if (refused.empty()) refused = std::move(candidate);
  }
  return refused;
}

absl::Status FillOptions(const SpawnRequest& request, protocol::RequestHeader* header) {
  if (request.limits.size() > protocol::kLimitsMax) {
    return Unusable(absl::StrFormat("%d resource limits (at most %d)", request.limits.size(),
                                    protocol::kLimitsMax));
  }
  for (const ResourceLimit& limit : request.limits) {
    if (limit.resource < 0 || limit.resource >= RLIM_NLIMITS || limit.soft > limit.hard) {
      return Unusable(absl::StrFormat("resource limit %d of %d to %d (soft must not exceed hard)",
                                      limit.resource, limit.soft, limit.hard));
    }
    header->limits[header->limit_count++] = {static_cast<uint32_t>(limit.resource), 0, limit.soft,
                                             limit.hard};
  }
  for (const int cpu : request.cpus) {
    if (cpu < 0 || cpu >= static_cast<int>(protocol::kCpuWords * 64)) {
      return Unusable(absl::StrFormat("processor %d (expected 0 to 1023)", cpu));
    }
    header->cpus[cpu / 64] |= uint64_t{1} << (cpu % 64);
    header->has_cpus = 1;
  }
  if (request.nice.has_value()) {
    if (*request.nice < -20 || *request.nice > 19) {
      return Unusable(absl::StrFormat("nice %d (expected -20 to 19)", *request.nice));
    }
    header->has_nice = 1;
    header->nice = *request.nice;
  }
  const int fds[] = {request.stdin_fd, request.stdout_fd, request.stderr_fd, request.data_fd};
  for (uint32_t i = 0; i < protocol::kFdsMax; ++i) header->fd_mask |= fds[i] >= 0 ? 1u << i : 0;
  if (request.data_fd_number < 3 || request.data_fd_number > protocol::kDataFdNumberMax) {
    return Unusable(absl::StrFormat("data descriptor number %d (expected 3 to %d)",
                                    request.data_fd_number, protocol::kDataFdNumberMax));
  }
  header->data_fd_number = request.data_fd_number;
  return absl::OkStatus();
}

absl::Status AppendString(const std::string& text, std::string* packet) {
  if (text.find('\0') != std::string::npos) {
    return Unusable(absl::StrFormat("a string contains NUL: '%s...'", text.c_str()));
  }
  packet->append(text.c_str(), text.size() + 1);
  return absl::OkStatus();
}

template <typename T>
std::string BytesOf(const T& value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

const char* StepName(SpawnStep step) {
  switch (step) {
    case SpawnStep::kNone:
      return "nothing";
    case SpawnStep::kRequest:
      return "reading the request";
    case SpawnStep::kFork:
      return "vfork";
    case SpawnStep::kProcessGroup:
      return "setpgid";
    case SpawnStep::kCgroup:
      return "entering its cgroup";
    case SpawnStep::kDescriptors:
      return "installing descriptors";
    case SpawnStep::kNice:
      return "setting nice";
    case SpawnStep::kAffinity:
      return "setting processors";
    case SpawnStep::kLimits:
      return "setting resource limits";
    case SpawnStep::kDirectory:
      return "entering its directory";
    case SpawnStep::kExec:
      return "execve";
  }
  return "an unknown step";
}

static_assert(static_cast<uint32_t>(SpawnStep::kExec) ==
              static_cast<uint32_t>(protocol::Step::kExec));

}  // namespace

absl::StatusOr<std::string> EncodeSpawn(uint64_t id, const SpawnRequest& request) {
  if (request.argv.empty() || request.argv[0].empty()) return Unusable("no program to start");
  for (const auto& [key, value] : request.environment) {
    if (key.empty() || key.find('=') != std::string::npos) {
      return Unusable(absl::StrFormat("'%s' is no name of an environment variable", key));
    }
  }
  const std::vector<std::string> environment = BuildEnvironment(request);
  const size_t strings =
      request.argv.size() + environment.size() + request.cgroup_procs_files.size();
  if (strings > protocol::kStringsMax) {
    return Unusable(absl::StrFormat("%d arguments and environment variables (at most %d)", strings,
                                    protocol::kStringsMax));
  }
  protocol::RequestHeader header = {};
  header.type = protocol::RequestType::kSpawn;
  header.id = id;
  header.argument_count = static_cast<uint32_t>(request.argv.size());
  header.environment_count = static_cast<uint32_t>(environment.size());
  header.cgroup_count = static_cast<uint32_t>(request.cgroup_procs_files.size());
  BF_RETURN_IF_ERROR(FillOptions(request, &header));
  std::string packet = BytesOf(header);
  BF_RETURN_IF_ERROR(AppendString(FindProgram(request.argv[0], environment), &packet));
  BF_RETURN_IF_ERROR(AppendString(request.directory, &packet));
  for (const auto* list : {&request.argv, &environment, &request.cgroup_procs_files}) {
    for (const std::string& text : *list) BF_RETURN_IF_ERROR(AppendString(text, &packet));
  }
  if (packet.size() > protocol::kRequestBytesMax) {
    return Unusable(absl::StrFormat("arguments and environment take %d bytes (at most %d)",
                                    packet.size(), protocol::kRequestBytesMax));
  }
  return packet;
}

std::vector<int> DescriptorsOf(const SpawnRequest& request) {
  std::vector<int> fds;
  for (const int fd : {request.stdin_fd, request.stdout_fd, request.stderr_fd, request.data_fd}) {
    if (fd >= 0) fds.push_back(fd);
  }
  return fds;
}

std::string EncodeSignal(uint64_t id, int signal) {
  protocol::RequestHeader header = {};
  header.type = protocol::RequestType::kSignal;
  header.id = id;
  header.signal = signal;
  return BytesOf(header);
}

ExitReport MakeReport(const protocol::Reply& reply, const std::string& program) {
  ExitReport report;
  report.id = reply.id;
  report.program = program;
  if (reply.type == protocol::ReplyType::kFailed) {
    report.way = ExitReport::Way::kNotStarted;
    report.code = reply.error_number;
    report.step = static_cast<SpawnStep>(reply.step);
    return report;
  }
  const bool exited = WIFEXITED(reply.wait_status);
  report.way = exited ? ExitReport::Way::kExited : ExitReport::Way::kSignalled;
  report.code = exited ? WEXITSTATUS(reply.wait_status) : WTERMSIG(reply.wait_status);
  report.pid = reply.pid;
  report.descendants_killed = (reply.flags & protocol::kDescendantsKilled) != 0;
  report.descendants_left = (reply.flags & protocol::kDescendantsLeft) != 0;
  report.start_monotonic_ns = reply.start_ns;
  report.wall = absl::Nanoseconds(reply.wall_ns);
  report.user = absl::Nanoseconds(reply.user_ns);
  report.system = absl::Nanoseconds(reply.system_ns);
  report.max_rss_bytes = reply.max_rss_bytes;
  report.minor_faults = reply.minor_faults;
  report.major_faults = reply.major_faults;
  report.blocks_in = reply.blocks_in;
  report.blocks_out = reply.blocks_out;
  report.voluntary_switches = reply.voluntary_switches;
  report.involuntary_switches = reply.involuntary_switches;
  return report;
}

std::string ExitReport::Describe() const {
  switch (way) {
    case Way::kExited:
      return absl::StrFormat("%s exited with code %d", program, code);
    case Way::kSignalled: {
      const char* const name = sigdescr_np(code);
      return absl::StrFormat("%s was killed by signal %d (%s)", program, code,
                             name != nullptr ? name : "real-time");
    }
    case Way::kNotStarted:
      return absl::StrFormat("could not start %s: %s (%s)", program,
                             std::generic_category().message(code), StepName(step));
    case Way::kSpawnerLost:
      return absl::StrFormat("%s was lost: bench-spawner died", program);
  }
  return program;
}

}  // namespace benchfleet
