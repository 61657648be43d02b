#include "agent/workload_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

namespace benchfleet {
namespace {

using ::testing::ElementsAre;

// Asks a script instead of bench-runner; time is the test's, the thread that asks is real.
class WorkloadWatchTest : public ::testing::Test {
 protected:
  WorkloadWatchTest()
      : directory_(::testing::TempDir() + "workload_watch_test"),
        manifest_(directory_ + "/provers.json"),
        runner_(directory_ + "/runner") {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    Answer("old");
  }
  ~WorkloadWatchTest() override {
    watch_ = nullptr;
    std::filesystem::remove_all(directory_);
  }

  // Another size each time: the clock of files may stand still between two writes.
  void Write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }
  void Answer(const std::string& workload) {
    Write(directory_ + "/list", "{\"workloads\":[{\"name\":\"" + workload +
                                    "\"}],\"depends_on\":[\"" + manifest_ + "\"]}");
    if (std::filesystem::exists(runner_)) return;
    Write(runner_,
          "#!/bin/sh\necho asked >> " + directory_ + "/asked\ncat " + directory_ + "/list\n");
    std::filesystem::permissions(runner_, std::filesystem::perms::owner_all);
  }
  void StartWatch() {
    auto known = ListWorkloads({runner_});
    ASSERT_TRUE(known.ok()) << known.status();
    EXPECT_THAT(known->depends_on, ElementsAre(manifest_, runner_));
    watch_ = std::make_unique<WorkloadWatch>(
        &loop_, std::vector<std::string>{runner_}, *std::move(known), [this] { return quiet_; },
        [this](const WorkloadList& list) { heard_.push_back(list.workloads.at(0).name); });
    watch_->Start();
  }
  int Asked() {
    std::ifstream file(directory_ + "/asked");
    std::string line;
    int count = 0;
    while (std::getline(file, line)) ++count;
    return count;
  }
  // One look; true when it asked, and then what it asked for has been answered.
  bool LooksAndAsks() {
    const int before = Asked();
    loop_.RunFor(absl::Seconds(10));
    return AnswerCame(before);
  }
  bool AnswerCame(int before) {
    if (!watch_->asking()) return false;
    watch_->AwaitAnswer();
    loop_.RunFor(absl::ZeroDuration());
    EXPECT_EQ(Asked(), before + 1);
    return true;
  }

  const std::string directory_, manifest_, runner_;
  SimulatedLoop loop_{absl::FromUnixSeconds(1'700'000'000)};
  bool quiet_ = true;
  std::vector<std::string> heard_;
  std::unique_ptr<WorkloadWatch> watch_;
};

TEST_F(WorkloadWatchTest, AnInstalledProverAppears) {
  StartWatch();
  EXPECT_FALSE(LooksAndAsks());
  Answer("with-a-prover");
  EXPECT_FALSE(LooksAndAsks()) << "nothing that it depends on has changed";
  Write(manifest_, "{}");
  EXPECT_TRUE(LooksAndAsks());
  EXPECT_THAT(heard_, ElementsAre("with-a-prover"));
  EXPECT_FALSE(LooksAndAsks());
  std::filesystem::remove(manifest_);
  EXPECT_TRUE(LooksAndAsks());
  EXPECT_THAT(heard_, ElementsAre("with-a-prover")) << "the same list is no news";
}

TEST_F(WorkloadWatchTest, NothingIsAskedWhileARunIsMeasured) {
  StartWatch();
  Answer("new");
  quiet_ = false;
  watch_->LookAgain();
  EXPECT_FALSE(LooksAndAsks());
  quiet_ = true;
  EXPECT_TRUE(LooksAndAsks()) << "the hang-up is not forgotten";
  EXPECT_THAT(heard_, ElementsAre("new"));
}

TEST_F(WorkloadWatchTest, AListThatCannotBeHadChangesNothing) {
  StartWatch();
  Write(directory_ + "/list", "Segmentation fault");
  Write(manifest_, "{}");
  EXPECT_TRUE(LooksAndAsks());
  EXPECT_FALSE(LooksAndAsks()) << "not again until something changes";
  Answer("mended");
  Write(manifest_, "{ }");
  EXPECT_TRUE(LooksAndAsks());
  EXPECT_THAT(heard_, ElementsAre("mended"));
}

}  // namespace
}  // namespace benchfleet
