// The one table of built-in workloads. A new family is a file, a test and a row in builtins.cc.
#pragma once

#include <vector>

#include "workloads/workload.h"

namespace benchfleet {

// Looks at what this host offers (OpenSSL's algorithms, programs): entries that cannot run here
// carry the reason.
std::vector<WorkloadEntry> BuiltinWorkloads();

// ---- the families, one file each
std::vector<WorkloadEntry> BenchWorkloads();     // bench.cc: noop, sleep
std::vector<WorkloadEntry> DigestWorkloads();    // crypto_digest.cc
std::vector<WorkloadEntry> HkdfWorkloads();      // crypto_hkdf.cc
std::vector<WorkloadEntry> CipherWorkloads();    // crypto_cipher.cc
std::vector<WorkloadEntry> AgreeWorkloads();     // crypto_agree.cc
std::vector<WorkloadEntry> SignWorkloads();      // crypto_sign.cc
std::vector<WorkloadEntry> KeygenWorkloads();    // crypto_keygen.cc
std::vector<WorkloadEntry> MemoryWorkloads();    // memory.cc
std::vector<WorkloadEntry> ProtobufWorkloads();  // protobuf.cc
std::vector<WorkloadEntry> TlsWorkloads();       // tls.cc
std::vector<WorkloadEntry> SocketWorkloads();    // net_sockets.cc: net.rtt, net.throughput
std::vector<WorkloadEntry> StorageWorkloads();   // storage.cc
std::vector<WorkloadEntry> ProcessWorkloads();   // process.cc
std::vector<WorkloadEntry> ExecWorkloads();      // exec.cc
std::vector<WorkloadEntry> ProvingWorkloads();   // proving_prove.cc

}  // namespace benchfleet
