#include "adapters/source.h"

#include <filesystem>
#include <fstream>

#include "base/limits.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SourceTest : public ::testing::Test {
 protected:
  SourceTest() : root_(fs::path(::testing::TempDir()) / "adapters-XXXXXX") {
    std::string pattern = root_.string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    root_ = pattern;
  }
  ~SourceTest() override { fs::remove_all(root_); }

  void Write(const std::string& name, const std::string& text) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }

  fs::path root_;
};

TEST_F(SourceTest, AFile) {
  Write("a.json", "text");
  const auto source = LoadSource(root_ / "a.json");
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(source->name, "a.json");
  EXPECT_FALSE(source->directory);
  EXPECT_EQ(source->files.at(0).text, "text");
}

TEST_F(SourceTest, ADirectoryOfFiles) {
  Write("b.txt", "2");
  Write("a.txt", "1");
  Write(".hidden", "3");
  Write("inner/c.txt", "4");
  const auto source = LoadSource(root_.string() + "/");
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(source->name, root_.filename());
  ASSERT_EQ(source->files.size(), 2u);
  EXPECT_EQ(source->files[0].path, "a.txt");
  EXPECT_EQ(source->files[1].path, "b.txt");
}

TEST_F(SourceTest, CriterionsTreeWithoutItsPlots) {
  Write("g/f/new/benchmark.json", "{}");
  Write("g/f/new/sample.json", "{}");
  Write("g/f/report/index.html", "<html>");
  Write("top.txt", "x");
  const auto source = LoadSource(root_);
  ASSERT_TRUE(source.ok()) << source.status();
  ASSERT_EQ(source->files.size(), 2u);
  EXPECT_EQ(source->files[0].path, "g/f/new/benchmark.json");
}

TEST_F(SourceTest, AGigabyteIsRefusedUnread) {
  Write("big.json", "{");
  fs::resize_file(root_ / "big.json", uint64_t{1} << 30);
  EXPECT_THAT(Message(LoadSource(root_ / "big.json").status()),
              HasSubstr("big.json: more than 128 MiB, which is the bound"));
  Write("small.json", "{");
  EXPECT_THAT(Message(LoadSource(root_).status()), HasSubstr("more than 128 MiB"));
}

TEST_F(SourceTest, WhatIsNotThere) {
  EXPECT_THAT(Message(LoadSource(root_ / "none").status()), HasSubstr("none': No such file"));
  EXPECT_THAT(Message(LoadSource(root_).status()), HasSubstr("no file in it"));
}

}  // namespace
}  // namespace benchfleet
