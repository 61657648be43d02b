// The connections of a World: what is dropped, repeated and late on them, and how they break.
#include <algorithm>
#include <utility>

#include "base/status.h"
#include "tests/simulation/world_parts.h"

namespace benchfleet::simulation {

World::Stream::Stream(World* world, Link* link, uint64_t connection)
    : world_(world), link_(link), connection_(connection) {}

void World::Stream::Send(CoordinatorMessage message) {
  if (!connected_) return;
  ++world_->messages_;
  const bool may_be_lost =
      std::holds_alternative<Desired>(message) || std::holds_alternative<Ack>(message);
  if (world_->faults_on_ && may_be_lost &&
      world_->random_.Uniform() < world_->options_.faults.drop) {
    ++world_->dropped_;
    return;
  }
  const bool twice = world_->faults_on_ && may_be_lost &&
                     world_->random_.Uniform() < world_->options_.faults.repeat;
  if (twice) {
    ++world_->repeated_;
    // The copy comes at any time: behind newer ones as well.
    link_->Receive(message, connection_, world_->Latency() * 20);
  }
  link_->Receive(std::move(message), connection_, world_->Latency());
}

void World::Stream::Close() {
  if (!connected_) return;
  link_->CoordinatorClosed(connection_, world_->Latency());
}

void World::Stream::Arrive(AgentMessage message) {
  if (!connected_) return;
  arrived_.push_back(std::move(message));
  Deliver(0);
}

void World::Stream::Deliver(size_t credits) {
  credits_ += credits;
  if (credits_ == 0 || arrived_.empty()) return;
  --credits_;
  AgentMessage message = std::move(arrived_.front());
  arrived_.pop_front();
  // The stream itself may be gone by then.
  world_->loop_.Post(
      [world = world_, id = session, alive = alive, message = std::move(message)]() mutable {
        if (*alive && world->coordinator_ != nullptr) {
          world->coordinator_->fleet.OnMessage(id, std::move(message), 1000);
        }
      });
}

void World::Stream::Break() {
  if (!connected_) return;
  connected_ = false;
  world_->loop_.PostAfter(world_->Latency(), [world = world_, id = session, alive = alive] {
    if (*alive && world->coordinator_ != nullptr) world->coordinator_->fleet.OnGone(id);
  });
}

void World::Link::Connect(LinkEvents* events) {
  Sever();
  events_ = events;
  const uint64_t connection = ++connection_;
  world_->loop_.PostAfter(world_->Latency(), [this, alive = alive_, connection] {
    if (!*alive || connection != connection_) return;
    if (world_->coordinator_ == nullptr || world_->isolated_until_[name_] > world_->loop_.Now()) {
      events_->OnDisconnected(absl::UnavailableError("nobody answers"));
      return;
    }
    Coordinator& coordinator = *world_->coordinator_;
    stream_ = std::make_shared<Stream>(world_, this, connection);
    stream_->alive = coordinator.alive;
    connected_ = true;
    coordinator.streams.push_back(stream_);
    stream_->session = coordinator.fleet.OnConnected(name_, stream_);
    events_->OnConnected();
  });
}

void World::Link::Send(AgentMessage message) {
  if (!connected_) return;
  ++world_->messages_;
  const bool is_state = std::holds_alternative<AgentState>(message);
  const Faults& faults = world_->options_.faults;
  if (world_->faults_on_ && is_state && world_->random_.Uniform() < faults.drop) {
    ++world_->dropped_;
    return;
  }
  const bool is_hello = std::holds_alternative<Hello>(message);
  const int copies =
      world_->faults_on_ && !is_hello && world_->random_.Uniform() < faults.repeat ? 2 : 1;
  world_->repeated_ += copies == 2;
  for (int copy = 0; copy < copies; ++copy) {
    // In order, as on a stream; only whole messages may be missing or doubled.
    last_out_ = std::max(last_out_, world_->loop_.Now() + world_->Latency());
    world_->loop_.PostAfter(last_out_ - world_->loop_.Now(), [stream = stream_, message] {
      if (*stream->alive) stream->Arrive(message);
    });
  }
}

void World::Link::Tell(uint64_t connection, absl::Duration delay, std::function<void()> task) {
  world_->loop_.PostAfter(delay, [this, alive = alive_, connection, task = std::move(task)] {
    if (*alive && connected_ && connection == connection_) task();
  });
}

void World::Link::Receive(CoordinatorMessage message, uint64_t connection, absl::Duration delay) {
  last_in_ = std::max(last_in_, world_->loop_.Now() + delay);
  // A welcome comes first in any case; what else is late is late.
  const absl::Duration wait = std::holds_alternative<Welcome>(message)
                                  ? last_in_ - world_->loop_.Now()
                                  : delay + (last_in_ - world_->loop_.Now());
  Tell(connection, wait, [this, message = std::move(message)] { events_->OnMessage(message); });
}

void World::Link::CoordinatorClosed(uint64_t connection, absl::Duration delay) {
  last_in_ = std::max(last_in_, world_->loop_.Now() + delay);
  Tell(connection, last_in_ - world_->loop_.Now() + absl::Milliseconds(1), [this] {
    LinkEvents* const events = events_;
    Sever();
    events->OnDisconnected(absl::OkStatus());
  });
}

void World::Link::Sever() {
  if (!connected_) {
    ++connection_;  // an attempt under way is given up
    return;
  }
  connected_ = false;
  stream_->Break();
  stream_.reset();
}

void World::Link::Break() {
  if (!connected_) return;
  ++world_->broken_connections_;
  LinkEvents* const events = events_;
  Sever();
  world_->loop_.Post([alive = alive_, events] {
    if (*alive) events->OnDisconnected(absl::UnavailableError("the connection broke"));
  });
}

}  // namespace benchfleet::simulation
