// bench-spawner against packets that its own client never sends, and an owner that does not read.
#include "base/spawner_protocol.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/spawner_channel.h"
#include "base/spawner_encode.h"
#include "base/spawner_test_util.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

class SpawnerProtocolTest : public ::testing::Test {
 protected:
  void Send(const std::string& packet, const std::vector<int>& fds = {}) {
    EXPECT_TRUE(*channel_->TrySend(packet, fds));
  }
  spawner_protocol::Reply Receive() {
    spawner_protocol::Reply reply = {};
    for (;;) {
      const SpawnerChannel::Received received = channel_->Receive(&reply);
      EXPECT_NE(received, SpawnerChannel::Received::kEnd);
      if (received != SpawnerChannel::Received::kNothingYet) return reply;
      channel_->WaitForReply();
    }
  }

  std::unique_ptr<SpawnerChannel> channel_ = *SpawnerChannel::Start({});
};

TEST_F(SpawnerProtocolTest, MalformedRequestsAreRefused) {
  using spawner_protocol::RequestHeader;
  const std::string good = *EncodeSpawn(7, Command({"/bin/true", "argument"}));
  const auto changed = [&good](const std::function<void(RequestHeader*)>& change) {
    std::string packet = good;
    RequestHeader header;
    std::memcpy(&header, packet.data(), sizeof header);
    change(&header);
    return packet.replace(0, sizeof header, reinterpret_cast<const char*>(&header), sizeof header);
  };
  const std::string bad[] = {
      good.substr(0, good.size() - 1),        // no NUL at the end
      good.substr(0, sizeof(RequestHeader)),  // no strings
      good + "more" + '\0',
      changed([](RequestHeader* header) { header->argument_count = 0; }),
      changed([](RequestHeader* header) { ++header->argument_count; }),
      changed([](RequestHeader* header) { --header->environment_count; }),
      changed([](RequestHeader* header) { header->environment_count = ~0u; }),
      changed([](RequestHeader* header) { header->cgroup_count = 1; }),
      changed([](RequestHeader* header) { header->limit_count = 17; }),
      changed([](RequestHeader* header) { header->fd_mask = 1; }),  // none was sent
      changed([](RequestHeader* header) { header->fd_mask = 16; }),
      changed([](RequestHeader* header) { header->data_fd_number = 0; }),
  };
  for (const std::string& packet : bad) {
    Send(packet);
    const spawner_protocol::Reply reply = Receive();
    EXPECT_EQ(reply.type, spawner_protocol::ReplyType::kFailed) << &packet - bad;
    EXPECT_EQ(reply.id, 7u);
    EXPECT_EQ(reply.step, spawner_protocol::Step::kRequest);
    EXPECT_EQ(reply.error_number, EBADMSG);
  }
  Send("x");  // too short to have an id: nobody to answer
  Send(changed([](RequestHeader* header) { header->type = {}; }));
  Send(EncodeSignal(12345, SIGKILL));
  Send(good);
  EXPECT_EQ(Receive().type, spawner_protocol::ReplyType::kStarted);
  EXPECT_EQ(Receive().type, spawner_protocol::ReplyType::kExited);
}

TEST_F(SpawnerProtocolTest, AnOwnerThatDoesNotReadLosesNothing) {
  SpawnRequest request = Command({"/nowhere"});
  request.inherit_environment = false;
  uint64_t sent = 0;
  // Until both sockets and the spawner's own outbox are full.
  for (int full = 0; full < 50;) {
    if (*channel_->TrySend(*EncodeSpawn(sent + 1, request), {})) {
      ++sent;
      full = 0;
    } else {
      ++full;
      usleep(2000);
    }
  }
  EXPECT_GT(sent, spawner_protocol::kRunsMax);
  for (uint64_t id = 1; id <= sent; ++id) ASSERT_EQ(Receive().id, id);
}

}  // namespace
}  // namespace benchfleet
