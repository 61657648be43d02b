// What sealing a witness costs more than the cipher alone.
//
//   bench-sealing [ROUNDS [MEBIBYTES]]       (5, 16)
//
// In each round, for each cipher one after the other: `openssl speed` with pieces of the size that
// we seal (the peer: the cipher without keys, nonces and tags), then a whole message of MEBIBYTES
// sealed piece by piece as a request is, key agreement included, and opened again. Processor time
// on both sides, so that what else the machine does is left out. Medians, and the median of the
// ratios within a round; the goal is that sealing has 80 % of the peer's.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/spawner.h"
#include "base/status.h"
#include "base/subprocess.h"
#include "workloads/remote/sealed_message.h"

namespace benchfleet {
namespace {

constexpr double kTargetRatio = 0.8;
constexpr double kTimedSeconds = 0.5;

[[noreturn]] void Fail(const std::string& message) {
  std::fprintf(stderr, "bench-sealing: %s\n", message.c_str());
  std::exit(1);
}

double CpuSeconds() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Bytes a second of processor time, by `openssl speed`'s machine-readable line "+F:...:RATE".
double PeerRate(Spawner& spawner, const char* cipher) {
  const auto result =
      RunCommand(spawner, {"openssl", "speed", "-mr", "-seconds", "1", "-bytes",
                           std::to_string(limits::kSealedPieceBytes), "-evp", cipher});
  if (!result.ok()) Fail(Message(result.status()));
  const std::string output = result->output.Text();
  const size_t line = output.find("+F:");
  const size_t end = output.find('\n', line);
  if (!result->succeeded() || line == std::string::npos) Fail(result->Describe());
  return std::atof(output.substr(output.rfind(':', end) + 1).c_str());
}

struct Rates {
  double sealing = 0;
  double opening = 0;
};

// As a request is sealed and opened; `pieces` stand for the wire and are reused.
Rates OurRates(HpkeAead aead, const std::string& message) {
  const HpkeKeyPair key = HpkeKeyPair::Generate().value();
  std::vector<std::string> pieces(std::max<size_t>(
      1, (message.size() + limits::kSealedPieceBytes - 1) / limits::kSealedPieceBytes));
  double sealing = 0;
  double opening = 0;
  double bytes = 0;
  bool first = true;
  while (sealing + opening < kTimedSeconds) {
    const double begin = CpuSeconds();
    auto sealer = MessageSealer::Start(aead, key.public_key(), "bench", message);
    if (!sealer.ok()) Fail(Message(sealer.status()));
    for (size_t i = 0; !sealer->done(); ++i) {
      if (!sealer->Next(&pieces[i]).ok()) Fail("it does not seal");
    }
    const double sealed = CpuSeconds();
    auto opener = MessageOpener::Start(aead, key, sealer->encapsulated(), "bench", message.size());
    if (!opener.ok()) Fail(Message(opener.status()));
    for (const std::string& piece : pieces) {
      if (!opener->Add(piece).ok()) Fail("it does not open");
    }
    const double opened = CpuSeconds();
    if (!opener->complete() || opener->Take() != message) Fail("it is another message");
    if (std::exchange(first, false)) continue;  // fresh pages
    sealing += sealed - begin;
    opening += opened - sealed;
    bytes += static_cast<double>(message.size());
  }
  return {bytes / sealing, bytes / opening};
}

int Main(int rounds, size_t mebibytes) {
  const auto spawner = Spawner::Start();
  if (!spawner.ok()) Fail(Message(spawner.status()));
  const std::string message(mebibytes << 20, 'w');
  std::printf("%d rounds, messages of %d MiB in pieces of %d KiB, processor time\n", rounds,
              static_cast<int>(mebibytes), static_cast<int>(limits::kSealedPieceBytes >> 10));
  std::printf("%-18s %14s %14s %14s %8s  %s\n", "cipher", "openssl speed", "sealing", "opening",
              "ratio", "goal");
  bool reached = true;
  for (const HpkeAead aead : {HpkeAead::kAes256Gcm, HpkeAead::kChaCha20Poly1305}) {
    std::vector<double> peer;
    std::vector<double> sealing;
    std::vector<double> opening;
    std::vector<double> ratios;
    for (int round = 0; round < rounds; ++round) {
      peer.push_back(PeerRate(**spawner, HpkeAeadName(aead)));
      const Rates ours = OurRates(aead, message);
      sealing.push_back(ours.sealing);
      opening.push_back(ours.opening);
      ratios.push_back(ours.sealing / peer.back());
    }
    const double ratio = Median(ratios);
    reached = reached && ratio >= kTargetRatio;
    std::printf("%-18s %9.2f GB/s %9.2f GB/s %9.2f GB/s %8.3f  >= %.2f %s\n", HpkeAeadName(aead),
                Median(peer) * 1e-9, Median(sealing) * 1e-9, Median(opening) * 1e-9, ratio,
                kTargetRatio, ratio >= kTargetRatio ? "reached" : "MISSED");
  }
  return reached ? 0 : 1;
}

}  // namespace
}  // namespace benchfleet

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const int mebibytes = argc > 2 ? std::atoi(argv[2]) : 16;
  if (rounds < 1 || mebibytes < 1) {
    std::fprintf(stderr, "usage: bench-sealing [ROUNDS [MEBIBYTES]]\n");
    return 2;
  }
  return benchfleet::Main(rounds, static_cast<size_t>(mebibytes));
}
