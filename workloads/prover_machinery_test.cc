// proving.prove with scripts in place of provers: what becomes of wrong answers, crashes and
// damaged installations. Real proofs are in proving_prove_test.cc.
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "workloads/prover_cache.h"
#include "workloads/prover_files.h"
#include "workloads/prover_registry.h"
#include "workloads/prover_test_util.h"
#include "workloads/stop_request.h"

namespace benchfleet {
namespace {

using testing::HasSubstr;

const StringMap kCold = {};
const StringMap kWarm = {{"start", "warm"}};

void ExpectEnd(const FakeProver& fake, const StringMap& parameters, Outcome outcome,
               const std::string& words) {
  const FakeInstallation installation(fake);
  const CollectingSink sink = RunProving(parameters);
  EXPECT_EQ(sink.finished()->outcome, outcome) << sink.finished()->message;
  EXPECT_THAT(sink.finished()->message, HasSubstr(words));
}

TEST(ProverMachineryTest, AGoodProverIsMeasuredPhaseByPhase) {
  for (const StringMap& parameters : {kCold, kWarm}) {
    const FakeInstallation installation;
    const CollectingSink sink = RunProving(parameters);
    ASSERT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
    const std::vector<double> whole = sink.Values(kLatency);
    ASSERT_EQ(whole.size(), 2u);
    for (size_t i = 0; i < whole.size(); ++i) {
      double phases = 0;
      for (const char* name : {"witness", "prove", "verify"}) {
        ASSERT_EQ(sink.Values(name).size(), whole.size()) << name;
        EXPECT_GT(sink.Values(name)[i], 0) << name;
        phases += sink.Values(name)[i];
      }
      EXPECT_LE(phases, whole[i]);
      EXPECT_EQ(sink.Values("proof_size")[i], 64);
      EXPECT_GT(sink.Values("prover_rss_peak")[i], 0);
      EXPECT_GT(sink.Values("prove_cpu")[i], 0);
    }
  }
}

TEST(ProverMachineryTest, FactsSayWhatProvedAndWhetherToTrustIt) {
  FakeProver fake;
  for (const bool secure : {false, true}) {
    fake.secure = secure;
    const FakeInstallation installation(fake);
    StringMap facts = RunProving({{"threads", "2"}}).finished()->facts;
    EXPECT_EQ(facts["prover.name"], "ultrahonk-bb");
    EXPECT_EQ(facts["prover.version"], "1.2.3");
    EXPECT_EQ(facts["prover.sha256"], Sha256Hex(installation.Read("bin/bb")));
    EXPECT_EQ(facts["circuit.sha256"], Sha256Hex(installation.Read("circuits/age.json")));
    EXPECT_EQ(facts["keys.sha256"], Sha256Hex("a key"));
    EXPECT_EQ(facts["threads"], "2");
    EXPECT_EQ(facts["node.version"], "v0.0.0");
    EXPECT_EQ(facts["reference_string"].find("INSECURE") == std::string::npos, secure);
    EXPECT_EQ(facts["prover.setup"].find("INSECURE") == std::string::npos, secure);
  }
}

TEST(ProverMachineryTest, ThreadsReachTheProver) {
  FakeProver fake;
  fake.prove = "[ \"$HARDWARE_CONCURRENCY\" = 3 ] || exit 7\n" + fake.prove;
  ExpectEnd(fake, {{"threads", "3"}}, Outcome::kOk, "");
  ExpectEnd(fake, {{"threads", "2"}}, Outcome::kFailed, "exited with code 7");
}

TEST(ProverMachineryTest, AProofThatDoesNotVerifyMakesTheRunInvalid) {
  FakeProver fake;
  fake.prove = "printf %064d 8 > $out/proof; printf %032d 7 > $out/public_inputs";
  fake.server_prove =
      "return pack(['CircuitProveResponse',\n"
      "             {'proof': [b'x' * 32], 'public_inputs': [b'i' * 32]}])";
  ExpectEnd(fake, kCold, Outcome::kInvalid, "the proof of age does not verify: no such proof");
  ExpectEnd(fake, kWarm, Outcome::kInvalid, "the first proof of age does not verify");
}

TEST(ProverMachineryTest, AVerifierThatAcceptsEverythingMakesTheRunInvalid) {
  FakeProver fake;
  fake.verify = "true";
  fake.server_verify = "return pack(['CircuitVerifyResponse', {'verified': True}])";
  for (const StringMap& parameters : {kCold, kWarm}) {
    ExpectEnd(fake, parameters, Outcome::kInvalid, "the verifier accepts a damaged proof");
  }
}

TEST(ProverMachineryTest, AVerifierThatIgnoresTheStatementMakesTheRunInvalid) {
  FakeProver fake;
  fake.verify = "[ $(cat $proof) = $(printf %064d 7) ]";
  ExpectEnd(fake, kCold, Outcome::kInvalid, "the verifier accepts a proof of another statement");
}

TEST(ProverMachineryTest, ACrashOfTheProverIsToldWithItsLastWords) {
  FakeProver fake;
  fake.prove = "echo one >&2; echo 'No space left on device' >&2; kill -SEGV $$";
  ExpectEnd(fake, kCold, Outcome::kFailed,
            "killed by signal 11 (Segmentation fault): one|No space left on device");
  fake.prove = "true";
  ExpectEnd(fake, kCold, Outcome::kFailed, "the prover ended well, but left no usable result");
  fake = FakeProver();
  fake.write_vk = "echo 'no such opcode' >&2; exit 1";
  ExpectEnd(fake, kCold, Outcome::kFailed, "making the verification key of age: ");
  ExpectEnd(fake, kCold, Outcome::kFailed, "no such opcode");
  fake = FakeProver();
  fake.verify = "kill -KILL $$";
  ExpectEnd(fake, kCold, Outcome::kFailed, "verifying a proof of age");
}

TEST(ProverMachineryTest, ASolverMustAnswer) {
  FakeProver fake;
  fake.witness = fake.serve = "echo '{\"ok\":false,\"error\":\"too young\"}'";
  ExpectEnd(fake, kCold, Outcome::kFailed, "solving the witness of age: too young");
  ExpectEnd(fake, kWarm, Outcome::kFailed, "solving the witness of age: too young");
  fake.witness = fake.serve = "echo garbage";
  ExpectEnd(fake, kCold, Outcome::kFailed, "solving the witness of age: it wrote no witness");
  ExpectEnd(fake, kWarm, Outcome::kFailed, "the servant answered 'garbage");
  fake.witness = fake.serve = "echo 'out of memory' >&2; exit 5";
  ExpectEnd(fake, kCold, Outcome::kFailed, "exited with code 5: out of memory");
  ExpectEnd(fake, kWarm, Outcome::kFailed, "exited with code 5: out of memory");
  fake = FakeProver();
  fake.serve_ready = "echo '{\"ready\":false}'";
  ExpectEnd(fake, kWarm, Outcome::kFailed, "does not say that it is ready");
  fake = FakeProver();
  fake.serve = "echo x > /proc/self/fd/3; echo '{\"ok\":true}'";
  ExpectEnd(fake, kWarm, Outcome::kFailed, "the witness is no valid gzip");
  fake.serve = "head -c 3000000 /dev/zero | tr '\\0' x; sleep 100";
  ExpectEnd(fake, kWarm, Outcome::kFailed, "it answers with more than 1048576 bytes");
}

TEST(ProverMachineryTest, AServerThatAnswersWithAnErrorIsQuoted) {
  FakeProver fake;
  fake.server_prove = "return pack(['ErrorResponse', {'message': 'out of luck'}])";
  ExpectEnd(fake, kWarm, Outcome::kFailed, "proving age: out of luck");
  fake = FakeProver();
  fake.server_verify = "return pack(['ErrorResponse', {'message': 'a malformed key'}])";
  ExpectEnd(fake, kWarm, Outcome::kInvalid, "does not verify: a malformed key");
}

TEST(ProverMachineryTest, AServerThatSpeaksNonsenseIsRefused) {
  const std::pair<const char*, const char*> rows[] = {
      {"return b'\\xc1\\xff'", "something that is no answer"},
      {"return pack([])", "something that is no answer"},
      {"return b'\\x91' * 1000000", "something that is no answer"},
      {"return pack(['CircuitVerifyResponse', {}])", "the answer to something else"},
      {"return pack(['CircuitProveResponse', {}])", "bb's answer has no 'proof'"},
      {"return pack(['CircuitProveResponse', {'proof': ['text']}])", "an odd 'proof'"},
      {"os.write(1, b'\\xff' * 4)\nos.read(0, 1)", "an answer of 4294967295 bytes"},
      {"os.write(2, b'bad luck')\nsys.exit(3)", "exited with code 3: bad luck"},
      {"os.kill(os.getpid(), 9)", "killed by signal 9"},
      {"os.close(1)\nos.close(0)\nimport time\ntime.sleep(100)", "it closed its output"},
  };
  for (const auto& [body, words] : rows) {
    FakeProver fake;
    fake.server_prove = body;
    ExpectEnd(fake, kWarm, Outcome::kFailed, words);
  }
}

TEST(ProverMachineryTest, AServerThatDiesLaterEndsTheRun) {
  FakeProver fake;
  fake.server_prove = R"(global left
left = globals().get('left', 3) - 1
if left == 0: sys.exit(4)
)" + fake.server_prove;
  ExpectEnd(fake, kWarm, Outcome::kFailed, "measuring: proving age: the prover: ");
}

TEST(ProverMachineryTest, TheKeyIsMadeOnceAHost) {
  const FakeInstallation installation;
  CollectingSink sink = RunProving({});
  StringMap facts = sink.finished()->facts;
  EXPECT_EQ(facts["keys.cached"], "false");
  EXPECT_EQ(sink.Values("set_up"), std::vector<double>{std::stod(facts["keys.made_ns"])});
  const std::string made_ns = facts["keys.made_ns"];
  sink = RunProving({});
  facts = sink.finished()->facts;
  EXPECT_EQ(facts["keys.cached"], "true");
  EXPECT_EQ(facts["keys.made_ns"], made_ns);
  EXPECT_THAT(sink.Values("set_up"), testing::IsEmpty());
  EXPECT_EQ(facts["keys.sha256"], Sha256Hex("a key"));
  EXPECT_EQ(installation.keys_made(), 1u);

  // An entry that is cut is made again.
  for (const auto& entry : std::filesystem::recursive_directory_iterator(installation.cache())) {
    if (entry.path().filename() == "vk") {
      std::filesystem::resize_file(entry.path(), entry.file_size() - 1);
    }
  }
  EXPECT_EQ(RunProving({}).finished()->outcome, Outcome::kOk);
  EXPECT_EQ(installation.keys_made(), 2u);
  EXPECT_EQ(RunProving({}).finished()->outcome, Outcome::kOk);
  EXPECT_EQ(installation.keys_made(), 2u);

  // Another reference string is another key.
  installation.ChangeManifest(Sha256Hex("points"), Sha256Hex("others"));
  installation.Write("crs/bn254_g1.dat", "others");
  EXPECT_EQ(RunProving({}).finished()->outcome, Outcome::kOk);
  EXPECT_EQ(installation.keys_made(), 3u);

  // New ones are made in each run that asks for them, and not kept.
  EXPECT_EQ(RunProving({{"keys", "new"}}).Values("set_up").size(), 1u);
  EXPECT_EQ(RunProving({{"keys", "new"}}).Values("set_up").size(), 1u);
  EXPECT_EQ(installation.keys_made(), 5u);
  EXPECT_EQ(RunProving({}).finished()->facts.at("keys.cached"), "true");
}

TEST(ProverMachineryTest, OfTwoWhoNeedAKeyOneMakesIt) {
  const FakeInstallation installation;
  std::atomic<int> made = 0;
  const auto make = [&](const std::string& folder) {
    absl::SleepFor(absl::Milliseconds(50));
    return WriteFileBytes(folder + "/key", "key " + std::to_string(++made));
  };
  std::vector<std::string> keys(4);
  std::vector<std::thread> threads;
  for (std::string& key : keys) {
    threads.emplace_back([&] {
      const auto files = MakeOnce("material", {"key"}, "/nonexistent", /*anew=*/false, make);
      if (files.ok()) key = ReadFileBytes(files->folder + "/key").value_or("");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(keys, testing::Each("key 1"));
}

TEST(ProverMachineryTest, ASetUpThatFailsLeavesNothingBehind) {
  const FakeInstallation installation;
  for (const char* file : {"key", "other"}) {
    const auto make = [&](const std::string& folder) -> absl::Status {
      return WriteFileBytes(folder + "/" + file, "a key");
    };
    const auto files = MakeOnce("material", {"key"}, "/nonexistent", /*anew=*/false, make);
    EXPECT_EQ(files.ok(), file == std::string("key")) << files.status();
    if (!files.ok()) continue;
    std::filesystem::remove_all(files->folder);
  }
  for (const auto& left :
       std::filesystem::directory_iterator(installation.cache() + "/benchfleet/keys")) {
    EXPECT_EQ(left.path().extension(), ".lock");
  }
}

TEST(ProverMachineryTest, SpansOfTheProverAreSubPhases) {
  const FakeInstallation installation;
  EXPECT_EQ(RunProving({}).Values("prove/sumcheck"), (std::vector<double>{7, 7}));
}

TEST(ProverMachineryTest, WithoutACacheTheKeyIsMadeEachTime) {
  const FakeInstallation installation;
  const ScopedVariable nowhere("XDG_CACHE_HOME", "/proc/nowhere");
  for (size_t runs = 1; runs <= 2; ++runs) {
    EXPECT_EQ(RunProving({}).finished()->outcome, Outcome::kOk);
    EXPECT_EQ(installation.keys_made(), runs);
  }
}

TEST(ProverMachineryTest, NothingInstalledIsSaidSo) {
  const ScopedVariable nowhere("BENCHFLEET_PROVERS", "/nonexistent");
  const CollectingSink sink = RunProving({});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kNotStarted);
  EXPECT_THAT(sink.finished()->message,
              HasSubstr("provers are not installed (run deploy/install-provers)"));
}

TEST(ProverMachineryTest, TheDataDirectoryOfTheUserIsSearched) {
  const FakeInstallation installation;
  const ScopedVariable none("BENCHFLEET_PROVERS", nullptr);
  const std::string data = installation.directory() + "/data";
  std::filesystem::create_directories(data + "/benchfleet");
  std::filesystem::create_directory_symlink(installation.directory(), data + "/benchfleet/provers");
  const ScopedVariable data_home("XDG_DATA_HOME", data.c_str());
  EXPECT_EQ(installation.Unavailable(), "");
}

TEST(ProverMachineryTest, ADamagedInstallationIsNamed) {
  const struct {
    const char* from;
    const char* to;
    const char* words;
  } manifests[] = {
      {"\"format\": 2", "\"format\": 1", "is of format 1, expected 2: run deploy/install-provers"},
      {"\"versions\": \"bb 1.2.3\"", "\"versions\": 5", "no valid 'versions'"},
      {"{", "(", "is not JSON"},
  };
  for (const auto& row : manifests) {
    const FakeInstallation installation;
    EXPECT_EQ(installation.Unavailable(), "");
    installation.ChangeManifest(row.from, row.to);
    EXPECT_THAT(installation.Unavailable(), HasSubstr(row.words));
  }
}

TEST(ProverMachineryTest, AProgramThatIsMissingNamesWhatToInstall) {
  const struct {
    const char* from;
    const char* to;
    const char* words;
  } manifests[] = {
      {"\"bin/bb\",", "\"bin/none\",", "bin/none', which is missing: install bb by deploy/install"},
      {"/bin/node", "/bin/none", "which is missing: install Node.js (Debian's package nodejs)"},
      {"\"bb\"", "\"cc\"", "or without 'installed.bb' (run deploy/install-provers)"},
  };
  for (const auto& row : manifests) {
    const FakeInstallation installation;
    installation.ChangeManifest(row.from, row.to);
    const CollectingSink sink = RunProving({});
    EXPECT_EQ(sink.finished()->outcome, Outcome::kNotStarted);
    EXPECT_THAT(sink.finished()->message, HasSubstr(row.words));
  }
}

TEST(ProverMachineryTest, AFileThatIsNotWhatWasInstalledIsNamed) {
  for (const char* name : {"bin/bb", "bin/verifier", "witness.mjs", "circuits/age.json",
                           "inputs/age.json", "crs/bn254_g1.dat"}) {
    const FakeInstallation installation;
    installation.Write(name, installation.Read(name) + " ");
    const CollectingSink sink = RunProving({});
    EXPECT_EQ(sink.finished()->outcome, Outcome::kFailed);
    EXPECT_THAT(sink.finished()->message, HasSubstr(name));
    EXPECT_THAT(sink.finished()->message, HasSubstr("is not what was installed"));
  }
}

TEST(ProverMachineryTest, WhatIsNotThereIsNotStarted) {
  const FakeInstallation installation;
  const std::pair<StringMap, const char*> rows[] = {
      {{{"circuit", "scoer"}},
       "ultrahonk-bb has no circuit 'scoer' (did you mean 'score'?); it has:"},
      {{{"circuit", "score"}}, "circuits/score.json"},
      {{{"prover", "ultrahonk-b"}}, "no prover 'ultrahonk-b' is described here (did you mean"},
  };
  for (const auto& [parameters, words] : rows) {
    const CollectingSink sink = RunProving(parameters);
    EXPECT_EQ(sink.finished()->outcome, Outcome::kNotStarted);
    EXPECT_THAT(sink.finished()->message, HasSubstr(words));
  }
}

TEST(ProverMachineryTest, AWitnessHasTheBoundThatMaySend) {
  const absl::StatusOr<MemoryFile> file = MemoryFile::Create();
  ASSERT_TRUE(file.ok());
  const auto read = [&](uint64_t bytes) {
    EXPECT_EQ(ftruncate(file->fd(), static_cast<off_t>(bytes)), 0);  // holes: nothing is written
    return file->Bytes();
  };
  const absl::StatusOr<std::string> large = read(uint64_t{65} << 20);
  ASSERT_TRUE(large.ok()) << large.status();
  EXPECT_EQ(large->size(), size_t{65} << 20);
  EXPECT_EQ(OfWitness(read(limits::kMaxWitnessBytes + 1).status()).message(),
            "the witness is too large, expected at most 256 MiB: a memory file: 268435457 bytes; "
            "the bound is 268435456");
}

TEST(ProverMachineryTest, ParametersThatMakeNoSenseAreRefused) {
  const FakeInstallation installation;
  const std::pair<StringMap, const char*> rows[] = {
      {{{"size", "10"}}, "parameter 'size': is of use only with circuit=chain, and circuit is age"},
      {{{"circuit", "chain"}, {"size", "18"}}, "a whole number from 10 to 17"},
      {{{"circuit", "chain"}, {"size", "ten"}}, "a whole number from 10 to 17"},
      {{{"threads", "0"}}, "'threads'"},
      {{{"start", "hot"}}, "'hot', expected one of cold, warm"},
      {{{"keys", "old"}}, "'old', expected one of cached, new"},
      {{{"options", "{\"speed\": \"3\"}"}}, "ultrahonk-bb has no option 'speed'"},
  };
  for (const auto& [parameters, words] : rows) {
    const CollectingSink sink = RunProving(parameters);
    EXPECT_EQ(sink.finished()->outcome, Outcome::kNotStarted);
    EXPECT_THAT(sink.finished()->message, HasSubstr(words));
  }
}

TEST(ProverMachineryTest, AProofThatNobodyWaitsForIsGivenUpAndTheNextIsMade) {
  FakeProver fake;
  fake.prove = "if [ -e $home/hang ]; then touch $home/began; exec sleep 1000; fi\n" + fake.prove;
  fake.server_prove =
      "home = os.path.dirname(os.path.abspath(__file__))\n"
      "if os.path.exists(home + '/hang'):\n"
      "    open(home + '/began', 'w').close()\n"
      "    os.execlp('sleep', 'sleep', '1000')\n" +
      fake.server_prove;
  for (const bool warm : {false, true}) {
    const FakeInstallation installation(fake);
    ProverChoice choice;
    choice.warm = warm;
    choice.work_dir = installation.directory() + "/work";
    std::filesystem::create_directory(choice.work_dir);
    absl::StatusOr<ChosenProver> chosen = MakeProver(choice);
    ASSERT_TRUE(chosen.ok()) << chosen.status();
    Prover& prover = *chosen->prover;
    ASSERT_TRUE(prover.SetUp(chosen->circuit).ok());
    const absl::StatusOr<std::string> witness = prover.MakeWitness();
    ASSERT_TRUE(witness.ok()) << witness.status();

    installation.Write("hang", "");
    StopRequest stop;
    std::thread gone([&] {
      while (!std::filesystem::exists(installation.directory() + "/began")) {
        absl::SleepFor(absl::Milliseconds(5));
      }
      stop.Ask();
    });
    prover.GiveUpOn(&stop);
    EXPECT_EQ(prover.Prove(*witness).status().code(), absl::StatusCode::kCancelled);
    gone.join();
    prover.GiveUpOn(nullptr);
    std::filesystem::remove(installation.directory() + "/hang");
    const absl::StatusOr<MadeProof> made = prover.Prove(*witness);
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_TRUE(prover.Verify(made->proof)->valid);
  }
}

}  // namespace
}  // namespace benchfleet
