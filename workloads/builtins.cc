#include "workloads/builtins.h"

#include <utility>

namespace benchfleet {
namespace {

using Family = std::vector<WorkloadEntry> (*)();

constexpr Family kFamilies[] = {
    BenchWorkloads,  DigestWorkloads,  HkdfWorkloads,    CipherWorkloads,   AgreeWorkloads,
    SignWorkloads,   KeygenWorkloads,  MemoryWorkloads,  ProtobufWorkloads, TlsWorkloads,
    SocketWorkloads, StorageWorkloads, ProcessWorkloads, ExecWorkloads,     ProvingWorkloads,
};

}  // namespace

std::vector<WorkloadEntry> BuiltinWorkloads() {
  std::vector<WorkloadEntry> all;
  for (const Family family : kFamilies) {
    for (WorkloadEntry& entry : family()) all.push_back(std::move(entry));
  }
  return all;
}

}  // namespace benchfleet
