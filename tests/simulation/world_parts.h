// What a World is made of; private to it.
//
// A connection is a Link at the agent and a Stream at the coordinator; each holds
// the other weakly, so that a crash of one side is a broken connection for the other.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/world.h"

namespace benchfleet::simulation {

class FakeHost : public HostView {
 public:
  FakeHost(SimulatedLoop* loop, std::string name) : loop_(loop), name_(std::move(name)) {}
  ~FakeHost() override { *alive_ = false; }
  void Collect(const std::string& salt, std::function<void(HostFingerprint)> done) override {
    HostFingerprint fingerprint{"identity", "state", name_ + salt,
                                "{}",       "{}",    {{"cpu.vendor", "Sim"}}};
    loop_->Post([alive = alive_, done = std::move(done), fingerprint] {
      if (*alive) done(fingerprint);
    });
  }

 private:
  SimulatedLoop* const loop_;
  const std::string name_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class World::Stream : public AgentStream {
 public:
  Stream(World* world, Link* link, uint64_t connection);
  void Send(CoordinatorMessage message) override;
  void ReadNext() override { Deliver(1); }
  void Close() override;
  void Arrive(AgentMessage message);
  void Break();  // the agent's end is gone

  SessionId session = 0;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);

 private:
  void Deliver(size_t credits);

  World* const world_;
  Link* const link_;  // valid while connected_
  const uint64_t connection_;
  bool connected_ = true;
  size_t credits_ = 0;
  std::deque<AgentMessage> arrived_;
  absl::Time last_arrival_ = absl::InfinitePast();
};

class World::Link : public CoordinatorLink {
 public:
  Link(World* world, std::string name) : world_(world), name_(std::move(name)) {}
  ~Link() override {
    *alive_ = false;
    Sever();
  }
  void Connect(LinkEvents* events) override;
  void Send(AgentMessage message) override;
  void Close() override { Sever(); }
  // The connection is lost; both ends hear of it.
  void Break();

  void Receive(CoordinatorMessage message, uint64_t connection, absl::Duration delay);
  void CoordinatorClosed(uint64_t connection, absl::Duration delay);

 private:
  void Sever();
  void Tell(uint64_t connection, absl::Duration delay, std::function<void()> task);

  World* const world_;
  const std::string name_;  // as its certificate says
  LinkEvents* events_ = nullptr;
  std::shared_ptr<Stream> stream_;
  uint64_t connection_ = 0;  // counts attempts; 0 before the first
  bool connected_ = false;
  absl::Time last_out_ = absl::InfinitePast();
  absl::Time last_in_ = absl::InfinitePast();
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  friend class Stream;
};

struct World::Coordinator {
  Coordinator(World* world, Store* store)
      : queue(store, &world->loop_, &world->random_),
        fleet({}, &world->loop_, &queue, nullptr,
              [world](const absl::Status& status) { world->OnStorageFailure(status); }),
        scheduler({}, &world->loop_, &queue, &fleet, nullptr,
                  [world](const absl::Status& status) { world->OnStorageFailure(status); }) {}

  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  std::vector<std::weak_ptr<Stream>> streams;
  SimulatedStoreQueue queue;
  Fleet fleet;
  Scheduler scheduler;
};

struct World::Agent {
  std::string name;
  std::unique_ptr<MemorySpool> spool;
  std::unique_ptr<FakeHost> host;
  std::unique_ptr<FakeLauncher> launcher;
  std::unique_ptr<Link> link;
  std::unique_ptr<AgentSession> session;
};

}  // namespace benchfleet::simulation
