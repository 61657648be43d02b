#include "benchctl/progress.h"

#include <algorithm>

#include "absl/strings/str_split.h"
#include "base/status.h"
#include "benchctl/cli_harness.h"
#include "benchctl/follow.h"
#include "benchctl/golden.h"
#include "benchctl/table.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

JobStatus Running(uint64_t done, uint64_t samples) {
  JobStatus status = CannedStatus(13, "prove-age", State::kRunning, done, 60);
  status.started_at = CannedNow();
  status.samples = samples;
  status.hosts[0].runs_done = done;
  status.hosts[0].runs = 40;
  status.hosts[1].runs_done = 20;
  status.hosts[1].runs_failed = 0;
  return status;
}

TEST(ProgressTest, TimeLeftIsThatOfTheSlowestHostAtThePaceWatched) {
  Progress progress;
  const absl::Time begin = CannedNow() + absl::Minutes(5);
  progress.Update(Running(10, 0), begin);
  // Nothing ended while watching: 10 runs in 5 minutes, 30 left.
  EXPECT_EQ(progress.TimeLeft(begin), absl::Minutes(15));
  progress.Update(Running(14, 0), begin + absl::Seconds(40));
  // 4 runs in 40 s since, 26 left.
  EXPECT_EQ(progress.TimeLeft(begin + absl::Seconds(40)), absl::Seconds(260));
}

TEST(ProgressTest, NothingIsSaidOfTimeBeforeARunHasEnded) {
  Progress progress;
  progress.Update(Running(0, 0), CannedNow());
  EXPECT_EQ(progress.TimeLeft(CannedNow() + absl::Seconds(9)), std::nullopt);
}

TEST(ProgressTest, RunsThatFailedAreNotWaitedFor) {
  Progress progress;
  JobStatus status = Running(10, 0);
  status.hosts[0].runs_failed = 30;
  progress.Update(status, CannedNow() + absl::Minutes(5));
  EXPECT_EQ(progress.TimeLeft(CannedNow() + absl::Minutes(5)), std::nullopt);
}

TEST(ProgressTest, TheRateIsOfTheLastTenSeconds) {
  Progress progress;
  progress.Update(Running(1, 0), CannedNow());
  EXPECT_EQ(progress.SamplesPerSecond(CannedNow()), std::nullopt);
  for (int second = 1; second <= 20; ++second) {
    progress.Update(Running(1, second <= 10 ? 0 : static_cast<uint64_t>(second - 10) * 500),
                    CannedNow() + absl::Seconds(second));
  }
  EXPECT_EQ(progress.SamplesPerSecond(CannedNow() + absl::Seconds(20)), 500);
  // A job that imports or restarts may seem to lose samples: never a negative rate.
  progress.Update(Running(1, 0), CannedNow() + absl::Seconds(21));
  EXPECT_EQ(progress.SamplesPerSecond(CannedNow() + absl::Seconds(21)), 0);
}

std::string Pictures() {
  std::string text;
  const auto add = [&](const char* title, const JobStatus& status, TerminalSize size) {
    Progress progress;
    JobStatus first = status;
    first.samples = 0;
    progress.Update(first, CannedNow());
    progress.Update(status, CannedNow() + absl::Seconds(8));
    text += std::string("-- ") + title + "\n" +
            progress.Picture(CannedNow() + absl::Seconds(8), size, Style());
  };
  add("wide", Running(13, 12'345), {120, 24});
  add("narrow", Running(13, 12'345), {50, 24});
  JobStatus waiting = Running(0, 0);
  waiting.state = State::kWaiting;
  waiting.message = "waits for host vm-2, which is away";
  waiting.hosts[1].runs_done = 3;
  add("waiting", waiting, {80, 24});
  JobStatus many = Running(13, 100);
  for (int i = 0; i < 40; ++i) {
    HostProgress host = many.hosts[0];
    host.host = "node-" + std::to_string(i);
    many.hosts.push_back(host);
  }
  add("more hosts than lines", many, {80, 10});
  JobStatus odd = Running(13, 100);
  odd.name = "großer Lauf 大きい\x1b[31m";
  odd.hosts[0].host = "höst-日本語";
  odd.hosts[0].now = "evil\x1b]0;title\x07";
  odd.hosts[0].runs_failed = 2;
  add("odd names", odd, {80, 24});
  add("done", CannedStatus(12, "first-sweep", State::kDone, 18, 18), {80, 24});
  return text;
}

TEST(ProgressTest, Pictures) { ExpectGolden("progress.txt", Pictures()); }

TEST(ProgressTest, NoPictureIsWiderOrTallerThanTheTerminal) {
  for (const int columns : {20, 33, 40, 57, 80, 200}) {
    for (const int rows : {4, 5, 24}) {
      JobStatus status = Running(13, 1'234'567);
      status.message = "a message that is longer than many a terminal is wide, and then some more";
      for (int i = 0; i < 30; ++i) status.hosts.push_back(status.hosts[0]);
      Progress progress;
      progress.Update(Running(2, 0), CannedNow());
      progress.Update(status, CannedNow() + absl::Seconds(5));
      const std::string picture =
          progress.Picture(CannedNow() + absl::Seconds(5), {columns, rows}, Style());
      EXPECT_LT(std::count(picture.begin(), picture.end(), '\n'), std::max(rows, 4));
      for (const auto& line : absl::StrSplit(picture, '\n')) {
        // Below 31 columns nothing sensible fits.
        EXPECT_LT(DisplayWidth(std::string(line)), static_cast<size_t>(std::max(columns, 31)))
            << line;
      }
    }
  }
}

// ---- following

class FollowTest : public ::testing::Test {
 protected:
  FollowTest() {
    cli_.fleet.before_each_status = [this] { cli_.clock.now += absl::Seconds(4); };
  }

  void Play(std::vector<JobStatus> statuses, absl::Status end = absl::OkStatus()) {
    cli_.fleet.plays.push_back({std::move(statuses), std::move(end)});
  }
  JobStatus Ended() { return CannedStatus(13, "prove-age", State::kDone, 60, 60); }

  CliHarness cli_;
};

TEST_F(FollowTest, PlainLinesWhereThereIsNoTerminal) {
  JobStatus waiting = Running(0, 0);
  waiting.state = State::kWaiting;
  Play({waiting, Running(1, 100), Running(2, 200), Running(3, 300), Running(9, 900), Ended()});
  EXPECT_EQ(cli_.Run({"watch", "13"}), 0);
  EXPECT_EQ(cli_.out, "");
  EXPECT_THAT(cli_.err, Not(HasSubstr("\x1b")));
  ExpectGolden("watch_lines.txt", cli_.err);
}

TEST_F(FollowTest, ATerminalGetsOnePictureThatIsRedrawn) {
  cli_.console.err_is_terminal = true;
  Play({Running(1, 100), Running(2, 200), Ended()});
  EXPECT_EQ(cli_.Run({"watch", "13", "--no-color"}), 0);
  // Two host lines and the headline: each picture after the first begins three lines up.
  EXPECT_EQ(cli_.err.rfind("\r\x1b[J", 0), 0u);
  size_t redrawn = 0;
  for (size_t at = cli_.err.find("\x1b[3A\r\x1b[J"); at != std::string::npos;
       at = cli_.err.find("\x1b[3A\r\x1b[J", at + 1)) {
    ++redrawn;
  }
  EXPECT_EQ(redrawn, 2u);
}

TEST_F(FollowTest, JsonIsALineForEachChangeAndNothingElse) {
  Play({Running(1, 100), Ended()});
  EXPECT_EQ(cli_.Run({"watch", "13", "--format", "json"}), 0);
  EXPECT_EQ(cli_.err, "");
  EXPECT_EQ(std::count(cli_.out.begin(), cli_.out.end(), '\n'), 2);
  EXPECT_THAT(cli_.out, HasSubstr("\"state\":\"done\""));
}

TEST_F(FollowTest, ControlCLeavesTheJobRunning) {
  Play({Running(1, 100), Running(2, 200), Ended()});
  bool interrupted = false;
  cli_.console.interrupted = [&interrupted] { return interrupted; };
  cli_.fleet.before_each_status = [&interrupted, seen = 0]() mutable { interrupted = ++seen == 2; };
  EXPECT_EQ(cli_.Run({"watch", "13"}), 130);
  EXPECT_THAT(cli_.err, HasSubstr("stopped watching; job 13 goes on (benchctl watch 13, benchctl "
                                  "cancel 13)\n"));
  EXPECT_TRUE(cli_.fleet.cancelled.empty());
}

TEST_F(FollowTest, ACoordinatorThatRestartsIsWaitedFor) {
  Play({Running(1, 100)}, absl::UnavailableError("coordinator c does not answer"));
  Play({}, absl::UnavailableError("coordinator c does not answer"));
  Play({}, absl::CancelledError("shutting down"));
  Play({Running(2, 200)});  // ended by a coordinator that drains
  Play({Ended()});
  EXPECT_EQ(cli_.Run({"watch", "13"}), 0);
  EXPECT_THAT(cli_.err, HasSubstr("coordinator c does not answer; waiting for it\n"));
  EXPECT_THAT(cli_.err, HasSubstr("job 13 prove-age: done, 60 of 60 runs"));
}

TEST_F(FollowTest, ItIsNotWaitedForForEver) {
  Play({Running(1, 100)});
  for (int i = 0; i < 500; ++i) Play({}, absl::UnavailableError("coordinator c does not answer"));
  const absl::Time begin = cli_.clock.now;
  EXPECT_EQ(cli_.Run({"watch", "13"}), 1);
  EXPECT_THAT(cli_.err, HasSubstr("benchctl: coordinator c does not answer\n"));
  EXPECT_GE(cli_.clock.now - begin, absl::Minutes(2));
  EXPECT_LT(cli_.clock.now - begin, absl::Minutes(3));
}

TEST_F(FollowTest, AJobThatIsNotThereIsAnErrorAtOnce) {
  Play({}, absl::NotFoundError("no job has the number 13"));
  EXPECT_EQ(cli_.Run({"watch", "13"}), 1);
  EXPECT_EQ(cli_.err, "benchctl: no job has the number 13\n");
}

}  // namespace
}  // namespace benchfleet
