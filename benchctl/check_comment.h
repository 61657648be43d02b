// A check as the one comment that a bot keeps at a pull request: begins with a hidden mark by which
// it is found again, and is never longer than a comment may be. Pure.
#pragma once

#include <string>

#include "benchctl/check_report.h"

namespace benchfleet {

// GitHub refuses a comment of more than 65,536 characters; bytes are never fewer.
inline constexpr size_t kCommentBytesMax = 65'000;

// The first line of every comment: look for it, and replace that comment.
inline constexpr char kCommentMark[] = "<!-- benchfleet:check -->";

// What failed, is open or changed first; what held is folded away, and cut at the bound with a line
// that says how much.
std::string CheckComment(const CheckReport& report);

}  // namespace benchfleet
