#include "coordinator/party.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace benchfleet {
namespace {

// The graver, the larger. What is nobody's fault and will be tried again explains the others.
int Gravity(Outcome outcome) {
  switch (outcome) {
    case Outcome::kLost:
      return 8;
    case Outcome::kCrashed:
      return 7;
    case Outcome::kGarbled:
      return 6;
    case Outcome::kTimedOut:
      return 5;
    case Outcome::kNotStarted:
      return 4;
    case Outcome::kInvalid:
      return 3;
    case Outcome::kFailed:
      return 2;
    case Outcome::kCancelled:
      return 1;
    case Outcome::kOk:
    case Outcome::kUnspecified:
      break;
  }
  return 0;
}

}  // namespace

Party::Party(const std::vector<TaskMember>& members, const std::vector<StoredRun>& runs) {
  for (size_t i = 0; i < members.size(); ++i) {
    Member member;
    member.who = members[i];
    member.run = runs[i].id;
    member.released = member.serves();
    if (IsFinal(runs[i].state)) {
      member.ended = true;
      member.outcome = runs[i].outcome;
      member.message = runs[i].message;
      member.samples = runs[i].samples;
    }
    members_.push_back(std::move(member));
  }
}

void Party::End(uint32_t index, Outcome outcome, const std::string& message, uint64_t samples) {
  Member& member = members_[index];
  member.ended = true;
  member.outcome = outcome;
  member.message = message;
  member.samples = samples;
}

bool Party::MayRelease() const {
  bool waiting = false;
  for (const Member& member : members_) {
    if (member.ended) return false;
    if (member.serves() && member.endpoint.empty()) return false;
    waiting = waiting || !member.released;
  }
  return waiting;
}

void Party::Release() {
  for (Member& member : members_) member.released = true;
}

std::vector<std::pair<RunId, std::string>> Party::CalledOff() const {
  const Member* server = nullptr;  // that ended
  const Member* anybody = nullptr;
  for (const Member& member : members_) {
    if (!member.ended) continue;
    anybody = &member;
    if (member.serves()) server = &member;
  }
  std::vector<std::pair<RunId, std::string>> runs;
  for (const Member& member : members_) {
    if (member.ended || member.serves()) continue;
    const Member* const why = server != nullptr ? server : member.released ? nullptr : anybody;
    if (why == nullptr) continue;
    runs.emplace_back(member.run, absl::StrFormat("the %s on %s has ended: %s", why->who.role,
                                                  why->who.host, OutcomeName(why->outcome)));
  }
  return runs;
}

std::vector<std::string> Party::hosts() const {
  std::vector<std::string> hosts;
  for (const Member& member : members_) hosts.push_back(member.who.host);
  return hosts;
}

bool Party::clients_ended() const {
  return std::all_of(members_.begin(), members_.end(),
                     [](const Member& member) { return member.ended || member.serves(); });
}

bool Party::over() const {
  return std::all_of(members_.begin(), members_.end(),
                     [](const Member& member) { return member.ended; });
}

Party::Verdict Party::Judge() const {
  const Member* gravest = nullptr;
  bool clients_ok = true;
  Verdict verdict;
  for (const Member& member : members_) {
    clients_ok = clients_ok && (member.serves() || member.outcome == Outcome::kOk);
    const int gravity = Gravity(member.outcome);
    const int most = gravest == nullptr ? 0 : Gravity(gravest->outcome);
    // Servers stand behind clients in the list.
    if (gravity > most || (gravity == most && gravity > 0 && member.serves())) gravest = &member;
  }
  verdict.outcome = Outcome::kOk;
  if (clients_ok) return verdict;
  verdict.outcome = gravest->outcome;
  verdict.message = absl::StrFormat("%s on %s%s%s", gravest->who.role, gravest->who.host,
                                    gravest->message.empty() ? "" : ": ", gravest->message);
  return verdict;
}

std::vector<RunId> Party::Vain() const {
  std::vector<RunId> runs;
  if (Judge().outcome == Outcome::kOk) return runs;
  for (const Member& member : members_) {
    if (!member.serves() && member.outcome == Outcome::kOk) runs.push_back(member.run);
  }
  return runs;
}

std::vector<RunPeer> Party::PeersOf(uint32_t index) const {
  std::vector<RunPeer> peers;
  for (const Member& member : members_) {
    if (member.serves() == members_[index].serves()) continue;
    peers.push_back({member.who.role, member.who.host, member.endpoint, member.offered});
  }
  return peers;
}

}  // namespace benchfleet
