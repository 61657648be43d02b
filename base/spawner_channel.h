// The owner's end of the socket to bench-spawner: starts the program, writes packets, reads
// replies. Used by Spawner and SpawnerThread alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/spawner.h"
#include "base/spawner_protocol.h"

namespace benchfleet {

// Threads: one may send while another receives; each packet is written whole.
class SpawnerChannel {
 public:
  enum class Received { kReply, kNothingYet, kEnd };

  static absl::StatusOr<std::unique_ptr<SpawnerChannel>> Start(const SpawnerOptions& options);
  // Closes the socket and waits until bench-spawner, and so every run, is gone.
  ~SpawnerChannel();
  SpawnerChannel(const SpawnerChannel&) = delete;
  SpawnerChannel& operator=(const SpawnerChannel&) = delete;

  // Sends a packet and its descriptors. False when there is no room now. Error: Unavailable when
  // bench-spawner is gone; others for unusable descriptors.
  absl::StatusOr<bool> TrySend(const std::string& packet, const std::vector<int>& fds);

  // Each waits until its calls may get on (or were interrupted): Receive(), TrySend(), either.
  void WaitForReply() const;
  void WaitForRoom() const;
  void WaitForEither() const;

  // Does not block. kEnd: bench-spawner is gone, and all that it said was received.
  Received Receive(spawner_protocol::Reply* reply);

  // No more requests: bench-spawner ends all runs, sends their reports, and then comes the end.
  void FinishSending();

  int fd() const { return socket_; }
  int pid() const { return pid_; }

 private:
  SpawnerChannel(int socket, int pid) : socket_(socket), pid_(pid) {}

  const int socket_;
  const int pid_;
};

}  // namespace benchfleet
