#include "proto/model.h"

#include <algorithm>

namespace benchfleet {

std::string_view DirectionName(Direction direction) {
  switch (direction) {
    case Direction::kLowerIsBetter:
      return "lower_is_better";
    case Direction::kHigherIsBetter:
      return "higher_is_better";
    case Direction::kNeutral:
      return "neutral";
    case Direction::kUnspecified:
      break;
  }
  return "unspecified";
}

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kUnspecified:
      return "unknown";
    case Outcome::kOk:
      return "ok";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kInvalid:
      return "invalid result";
    case Outcome::kTimedOut:
      return "timed out";
    case Outcome::kCrashed:
      return "crashed";
    case Outcome::kGarbled:
      return "garbled output";
    case Outcome::kCancelled:
      return "cancelled";
    case Outcome::kLost:
      return "lost";
    case Outcome::kNotStarted:
      return "not started";
  }
  return "unknown";
}

std::string_view StateName(State state) {
  switch (state) {
    case State::kUnspecified:
      return "unknown";
    case State::kWaiting:
      return "waiting";
    case State::kRunning:
      return "running";
    case State::kDone:
      return "done";
    case State::kFailed:
      return "failed";
    case State::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

std::string ParameterOf(const WorkloadDescription& workload, const StringMap& parameters,
                        const std::string& name) {
  if (const auto given = parameters.find(name); given != parameters.end()) return given->second;
  for (const ParameterDescription& parameter : workload.parameters) {
    if (parameter.name == name) return parameter.default_value;
  }
  return "";
}

std::vector<RoleDescription> RolesOf(const WorkloadDescription& workload,
                                     const StringMap& parameters) {
  std::vector<RoleDescription> roles;
  for (const RoleDescription& role : workload.roles) {
    const std::string value = ParameterOf(workload, parameters, role.only_where);
    const bool taken = role.only_where.empty() || std::find(role.values.begin(), role.values.end(),
                                                            value) != role.values.end();
    if (taken) roles.push_back(role);
  }
  return roles;
}

std::string FormatMembers(const std::string& host, const std::vector<TaskMember>& members) {
  if (members.empty()) return host;
  std::string clients;
  std::string servers;
  for (const TaskMember& member : members) {
    std::string& names = member.role == kServerRole ? servers : clients;
    names += (names.empty() ? "" : " + ") + member.host;
  }
  return clients + " -> " + servers;
}

std::string FormatParameters(const StringMap& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    if (!text.empty()) text += ' ';
    text += name + '=';
    if (value.find_first_of(" \t\n'\"") == std::string::npos) {
      text += value;
      continue;
    }
    text += '\'';
    for (const char c : value) text += c == '\n' ? ' ' : c;
    text += '\'';
  }
  return text;
}

}  // namespace benchfleet
