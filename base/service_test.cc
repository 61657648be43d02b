#include "base/service.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace benchfleet {
namespace {

TEST(StopSignalTest, AHangupIsTakenAndEndsNothing) {
  StopSignal stop(StopSignal::Hangup::kIsTaken);
  int hangups = 0;
  ASSERT_EQ(kill(getpid(), SIGHUP), 0);
  stop.Wait([&] {
    ++hangups;
    stop.Trigger();
  });
  EXPECT_EQ(hangups, 1);
}

TEST(StopSignalTest, ASignalAndATriggerEachEndOneWait) {
  StopSignal stop;
  kill(getpid(), SIGTERM);
  stop.Wait();
  std::thread trigger([&] { stop.Trigger(); });
  stop.Wait();
  trigger.join();
}

TEST(NotifyServiceManagerTest, SendsTheStateToTheSocket) {
  const std::string path = testing::TempDir() + "/notify-" + std::to_string(getpid());
  const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  NotifyServiceManager("READY=1");
  unsetenv("NOTIFY_SOCKET");
  char buffer[32] = {};
  EXPECT_EQ(recv(fd, buffer, sizeof buffer, MSG_DONTWAIT), 7);
  EXPECT_STREQ(buffer, "READY=1");
  NotifyServiceManager("READY=1");  // without the variable: nothing happens
  EXPECT_LT(recv(fd, buffer, sizeof buffer, MSG_DONTWAIT), 0);
  close(fd);
  unlink(path.c_str());
}

}  // namespace
}  // namespace benchfleet
