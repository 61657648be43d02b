#include "agent/live_host_view.h"

#include <pthread.h>

#include <memory>
#include <utility>

#include "agent/host/fingerprint.h"
#include "agent/host/host_probe.h"

namespace benchfleet {
namespace {

HostFingerprint ToWire(Fingerprint fingerprint) {
  HostFingerprint wire;
  wire.identity_digest = std::move(fingerprint.identity_digest);
  wire.state_digest = std::move(fingerprint.state_digest);
  wire.host_digest = std::move(fingerprint.host_digest);
  wire.identity_json = std::move(fingerprint.identity_json);
  wire.state_json = std::move(fingerprint.state_json);
  wire.fields = std::move(fingerprint.fields);
  return wire;
}

}  // namespace

LiveHostView::LiveHostView(TaskLoop* loop, std::string container_image)
    : loop_(loop), container_image_(std::move(container_image)) {}

LiveHostView::~LiveHostView() {
  if (thread_.joinable()) thread_.join();
}

void LiveHostView::Collect(const std::string& host_salt,
                           std::function<void(HostFingerprint)> done) {
  if (thread_.joinable()) thread_.join();  // it has posted its result long ago
  thread_ = std::thread([loop = loop_, image = container_image_, host_salt,
                         done = std::move(done)]() mutable {
    pthread_setname_np(pthread_self(), "bf-host");
    auto result =
        std::make_shared<HostFingerprint>(ToWire(CollectFingerprint(LiveHost(image), host_salt)));
    loop->Post([result, done = std::move(done)] { done(std::move(*result)); });
  });
}

}  // namespace benchfleet
