// In a network namespace of its own, whose only device is lo.
#include "base/qdisc.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/netlink_message.h"
#include "base/status.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

const Shaping kTwentyMegabits = {.bits_per_second = 20e6};

class QdiscTest : public testing::Test {
 protected:
  void SetUp() override {
    static const bool alone = unshare(CLONE_NEWNET) == 0 && BringUpLo();
    if (!alone) GTEST_SKIP() << "no network namespace of its own (needs root)";
    note_dir_ = testing::TempDir() + "/qdisc-XXXXXX";
    ASSERT_NE(mkdtemp(note_dir_.data()), nullptr);
  }
  void TearDown() override {
    if (!note_dir_.empty()) std::filesystem::remove_all(note_dir_);
  }

  static bool BringUpLo() {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq request = {};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP;
    const bool well = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    close(fd);
    return well;
  }

  std::string note_dir_;
};

TEST_F(QdiscTest, ARateIsThereAsLongAsItIsHeld) {
  {
    const auto first = Qdisc::Install("lo", kTwentyMegabits, note_dir_);
    ASSERT_TRUE(first.ok()) << Message(first.status());
    EXPECT_FALSE(std::filesystem::is_empty(note_dir_)) << "whoever cleans up must know";
    const std::string other = note_dir_ + "/other";
    std::filesystem::create_directory(other);
    const auto second = Qdisc::Install("lo", kTwentyMegabits, other);
    EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
    EXPECT_EQ(Message(second.status()), "tc: lo has a queueing discipline of somebody's already");
    RemoveForgottenQdisc(other);  // not its own
    EXPECT_FALSE(Qdisc::Install("lo", kTwentyMegabits, other).ok());
    std::filesystem::remove(other);
  }
  EXPECT_TRUE(std::filesystem::is_empty(note_dir_));
  EXPECT_TRUE(Qdisc::Install("lo", kTwentyMegabits, note_dir_).ok()) << "the first one is gone";
}

TEST_F(QdiscTest, WhatAKilledProcessLeftIsTakenAway) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto installed = Qdisc::Install("lo", kTwentyMegabits, note_dir_);
    if (!installed.ok()) _exit(1);
    static_cast<void>(installed->release());
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  EXPECT_FALSE(Qdisc::Install("lo", kTwentyMegabits, testing::TempDir()).ok()) << "it is there";
  RemoveForgottenQdisc(note_dir_);
  EXPECT_TRUE(std::filesystem::is_empty(note_dir_));
  EXPECT_TRUE(Qdisc::Install("lo", kTwentyMegabits, note_dir_).ok());
}

TEST_F(QdiscTest, ADelayIsThereOrTheKernelIsNamed) {
  const auto installed =
      Qdisc::Install("lo", {.delay = absl::Milliseconds(5), .loss = 0.01}, note_dir_);
  if (installed.ok()) return;
  EXPECT_EQ(Message(installed.status()),
            "tc: this kernel has no netem (module sch_netem), which delay, jitter and loss need: "
            "use apply=relay");
  EXPECT_EQ(installed.status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(std::filesystem::is_empty(note_dir_)) << "nothing was changed";
}

TEST_F(QdiscTest, WithoutTheRightItSaysWhichOne) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::filesystem::permissions(note_dir_, std::filesystem::perms::all);
    if (setuid(65534) != 0) _exit(2);
    const auto refused = Qdisc::Install("lo", kTwentyMegabits, note_dir_);
    _exit(Message(refused.status()).rfind("tc: shaping needs CAP_NET_ADMIN", 0) == 0 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(QdiscTest, DevicesAreFoundByAddress) {
  EXPECT_EQ(DeviceTowards("127.0.0.1:7").value(), "lo");
  EXPECT_EQ(DeviceOf("127.0.0.1").value(), "lo");
  EXPECT_EQ(DeviceOf("0.0.0.0").status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(DeviceTowards("127.0.0.1").ok());
  EXPECT_FALSE(DeviceTowards("10.11.12.13:7").ok()) << "no way leads there";
  EXPECT_EQ(Qdisc::Install("eth77", kTwentyMegabits, note_dir_).status().message(),
            "tc: there is no network device 'eth77'");
}

// A note that somebody else wrote.
TEST_F(QdiscTest, AForgedNoteIsHarmless) {
  for (const std::string& text : {std::string(4000, 'x'), std::string("eth77"), std::string()}) {
    std::ofstream(note_dir_ + "/shaped-device") << text;
    RemoveForgottenQdisc(note_dir_);
  }
  EXPECT_TRUE(Qdisc::Install("lo", kTwentyMegabits, note_dir_).ok());
}

// netem is not in every kernel that this is tested on. The bytes are those that tc of iproute2 6.1
// sends for "netem delay 40ms 5ms rate 20mbit loss 50% limit 100000".
TEST(NetlinkMessageTest, ADelayIsPutAsTcPutsIt) {
  const std::string bytes = QdiscAttributes({.delay = absl::Milliseconds(40),
                                             .jitter = absl::Milliseconds(5),
                                             .bits_per_second = 20e6,
                                             .loss = 0.5});
  const std::string options(
      "\x68\x89\x09\x00\xa0\x86\x01\x00\x00\x00\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00\x2d\x31\x01"
      "\x00\x14\x00\x06\x00\xa0\x25\x26\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
      44);
  EXPECT_EQ(bytes,
            std::string("\x0a\0\x01\0netem\0\0\0", 12) + std::string("\x30\0\x02\0", 4) + options);
  EXPECT_STREQ(QdiscKind(kTwentyMegabits), "tbf");
}

}  // namespace
}  // namespace benchfleet
