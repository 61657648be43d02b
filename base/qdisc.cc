#include "base/qdisc.h"

#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "base/netlink_message.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr uint32_t kQdiscHandle = 0xbf0000;  // bf:
constexpr char kQdiscNote[] = "/shaped-device";

std::string QdiscBody(const std::string& device, const std::string& attributes) {
  tcmsg message = {};
  message.tcm_family = AF_UNSPEC;
  message.tcm_ifindex = static_cast<int>(if_nametoindex(device.c_str()));
  message.tcm_handle = kQdiscHandle;
  message.tcm_parent = TC_H_ROOT;
  return std::string(reinterpret_cast<const char*>(&message), sizeof message) + attributes;
}

void RemoveQdisc(const std::string& device) {
  // Index 0 would be no device; the kernel refuses another handle than that of the root.
  if (if_nametoindex(device.c_str()) == 0) return;
  std::string complaint;
  AskRouteNetlink(RTM_DELQDISC, 0, QdiscBody(device, ""), &complaint);
}

absl::Status QdiscError(int error, const std::string& complaint, const std::string& device,
                        const char* kind) {
  if (error == EPERM) {
    return absl::NotFoundError(
        "tc: shaping needs CAP_NET_ADMIN, which this process has not: run the agent with it, or "
        "use apply=relay");
  }
  if (error == ENOENT) {
    return absl::NotFoundError(absl::StrFormat(
        "tc: this kernel has no %s (module sch_%s)%s: use apply=relay", kind, kind,
        std::strcmp(kind, "netem") == 0 ? ", which delay, jitter and loss need" : ""));
  }
  if (error == EEXIST) {
    return absl::AlreadyExistsError(
        absl::StrFormat("tc: %s has a queueing discipline of somebody's already", device));
  }
  return ErrnoError(error, absl::StrFormat("tc: shaping %s by %s (%s)", device, kind, complaint));
}

bool SameAddress(const sockaddr* a, const sockaddr* b) {
  if (a == nullptr || a->sa_family != b->sa_family) return false;
  if (a->sa_family == AF_INET) {
    return std::memcmp(&reinterpret_cast<const sockaddr_in*>(a)->sin_addr,
                       &reinterpret_cast<const sockaddr_in*>(b)->sin_addr, sizeof(in_addr)) == 0;
  }
  return a->sa_family == AF_INET6 &&
         std::memcmp(&reinterpret_cast<const sockaddr_in6*>(a)->sin6_addr,
                     &reinterpret_cast<const sockaddr_in6*>(b)->sin6_addr, sizeof(in6_addr)) == 0;
}

absl::StatusOr<std::string> DeviceOfSocketAddress(const sockaddr* address) {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return ErrnoError(errno, "listing network devices");
  std::string device;
  for (const ifaddrs* one = all; one != nullptr && device.empty(); one = one->ifa_next) {
    if (SameAddress(one->ifa_addr, address)) device = one->ifa_name;
  }
  freeifaddrs(all);
  if (!device.empty()) return device;
  return absl::NotFoundError("tc: no network device of this host has the address");
}

struct AddressList {
  addrinfo* first = nullptr;
  ~AddressList() {
    if (first != nullptr) freeaddrinfo(first);
  }
  bool Read(const std::string& host, const std::string& port) {
    addrinfo hints = {};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_DGRAM;
    return getaddrinfo(host.c_str(), port.c_str(), &hints, &first) == 0;
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Qdisc>> Qdisc::Install(const std::string& device,
                                                      const Shaping& shaping,
                                                      const std::string& note_dir) {
  if (if_nametoindex(device.c_str()) == 0) {
    return absl::NotFoundError(absl::StrFormat("tc: there is no network device '%s'", device));
  }
  const std::string note = note_dir + kQdiscNote;
  std::ofstream file(note);
  file << device << "\n";
  file.close();
  if (!file) return absl::InternalError("tc: writing " + note + " failed");
  std::string complaint;
  const int error = AskRouteNetlink(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL,
                                    QdiscBody(device, QdiscAttributes(shaping)), &complaint);
  if (error == 0) return std::unique_ptr<Qdisc>(new Qdisc(device, note));
  std::remove(note.c_str());
  return QdiscError(error, complaint, device, QdiscKind(shaping));
}

Qdisc::~Qdisc() {
  RemoveQdisc(device_);
  std::remove(note_.c_str());
}

void RemoveForgottenQdisc(const std::string& note_dir) {
  const std::string note = note_dir + kQdiscNote;
  std::ifstream file(note);
  std::string device;
  if (!std::getline(file, device)) return;
  if (device.size() < IF_NAMESIZE) RemoveQdisc(device);
  std::remove(note.c_str());
}

absl::StatusOr<std::string> DeviceTowards(std::string_view endpoint) {
  const size_t colon = endpoint.rfind(':');
  std::string host(endpoint.substr(0, colon));
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  AddressList addresses;
  if (colon == std::string_view::npos ||
      !addresses.Read(host, std::string(endpoint.substr(colon + 1)))) {
    return absl::InvalidArgumentError(
        absl::StrFormat("tc: '%s' is no numeric HOST:PORT", endpoint));
  }
  // Connecting a datagram socket sends nothing; it chooses the way.
  const int fd = socket(addresses.first->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_storage own = {};
  socklen_t size = sizeof own;
  const bool known = fd >= 0 &&
                     connect(fd, addresses.first->ai_addr, addresses.first->ai_addrlen) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0;
  const int error = errno;
  if (fd >= 0) close(fd);
  if (!known) return ErrnoError(error, absl::StrFormat("tc: finding the way to %s", endpoint));
  BF_ASSIGN_OR_RETURN(std::string device,
                      DeviceOfSocketAddress(reinterpret_cast<const sockaddr*>(&own)));
  return device;
}

absl::StatusOr<std::string> DeviceOf(const std::string& address) {
  AddressList addresses;
  if (!addresses.Read(address, "0")) {
    return absl::InvalidArgumentError(absl::StrFormat("tc: '%s' is no numeric address", address));
  }
  return DeviceOfSocketAddress(addresses.first->ai_addr);
}

}  // namespace benchfleet
