#include "agent/metrics.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "agent/session_fakes.h"
#include "base/task_loop.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;

// A port that was free a moment ago.
int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  close(fd);
  return ntohs(address.sin_port);
}

std::string Get(int port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
  EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string answer;
  char bytes[4096];
  for (ssize_t count; (count = read(fd, bytes, sizeof bytes)) > 0;) {
    answer.append(bytes, static_cast<size_t>(count));
  }
  close(fd);
  return answer;
}

class MetricsTest : public ::testing::Test {
 protected:
  MetricsTest()
      : session_(AgentSessionOptions(),
                 AgentSurroundings{&loop_, &spool_, &launcher_, &link_, &host_}, [](auto) {}) {
    loop_.Start();
  }
  ~MetricsTest() override { loop_.Stop(); }

  ThreadLoop loop_{"test"};
  MemorySpool spool_{"spool"};
  FakeLauncher launcher_;
  FakeLink link_{&loop_};
  FakeHost host_{&loop_};
  AgentSession session_;
};

TEST_F(MetricsTest, AnswersWithTheSessionsFigures) {
  const int port = FreePort();
  const auto server = MetricsServer::Start("127.0.0.1:" + std::to_string(port), &loop_, &session_);
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string answer = Get(port, "/metrics");
  EXPECT_THAT(answer, HasSubstr("# TYPE benchfleet_agent_spool_limit_bytes gauge"));
  EXPECT_THAT(answer, HasSubstr("benchfleet_agent_spool_limit_bytes 1073741824"));
  EXPECT_THAT(answer, HasSubstr("# TYPE benchfleet_agent_samples_total counter"));
  EXPECT_THAT(answer, HasSubstr("benchfleet_agent_connected 0"));
  EXPECT_THAT(answer, HasSubstr("benchfleet_agent_build_info{version=\""));
}

TEST_F(MetricsTest, AnAddressThatCannotBeHadIsSaidSo) {
  const auto server = MetricsServer::Start("192.0.2.1:1", &loop_, &session_);
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("--metrics-address"));
}

}  // namespace
}  // namespace benchfleet
