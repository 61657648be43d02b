// One message to the kernel's routing netlink, as bytes. Private to base/qdisc.cc and its test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/qdisc.h"

namespace benchfleet {

// The attributes of RTM_NEWQDISC after tcmsg: TCA_KIND and TCA_OPTIONS.
std::string QdiscAttributes(const Shaping& shaping);
// "netem" or "tbf".
const char* QdiscKind(const Shaping& shaping);

// Sends it and waits for the answer. `complaint` gets the kernel's words for an error, where it has
// any. Errors: errno's, annotated with nothing.
int AskRouteNetlink(uint16_t type, uint16_t flags, std::string_view body, std::string* complaint);

}  // namespace benchfleet
