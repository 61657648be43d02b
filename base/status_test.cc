#include "base/status.h"

#include <cerrno>

#include "gtest/gtest.h"

namespace benchfleet {
namespace {

absl::StatusOr<int> Half(int n) {
  if (n % 2 != 0) return absl::InvalidArgumentError("odd");
  return n / 2;
}

absl::StatusOr<int> Quarter(int n) {
  BF_ASSIGN_OR_RETURN(const int half, Half(n));
  BF_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

TEST(StatusTest, AssignOrReturnPassesValuesAndErrors) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Message(Quarter(6).status()), "odd");
}

TEST(StatusTest, AnnotateKeepsTheCodeAndLeavesOkAlone) {
  EXPECT_TRUE(Annotate(absl::OkStatus(), "context").ok());
  const absl::Status status = Annotate(absl::NotFoundError("no such host"), "planning job 3");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Message(status), "planning job 3: no such host");
}

TEST(StatusTest, ErrnoErrorNamesThePlace) {
  const absl::Status status = ErrnoError(ENOENT, "opening /nowhere");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(Message(status).find("opening /nowhere"), std::string::npos);
}

}  // namespace
}  // namespace benchfleet
