#include "workloads/net/net_workloads.h"

#include "base/log.h"
#include "base/status.h"

namespace benchfleet {

Catalog NetWorkloads() {
  Catalog catalog;
  for (const auto& family : {EchoWorkloads(), RemoteProvingWorkloads()}) {
    for (const WorkloadEntry& entry : family) {
      // Names are unique: net_test.cc would fail.
      if (const absl::Status added = catalog.Add(entry); !added.ok()) {
        LogError("%s", Message(added));
      }
    }
  }
  return catalog;
}

}  // namespace benchfleet
