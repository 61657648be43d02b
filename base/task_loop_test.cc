#include "base/task_loop.h"

#include <atomic>
#include <future>
#include <vector>

#include "gtest/gtest.h"

namespace benchfleet {
namespace {

TEST(ThreadLoopTest, RunsTasksInOrderOnItsOwnThread) {
  ThreadLoop loop("test");
  loop.Start();
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) {
    loop.Post([&, i] {
      EXPECT_TRUE(loop.IsCurrent());
      order.push_back(i);
    });
  }
  EXPECT_FALSE(loop.IsCurrent());
  loop.Stop();
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(ThreadLoopTest, TimersFireAndCancelledOnesDoNot) {
  ThreadLoop loop("test");
  loop.Start();
  std::promise<void> fired;
  std::atomic<bool> cancelled_ran = false;
  loop.Post([&] {
    const TimerId timer = loop.PostAfter(absl::Milliseconds(1), [&] { cancelled_ran = true; });
    loop.Cancel(timer);
    loop.PostAfter(absl::Milliseconds(2), [&] { fired.set_value(); });
  });
  fired.get_future().wait();
  loop.Stop();
  EXPECT_FALSE(cancelled_ran);
}

TEST(ThreadLoopTest, StopDropsTimersThatAreNotDue) {
  bool ran = false;
  ThreadLoop loop("test");
  loop.Start();
  loop.PostAfter(absl::Hours(1), [&] { ran = true; });
  loop.Stop();
  EXPECT_FALSE(ran);
}

TEST(SimulatedLoopTest, TimeMovesOnlyWhenTurned) {
  SimulatedLoop loop(absl::UnixEpoch());
  std::vector<int> order;
  loop.PostAfter(absl::Seconds(2), [&] { order.push_back(2); });
  loop.PostAfter(absl::Seconds(1), [&] {
    order.push_back(1);
    loop.Post([&] { order.push_back(11); });
  });
  EXPECT_EQ(loop.RunFor(absl::Milliseconds(1500)), 2u);
  EXPECT_EQ(order, (std::vector<int>{1, 11}));
  EXPECT_EQ(loop.Now(), absl::UnixEpoch() + absl::Milliseconds(1500));
  EXPECT_TRUE(loop.RunOne());
  EXPECT_EQ(loop.Now(), absl::UnixEpoch() + absl::Seconds(2));
  EXPECT_FALSE(loop.RunOne());
}

}  // namespace
}  // namespace benchfleet
