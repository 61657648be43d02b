#include "base/frame.h"

#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "base/limits.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

class FrameTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds_), 0); }
  void TearDown() override {
    Close(0);
    Close(1);
  }
  void Close(int side) {
    if (fds_[side] >= 0) close(fds_[side]);
    fds_[side] = -1;
  }
  int fds_[2] = {-1, -1};
};

TEST_F(FrameTest, AFrameArrivesAsItWasSent) {
  const std::vector<std::string> frames = {"", "a", std::string(127, 'b'), std::string(128, 'c'),
                                           std::string("\0\x80", 2)};
  for (const std::string& frame : frames) ASSERT_TRUE(WriteFrame(fds_[0], frame).ok());
  Close(0);
  for (const std::string& frame : frames) EXPECT_EQ(ReadFrame(fds_[1])->value(), frame);
  EXPECT_FALSE(ReadFrame(fds_[1])->has_value());
}

TEST_F(FrameTest, AStreamThatEndsWithinAFrameIsDataLoss) {
  ASSERT_EQ(write(fds_[0],
                  "\x05"
                  "abc",
                  4),
            4);
  Close(0);
  EXPECT_EQ(ReadFrame(fds_[1]).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(FrameTest, AStreamThatEndsWithinALengthIsDataLoss) {
  ASSERT_EQ(write(fds_[0], "\xff", 1), 1);
  Close(0);
  EXPECT_EQ(ReadFrame(fds_[1]).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(FrameTest, ALengthAboveTheBoundIsRefusedBeforeItsBytesCome) {
  ASSERT_EQ(write(fds_[0], "\xff\xff\xff\x7f", 4), 4);
  EXPECT_EQ(ReadFrame(fds_[1]).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(FrameTest, APeerThatIsGoneIsAnErrorAndNotASignal) {
  Close(1);
  EXPECT_EQ(WriteFrame(fds_[0], "x").code(), absl::StatusCode::kUnavailable);
}

TEST_F(FrameTest, AFrameAboveTheBoundIsNotSent) {
  const std::string large(limits::kMaxRunnerFrameBytes + 1, 'x');
  EXPECT_EQ(WriteFrame(fds_[0], large).code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(FrameTest, AnotherKindOfDescriptorWorksToo) {
  int pipe_fds[2];
  ASSERT_EQ(pipe(pipe_fds), 0);
  ASSERT_TRUE(WriteFrame(pipe_fds[1], "through a pipe").ok());
  EXPECT_EQ(ReadFrame(pipe_fds[0])->value(), "through a pipe");
  close(pipe_fds[0]);
  close(pipe_fds[1]);
}

TEST(FrameDecoderTest, PiecesOfAnySizeMakeTheSameFrames) {
  const std::vector<std::string> frames = {"first", "", std::string(1000, 'x'), "last"};
  std::string stream;
  for (const std::string& frame : frames) ASSERT_TRUE(AppendFrame(frame, &stream).ok());
  for (size_t piece = 1; piece < stream.size(); piece = piece * 2 + 1) {
    FrameDecoder decoder;
    std::vector<std::string> seen;
    for (size_t at = 0; at < stream.size(); at += piece) {
      decoder.Append(std::string_view(stream).substr(at, piece));
      for (auto frame = decoder.Next(); frame.ok() && *frame; frame = decoder.Next()) {
        seen.push_back(**frame);
      }
    }
    EXPECT_EQ(seen, frames) << "in pieces of " << piece;
    EXPECT_TRUE(decoder.AtBoundary());
  }
}

TEST(FrameDecoderTest, HalfAFrameIsNotAtABoundary) {
  FrameDecoder decoder;
  decoder.Append(
      "\x04"
      "ab");
  EXPECT_FALSE((*decoder.Next()).has_value());
  EXPECT_FALSE(decoder.AtBoundary());
}

TEST(FrameDecoderTest, GarbageStaysAnError) {
  FrameDecoder decoder;
  decoder.Append("\xff\xff\xff\xff\xff garbage");
  EXPECT_FALSE(decoder.Next().ok());
  decoder.Append("\x01x");
  EXPECT_FALSE(decoder.Next().ok());
}

TEST(FrameDecoderTest, TheLongestFramePasses) {
  std::string stream;
  ASSERT_TRUE(AppendFrame(std::string(limits::kMaxRunnerFrameBytes, 'x'), &stream).ok());
  FrameDecoder decoder;
  decoder.Append(stream);
  EXPECT_EQ((*decoder.Next())->size(), limits::kMaxRunnerFrameBytes);
}

}  // namespace
}  // namespace benchfleet
