// Network profiles, the line that they make of a connection, and the relay that puts it in between.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "workloads/remote/loopback_echo.h"
#include "workloads/remote/network_profile.h"
#include "workloads/remote/relay.h"
#include "workloads/remote/relay_line.h"

namespace benchfleet {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::Le;

constexpr int64_t kMs = 1'000'000;

NetworkProfile Profile(const std::string& text) { return ParseNetworkProfile(text).value(); }

TEST(NetworkProfileTest, NamesAndCustomOnes) {
  EXPECT_TRUE(Profile("none").none());
  EXPECT_EQ(Profile("wan").Describe(), "delay 20ms, jitter 2ms, rate 100mbit, loss 0.01%");
  EXPECT_EQ(Profile("lan").Describe(), "delay 250us, jitter 50us, rate 1gbit");
  EXPECT_EQ(Profile("mobile").Describe(), "delay 35ms, jitter 8ms, rate 20mbit, loss 0.5%");
  const NetworkProfile custom = Profile("delay=40ms,jitter=5ms,loss=0.5%,rate=20mbit");
  EXPECT_EQ(custom.delay, absl::Milliseconds(40));
  EXPECT_EQ(custom.jitter, absl::Milliseconds(5));
  EXPECT_EQ(custom.bits_per_second, 20e6);
  EXPECT_EQ(custom.loss, 0.005);
  EXPECT_EQ(custom.Describe(), "delay 40ms, jitter 5ms, rate 20mbit, loss 0.5%");
  EXPECT_EQ(Profile("rate=1.5gbit").Describe(), "rate 1.5gbit");
  const NetworkProfile changed = Profile("apply=tc,profile=wan,rate=50mbit");
  EXPECT_TRUE(changed.by_tc);
  EXPECT_EQ(changed.Describe(), "delay 20ms, jitter 2ms, rate 50mbit, loss 0.01%, by tc");
  EXPECT_FALSE(Profile("wan").by_tc);
  EXPECT_TRUE(Profile("delay=0ms").none());
}

TEST(NetworkProfileTest, AMistakeIsNamed) {
  const auto error = [](const std::string& text) {
    return std::string(ParseNetworkProfile(text).status().message());
  };
  const std::string forms =
      "expected none, lan, wan, mobile or "
      "delay=40ms,jitter=5ms,rate=20mbit,loss=0.5%,profile=wan,apply=tc";
  EXPECT_EQ(error("wann"), "'wann', " + forms + " (did you mean 'wan'?)");
  EXPECT_EQ(error("dealy=4ms"),
            "'dealy=4ms', it has no 'dealy', expected delay, jitter, rate, loss, profile, apply "
            "(did you mean 'delay'?)");
  EXPECT_EQ(error("apply=tcp,rate=1mbit"),
            "'apply=tcp,rate=1mbit', its apply is 'tcp', expected one of relay, tc (did you mean "
            "'tc'?)");
  EXPECT_EQ(error("apply=tc"), "apply=tc has nothing to apply: give a delay or a rate");
  EXPECT_EQ(error("profile=wam,apply=tc"),
            "'profile=wam,apply=tc', its profile is 'wam', expected one of none, lan, wan, mobile "
            "(did you mean 'wan'?)");
  const std::string time = "expected a duration from 0s to 10s (250us, 1500ms, 2m30s)";
  EXPECT_EQ(error("delay=40"), "'delay=40', its delay is '40', " + time);
  EXPECT_EQ(error("delay=11s"), "'delay=11s', its delay is '11s', " + time);
  const std::string rate = "expected bits a second from 1kbit to 1000gbit (20mbit, 1gbit)";
  EXPECT_EQ(error("rate=20"), "'rate=20', its rate is '20', " + rate);
  EXPECT_EQ(error("rate=1Mbit"),
            "'rate=1Mbit', its rate is '1Mbit', " + rate + " (did you mean '1mbit'?)");
  const std::string share = "expected a share from 0% to 50% (0.5%)";
  EXPECT_EQ(error("loss=0.5"), "'loss=0.5', its loss is '0.5', " + share);
  EXPECT_EQ(error("loss=51%"), "'loss=51%', its loss is '51%', " + share);
  EXPECT_EQ(error("loss=nan%"), "'loss=nan%', its loss is 'nan%', " + share);
  EXPECT_EQ(error("delay=1ms,delay=2ms"), "'delay=1ms,delay=2ms', 'delay' is in it twice");
  EXPECT_EQ(error("delay=1ms,,"), "'delay=1ms,,', " + forms);
  EXPECT_EQ(error("delay=1ms,jitter=2ms"),
            "'delay=1ms,jitter=2ms', its jitter is '2ms', expected at most its delay (1ms)");
  EXPECT_EQ(error("jitter=2ms"),
            "jitter 2ms is more than delay 0: nothing arrives before it was sent");
  EXPECT_EQ(error(""), "'', " + forms);
}

void SendAll(RelayLine& line, std::string_view bytes, int64_t now) {
  while (!bytes.empty()) {
    const std::span<char> room = line.Room();
    ASSERT_FALSE(room.empty());
    const size_t size = std::min(room.size(), bytes.size());
    bytes.copy(room.data(), size);
    line.Sent(size, now);
    bytes.remove_prefix(size);
  }
}

std::string TakeAll(RelayLine& line, int64_t now) {
  std::string taken;
  for (std::string_view bytes; !(bytes = line.Arrived(now)).empty();) {
    taken += bytes;
    line.Take(bytes.size());
  }
  return taken;
}

TEST(RelayLineTest, WhatIsSentArrivesAfterTheDelayAndNotBefore) {
  RelayLine line(Profile("delay=40ms"), 1, 0);
  SendAll(line, "hello", 10 * kMs);
  EXPECT_EQ(line.next_arrival_ns(), 50 * kMs);
  EXPECT_EQ(TakeAll(line, 50 * kMs - 1), "");
  EXPECT_EQ(TakeAll(line, 50 * kMs), "hello");
  EXPECT_EQ(line.next_arrival_ns(), RelayLine::kNever);
  EXPECT_TRUE(line.empty());
}

TEST(RelayLineTest, NothingMovesBeforeTheLineOpens) {
  RelayLine line(Profile("delay=40ms"), 1, 80 * kMs);
  SendAll(line, "hello", 0);
  EXPECT_EQ(line.next_arrival_ns(), 120 * kMs);
}

TEST(RelayLineTest, ARateIsASerialLine) {
  RelayLine line(Profile("delay=10ms,rate=8mbit"), 1, 0);  // a byte a microsecond
  SendAll(line, std::string(100'000, 'x'), 0);
  EXPECT_EQ(TakeAll(line, 10 * kMs + 50 * kMs).size(), 50'000 / 1448 * 1448u);
  EXPECT_EQ(TakeAll(line, 110 * kMs).size(), 100'000 - 50'000 / 1448 * 1448u);
  // The line was idle meanwhile: the next byte has it for itself.
  SendAll(line, "y", 500 * kMs);
  EXPECT_EQ(line.next_arrival_ns(), 510 * kMs + 1000);
}

TEST(RelayLineTest, JitterMovesSegmentsWithinItsBoundAndKeepsTheirOrder) {
  RelayLine line(Profile("delay=40ms,jitter=5ms"), 7, 0);
  std::vector<int64_t> arrivals;
  for (int64_t i = 0; i < 500; ++i) {
    const int64_t now = i * 100 * kMs;  // far apart: none holds up another
    SendAll(line, "x", now);
    arrivals.push_back(line.next_arrival_ns() - now);
    EXPECT_EQ(TakeAll(line, line.next_arrival_ns()), "x");
  }
  const auto [least, most] = std::minmax_element(arrivals.begin(), arrivals.end());
  EXPECT_GE(*least, 35 * kMs);
  EXPECT_LT(*least, 36 * kMs);
  EXPECT_LE(*most, 45 * kMs);
  EXPECT_GT(*most, 44 * kMs);

  int64_t last = 0;
  for (int64_t now = 0; now < 1000; ++now)
    SendAll(line, std::string(1, static_cast<char>(now)), 1'000'000 * kMs + now);
  std::string received;
  while (!line.empty()) {
    EXPECT_GE(line.next_arrival_ns(), last);
    last = line.next_arrival_ns();
    received += TakeAll(line, last);
  }
  for (size_t i = 0; i < received.size(); ++i) EXPECT_EQ(received[i], static_cast<char>(i));
}

TEST(RelayLineTest, ALostSegmentComesARoundTripLaterAndHoldsUpThoseBehind) {
  RelayLine line(Profile("delay=10ms,loss=20%"), 3, 0);
  int stalled = 0;
  constexpr int kSegments = 2000;
  for (int64_t i = 0; i < kSegments; ++i) {
    const int64_t now = i * 1000 * kMs;
    SendAll(line, "x", now);
    const int64_t took = line.next_arrival_ns() - now;
    EXPECT_EQ((took - 10 * kMs) % (20 * kMs), 0) << took;
    if (took > 10 * kMs) ++stalled;
    TakeAll(line, line.next_arrival_ns());
  }
  EXPECT_NEAR(stalled, kSegments / 5, 4 * std::sqrt(kSegments * 0.2 * 0.8));

  const int64_t now = int64_t{kSegments} * 1000 * kMs;
  for (int64_t i = 0; i < 100; ++i) SendAll(line, "x", now + i * kMs);
  std::vector<std::pair<int64_t, size_t>> pieces;
  while (!line.empty()) {
    const int64_t when = line.next_arrival_ns();
    pieces.emplace_back(when, TakeAll(line, when).size());
  }
  EXPECT_LT(pieces.size(), 100u) << "behind a lost one, several come at once";
}

TEST(RelayLineTest, AFullLineTakesNoMoreUntilSomethingArrived) {
  RelayLine line(Profile("delay=1s"), 1, 0);
  std::string sent(limits::kMaxRelayBufferBytes, '\0');
  for (size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i % 251);
  SendAll(line, sent, 0);
  EXPECT_TRUE(line.Room().empty());
  std::string received(line.Arrived(1000 * kMs).substr(0, 10'000));
  line.Take(10'000);
  EXPECT_EQ(line.Room().size(), 10'000u);
  SendAll(line, std::string(10'000, 'z'), 1000 * kMs);  // around the end of the ring
  EXPECT_TRUE(line.Room().empty());
  received += TakeAll(line, 3000 * kMs);
  EXPECT_TRUE(received == sent + std::string(10'000, 'z'));
}

// ---- the relay itself

int Listen(uint16_t* port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(fd, 16), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  *port = ntohs(address.sin_port);
  return fd;
}

int Connect(const std::string& endpoint) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port =
      htons(static_cast<uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

// Everything up to the end of the stream.
std::string ReceiveAll(int fd) {
  std::string all;
  char bytes[65536];
  ssize_t got;
  while ((got = recv(fd, bytes, sizeof bytes, 0)) > 0) all.append(bytes, static_cast<size_t>(got));
  return all;
}

std::unique_ptr<Relay> StartRelay(const std::string& profile, const std::string& target) {
  auto relay = Relay::Start(Profile(profile), target, 1);
  EXPECT_TRUE(relay.ok()) << relay.status();
  return std::move(*relay);
}

TEST(RelayTest, EveryByteArrivesInOrderAndTheEndToo) {
  LoopbackEcho server;
  const auto relay = StartRelay("delay=2ms,jitter=1ms,rate=400mbit,loss=1%", server.endpoint());
  std::string message(6u << 20, '\0');  // more than both buffers hold
  for (size_t i = 0; i < message.size(); ++i) message[i] = static_cast<char>(i * 7 + (i >> 11));
  const int fd = Connect(relay->endpoint());
  std::thread sender([&] {
    for (size_t at = 0; at < message.size();) {
      const ssize_t sent = send(fd, message.data() + at, message.size() - at, MSG_NOSIGNAL);
      ASSERT_GT(sent, 0);
      at += static_cast<size_t>(sent);
    }
    shutdown(fd, SHUT_WR);
  });
  const std::string received = ReceiveAll(fd);
  sender.join();
  EXPECT_TRUE(received == message) << received.size() << " bytes of " << message.size();
  close(fd);
}

// While it lives, this thread and those that it starts go before all others, where that is allowed:
// a machine that is busy with something else is not what is tested.
class BeforeOthers {
 public:
  BeforeOthers() {
    sched_param first = {};
    first.sched_priority = 1;
    sched_setscheduler(0, SCHED_RR, &first);
  }
  ~BeforeOthers() {
    const sched_param usual = {};
    sched_setscheduler(0, SCHED_OTHER, &usual);
  }
};

// The acceptance line of the relay: the median round trip through it is that of every shipped
// profile, within 10 %, longer than one without it. A busy machine makes either longer, so that it
// may take several tries; a relay that is off by itself is so in all of them.
TEST(RelayTest, TheRoundTripIsTheProfiles) {
  const BeforeOthers before_others;
  LoopbackEcho server;
  for (const auto& [name, trips] :
       {std::pair("lan", 201), std::pair("delay=1ms", 101), std::pair("wan", 15),
        std::pair("mobile", 25), std::pair("delay=50ms", 9)}) {
    const auto relay = StartRelay(name, server.endpoint());
    const absl::Duration expected = 2 * Profile(name).delay;
    std::vector<double> found;  // as shares of the profile's
    for (int i = 0; i < 10; ++i) {
      const absl::Duration direct = LoopbackEcho::MedianRoundTrip(server.endpoint());
      const absl::Duration relayed =
          LoopbackEcho::MedianRoundTrip(relay->endpoint(), static_cast<size_t>(trips));
      found.push_back(absl::FDivDuration(relayed - direct, expected));
      if (found.back() >= 0.9 && found.back() <= 1.1) break;
    }
    EXPECT_THAT(found.back(), AllOf(Ge(0.9), Le(1.1)))
        << name << ": " << testing::PrintToString(found) << ", its own delay "
        << absl::FormatDuration(Relay::OwnDelay());
  }
}

TEST(RelayTest, ATargetThatIsGoneEndsTheConnection) {
  uint16_t port = 0;
  close(Listen(&port));
  const auto relay = StartRelay("delay=1ms", absl::StrFormat("127.0.0.1:%d", port));
  const int fd = Connect(relay->endpoint());
  EXPECT_EQ(ReceiveAll(fd), "");
  close(fd);
}

TEST(RelayTest, AClientThatBreaksOffBreaksTheTargetsConnection) {
  uint16_t port = 0;
  const int listener = Listen(&port);
  const auto relay = StartRelay("delay=1ms", absl::StrFormat("127.0.0.1:%d", port));
  const int client = Connect(relay->endpoint());
  const int target = accept(listener, nullptr, nullptr);
  const linger at_once = {1, 0};
  setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(client);  // a reset
  EXPECT_EQ(ReceiveAll(target), "");
  close(target);
  close(listener);
}

TEST(RelayTest, StopsWithConnectionsOpenAndBytesUnderWay) {
  LoopbackEcho server;
  std::optional<int> fd;
  {
    const auto relay = StartRelay("delay=10s", server.endpoint());
    fd = Connect(relay->endpoint());
    ASSERT_EQ(send(*fd, "x", 1, MSG_NOSIGNAL), 1);
  }
  EXPECT_EQ(ReceiveAll(*fd), "");
  close(*fd);
}

TEST(RelayTest, ATargetMustBeNumeric) {
  EXPECT_EQ(Relay::Start(Profile("lan"), "localhost:1", 1).status().message(),
            "'localhost:1' is no numeric address and port");
  EXPECT_FALSE(Relay::Start(Profile("lan"), "127.0.0.1", 1).ok());
  EXPECT_TRUE(Relay::Start(Profile("lan"), "[::1]:7", 1).ok());
}

}  // namespace
}  // namespace benchfleet
