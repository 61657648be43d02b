#include "base/netlink_message.h"

#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

namespace benchfleet {
namespace {

constexpr uint32_t kNetemPacketsMax = 100'000;  // under way at once
constexpr double kTbfBurstSeconds = 0.002;      // what may leave at once, at the rate
constexpr uint32_t kTbfBurstBytesMin = 15'140;  // ten frames
constexpr double kTbfQueueSeconds = 0.3;        // what waits longer is dropped

template <typename T>
std::string_view BytesOfObject(const T& object) {
  return {reinterpret_cast<const char*>(&object), sizeof object};
}

std::string NetlinkAttribute(uint16_t type, std::string_view content) {
  const rtattr header = {static_cast<uint16_t>(RTA_LENGTH(content.size())), type};
  std::string bytes(BytesOfObject(header));
  bytes.append(content);
  bytes.resize(RTA_ALIGN(bytes.size()), '\0');
  return bytes;
}

// The kernel's packet scheduler counts time in units of 64 ns (/proc/net/psched).
uint32_t SchedulerTicks(absl::Duration duration) {
  return static_cast<uint32_t>(absl::ToInt64Nanoseconds(duration) / 64);
}

std::string NetemOptions(const Shaping& shaping) {
  tc_netem_qopt options = {};
  options.latency = SchedulerTicks(shaping.delay);
  options.jitter = SchedulerTicks(shaping.jitter);
  options.limit = kNetemPacketsMax;
  options.loss = static_cast<uint32_t>(std::llround(shaping.loss * UINT32_MAX));
  std::string bytes(BytesOfObject(options));
  if (shaping.bits_per_second == 0) return bytes;
  const auto bytes_per_second = static_cast<uint64_t>(shaping.bits_per_second / 8);
  tc_netem_rate rate = {};
  rate.rate = static_cast<uint32_t>(std::min<uint64_t>(bytes_per_second, UINT32_MAX));
  if (bytes_per_second > UINT32_MAX) {
    bytes += NetlinkAttribute(TCA_NETEM_RATE64, BytesOfObject(bytes_per_second));
  }
  return bytes + NetlinkAttribute(TCA_NETEM_RATE, BytesOfObject(rate));
}

std::string TbfOptions(const Shaping& shaping) {
  const auto rate = static_cast<uint64_t>(shaping.bits_per_second / 8);
  const auto burst = static_cast<uint32_t>(
      std::clamp(static_cast<double>(rate) * kTbfBurstSeconds, double{kTbfBurstBytesMin}, 1e9));
  tc_tbf_qopt options = {};
  options.rate.linklayer = TC_LINKLAYER_ETHERNET;  // so that no table of rates is needed
  options.rate.rate = static_cast<uint32_t>(std::min<uint64_t>(rate, UINT32_MAX));
  options.limit =
      static_cast<uint32_t>(std::min(static_cast<double>(rate) * kTbfQueueSeconds, 3e9)) + burst;
  std::string bytes = NetlinkAttribute(TCA_TBF_PARMS, BytesOfObject(options));
  bytes += NetlinkAttribute(TCA_TBF_BURST, BytesOfObject(burst));
  if (rate > UINT32_MAX) bytes += NetlinkAttribute(TCA_TBF_RATE64, BytesOfObject(rate));
  return bytes;
}

struct NetlinkSocket {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  ~NetlinkSocket() {
    if (fd >= 0) close(fd);
  }
};

// The error of an answer: 0 is an acknowledgement.
int ReadAnswer(std::string_view answer, std::string* complaint) {
  nlmsghdr header = {};
  nlmsgerr error = {};
  if (answer.size() < sizeof header + sizeof error) return EPROTO;
  std::memcpy(&header, answer.data(), sizeof header);
  std::memcpy(&error, answer.data() + sizeof header, sizeof error);
  if (header.nlmsg_type != NLMSG_ERROR) return EPROTO;
  // With NETLINK_CAP_ACK nothing of the request comes back: attributes follow at once.
  size_t at = sizeof header + sizeof error;
  while ((header.nlmsg_flags & NLM_F_ACK_TLVS) != 0 && at + sizeof(nlattr) <= answer.size()) {
    nlattr attribute = {};
    std::memcpy(&attribute, answer.data() + at, sizeof attribute);
    if (attribute.nla_len < sizeof attribute || at + attribute.nla_len > answer.size()) break;
    if ((attribute.nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG) {
      *complaint =
          std::string(answer.substr(at + sizeof attribute, attribute.nla_len - sizeof attribute));
      while (!complaint->empty() && complaint->back() == '\0') complaint->pop_back();
    }
    at += NLA_ALIGN(attribute.nla_len);
  }
  return -error.error;
}

}  // namespace

const char* QdiscKind(const Shaping& shaping) {
  const bool rate_only = shaping.delay == absl::ZeroDuration() &&
                         shaping.jitter == absl::ZeroDuration() && shaping.loss == 0;
  return rate_only ? "tbf" : "netem";
}

std::string QdiscAttributes(const Shaping& shaping) {
  const std::string kind = QdiscKind(shaping);
  const std::string options = kind == "tbf" ? TbfOptions(shaping) : NetemOptions(shaping);
  return NetlinkAttribute(TCA_KIND, std::string_view(kind.c_str(), kind.size() + 1)) +
         NetlinkAttribute(TCA_OPTIONS, options);
}

int AskRouteNetlink(uint16_t type, uint16_t flags, std::string_view body, std::string* complaint) {
  const NetlinkSocket socket;
  if (socket.fd < 0) return errno;
  const int on = 1;
  setsockopt(socket.fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  setsockopt(socket.fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  nlmsghdr header = {};
  header.nlmsg_len = static_cast<uint32_t>(sizeof header + body.size());
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  std::string message(BytesOfObject(header));
  message.append(body);
  if (send(socket.fd, message.data(), message.size(), 0) < 0) return errno;
  char answer[4096];
  const ssize_t got = recv(socket.fd, answer, sizeof answer, 0);
  if (got < 0) return errno;
  return ReadAnswer({answer, static_cast<size_t>(got)}, complaint);
}

}  // namespace benchfleet
