// One attempt of a task that needs several hosts: who takes part, and what is to be done next.
// Values and rules alone; the scheduler acts.
//
//   assembled --every server is ready--> released --every client has ended--> finishing --> over
//       |                                    |                                    ^
//       |                                    +--a server ended: clients are called off
//       +--somebody ended-------------------------------------------------------->+
//
// Clients' runs exist in the store from the beginning, so that their hosts are leased, but no agent
// hears of them before the servers are ready. Servers are told to finish once no client is left:
// that is a good end for them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "proto/model.h"
#include "storage/store.h"

namespace benchfleet {

class Party {
 public:
  struct Member {
    TaskMember who;
    RunId run;
    bool released = false;  // its agent may hear of it; servers from the beginning
    std::string endpoint;   // of a server that is ready
    StringMap offered;
    bool ended = false;
    Outcome outcome = Outcome::kUnspecified;
    std::string message;
    uint64_t samples = 0;
    bool serves() const { return who.role == kServerRole; }
  };

  // `runs`: one for each member, in the same order. Those that have ended in the store are ended.
  Party(const std::vector<TaskMember>& members, const std::vector<StoredRun>& runs);

  Member& member(uint32_t index) { return members_[index]; }
  const std::vector<Member>& members() const { return members_; }
  std::vector<std::string> hosts() const;  // in the same order
  void End(uint32_t index, Outcome outcome, const std::string& message, uint64_t samples);

  // The clients may begin, and have not been let.
  bool MayRelease() const;
  void Release();
  // Runs that have no use any more: of a client whose server is gone, of one that never began where
  // somebody else has ended. With the reason.
  std::vector<std::pair<RunId, std::string>> CalledOff() const;
  // The servers are to finish.
  bool clients_ended() const;
  // True once, when that has become so.
  bool MayFinish() { return clients_ended() && !std::exchange(finishing_, true); }
  bool over() const;

  // What the attempt came to, once it is over: ok where every client was (how a server ended then
  // takes nothing from what they measured), else the gravest end of a member, of a server before a
  // client: a client that fails since its server crashed is no failure of its own.
  struct Verdict {
    Outcome outcome = Outcome::kUnspecified;
    std::string message;
  };
  Verdict Judge() const;
  // Runs of clients that ended well in an attempt that did not: they are of no series.
  std::vector<RunId> Vain() const;

  // What member `index` is told of the others.
  std::vector<RunPeer> PeersOf(uint32_t index) const;

 private:
  std::vector<Member> members_;
  bool finishing_ = false;
};

}  // namespace benchfleet
