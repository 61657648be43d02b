#include "workloads/prover_test_util.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "workloads/builtins.h"
#include "workloads/prover_files.h"

namespace benchfleet {
namespace {

namespace fs = std::filesystem;

std::string NewFolder() {
  std::string pattern = testing::TempDir() + "/provers-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  return pattern;
}

std::string Bb(const std::string& home, const FakeProver& fake) {
  return "#!/bin/sh\nhome=" + home + R"(
command=$1
while [ $# -gt 0 ]; do
  case $1 in
    -o) out=$2 ;; -w) witness=$2 ;; -p) proof=$2 ;; -i) public_inputs=$2 ;;
    --bench_out_hierarchical) echo '{"sumcheck.prove":[{"time":7}]}' > $2 ;;
  esac
  shift
done
case $command in
  --version) echo 1.2.3 ;;
  write_vk) )" +
         fake.write_vk + "\n;;\n  prove) " + fake.prove + "\n;;\n  verify) " + fake.verify +
         "\n;;\n  msgpack) exec python3 -B $home/server.py ;;\nesac\n";
}

std::string Node(const FakeProver& fake) {
  return R"(#!/bin/sh
if [ "$1" = --version ]; then echo v0.0.0; exit; fi
if [ "$2" = --serve ]; then
  )" + fake.serve_ready +
         "\n  while read -r request; do\n" + fake.serve + R"(
  done
  exit
fi
out=$4
)" + fake.witness +
         "\n";
}

std::string Indented(const std::string& body) {
  std::string text = "    " + body;
  for (size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 5) {
    text.insert(at + 1, "    ");
  }
  return text + "\n";
}

std::string Server(const FakeProver& fake) {
  return std::string("import os, struct, sys\nsys.path.insert(0, '") +
         std::getenv("BENCHFLEET_SOURCE_DIR") + R"(/workloads/proving')
from bb_server import pack

def prove(message):
)" + Indented(fake.server_prove) +
         "\ndef verify(message):\n" + Indented(fake.server_verify) + R"(
while len(head := sys.stdin.buffer.read(4)) == 4:
    message = sys.stdin.buffer.read(struct.unpack('<I', head)[0])
    answer = prove(message) if b'CircuitProve' in message else verify(message)
    sys.stdout.buffer.write(struct.pack('<I', len(answer)) + answer)
    sys.stdout.buffer.flush()
)";
}

}  // namespace

ScopedVariable::ScopedVariable(const char* name, const char* value)
    : name_(name), was_set_(std::getenv(name) != nullptr) {
  if (was_set_) before_ = std::getenv(name);
  if (value == nullptr) {
    unsetenv(name);
  } else {
    setenv(name, value, 1);
  }
}

ScopedVariable::~ScopedVariable() {
  if (was_set_) {
    setenv(name_, before_.c_str(), 1);
  } else {
    unsetenv(name_);
  }
}

FakeInstallation::FakeInstallation(const FakeProver& fake)
    : root_(NewFolder()),
      directory_(root_ + "/provers"),
      provers_("BENCHFLEET_PROVERS", directory_.c_str()),
      cache_("XDG_CACHE_HOME", cache().c_str()) {
  const std::string shipped =
      std::string(std::getenv("BENCHFLEET_SOURCE_DIR")) + "/workloads/proving/provers/";
  Write("descriptions/ultrahonk-bb.yaml",
        ReadFileBytes(shipped + "ultrahonk-bb.yaml").value_or(""));
  Write("bin/bb", Bb(directory_, fake), true);
  Write("bin/verifier", Bb(directory_, fake) + "# the verifier\n", true);
  Write("bin/node", Node(fake), true);
  Write("server.py", Server(fake));
  Write("witness.mjs", "// read by nobody\n");
  Write("crs/bn254_g1.dat", "points");
  Write("circuits/age.json", R"({"bytecode": "H4sIAAAAAAAAA6sAAIMW3IwBAAAA"})");
  Write("inputs/age.json", "{}");
  WriteManifest(fake.secure);
}

FakeInstallation::~FakeInstallation() { fs::remove_all(root_); }

void FakeInstallation::Write(const std::string& name, const std::string& text,
                             bool executable) const {
  const fs::path path = fs::path(directory_) / name;
  fs::create_directories(path.parent_path());
  ASSERT_TRUE(WriteFileBytes(path, text).ok());
  if (executable) fs::permissions(path, fs::perms::owner_all);
}

std::string FakeInstallation::Read(const std::string& name) const {
  return ReadFileBytes(directory_ + "/" + name).value_or("");
}

size_t FakeInstallation::keys_made() const {
  const std::string made = Read("keys_made");
  return static_cast<size_t>(std::count(made.begin(), made.end(), '\n'));
}

void FakeInstallation::WriteManifest(bool secure) const {
  nlohmann::json files;
  for (const char* name : {"bin/bb", "bin/verifier", "witness.mjs", "crs/bn254_g1.dat",
                           "circuits/age.json", "inputs/age.json"}) {
    files[name] = Sha256Hex(Read(name));
  }
  const nlohmann::json manifest = {{"format", 2},
                                   {"versions", "bb 1.2.3"},
                                   {"installed",
                                    {{"bb", "bin/bb"},
                                     {"bb_verifier", "bin/verifier"},
                                     {"node", directory_ + "/bin/node"},
                                     {"crs", "crs"}}},
                                   {"real", nlohmann::json::array()},
                                   {"files", files}};
  Write("provers.json", manifest.dump(1));
  if (secure) ChangeManifest("\"real\": []", "\"real\": [\"crs\"]");
}

void FakeInstallation::ChangeManifest(const std::string& from, const std::string& to) const {
  std::string text = Read("provers.json");
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  Write("provers.json", text.replace(at, from.size(), to));
}

std::string FakeInstallation::Unavailable() const {
  return ProvingWorkloads().front().description.unavailable;
}

CollectingSink RunProving(const StringMap& parameters) {
  const std::string scratch = NewFolder();
  RunnerRequest request;
  request.spec.workload = "proving.prove";
  request.spec.parameters = parameters;
  request.spec.measurement.warmup = 1;
  request.spec.measurement.min_samples = 2;
  request.spec.measurement.max_samples = 2;
  request.scratch_dir = scratch;
  CollectingSink sink;
  EXPECT_TRUE(ExecuteRun(request, Catalog::Builtins(), SystemStopwatch(), sink).ok());
  sink.ExpectConsistent();
  fs::remove_all(scratch);
  return sink;
}

}  // namespace benchfleet
