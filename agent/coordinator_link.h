// The agent session's view of its connection to the coordinator, and the other way round. Nothing
// here knows gRPC. All calls, both ways, are made on the session's task loop.
//
// Life cycle of one connection: 1. the session calls Connect(); 2. the link answers
// OnConnected(); 3. Send() and OnMessage(), in any order; 4. the link says OnDisconnected() once,
// or the session calls Close(). From then on nothing more is heard of that connection, and
// Connect() may be called again. A failed attempt goes from 1 to 4 directly.
#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "base/limits.h"
#include "proto/session.h"

namespace benchfleet {

// What a session may have on its way without an ack. It is the bound of a link's outbox too: a link
// never holds more than this, one Hello and one AgentState.
inline constexpr size_t kMaxBatchesInFlight = 8;
inline constexpr size_t kMaxBytesInFlight = kMaxBatchesInFlight * limits::kMaxBatchBytes;

// Implemented by AgentSession. Called from tasks of the loop, never from within a call to the link.
class LinkEvents {
 public:
  virtual ~LinkEvents() = default;
  virtual void OnConnected() = 0;
  virtual void OnMessage(CoordinatorMessage message) = 0;
  // The connection is over, or could not be made. `why` may be OK when the coordinator just closed.
  virtual void OnDisconnected(absl::Status why) = 0;
};

// Implemented by CoordinatorClient (coordinator_client.h) and by simulated networks.
class CoordinatorLink {
 public:
  virtual ~CoordinatorLink() = default;
  // Begins one attempt; `events` outlives the connection.
  virtual void Connect(LinkEvents* events) = 0;
  // Takes a message for sending, in order; never blocks. An AgentState replaces one that has not
  // left yet. Harmless, and lost, where there is no connection.
  virtual void Send(AgentMessage message) = 0;
  // Ends the connection or the attempt; harmless where there is none.
  virtual void Close() = 0;
};

}  // namespace benchfleet
