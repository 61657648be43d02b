// proving.prove between two hosts, both in this process, with scripts in place of the prover.
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "attestation/snp_test_util.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "workloads/net/net_workloads.h"
#include "workloads/prover_test_util.h"
#include "workloads/role_testing.h"

namespace benchfleet {
namespace {

using testing::HasSubstr;

class ProvingRemoteTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "/proving-remote-XXXXXX";
    ASSERT_NE(mkdtemp(root_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  // A server, and one client's run with it.
  CollectingSink Run(StringMap parameters) { return Run(std::move(parameters), NetWorkloads()); }
  // `catalog` is of what is installed now.
  CollectingSink Run(StringMap parameters, const Catalog& catalog) {
    parameters.emplace("circuit", "age");
    const std::string folder = root_ + "/" + std::to_string(runs_++);
    std::filesystem::create_directories(folder + "/server");
    TestServer server(catalog, "proving.prove", parameters, folder + "/server");
    RunPeer peer = server.peer();
    if (peer.endpoint.empty()) {
      CollectingSink failed;
      failed.events.push_back(server.End());
      return failed;
    }
    if (announced_key_) peer.values["public_key"] = *announced_key_;
    std::filesystem::create_directory(folder + "/client");
    CollectingSink client =
        RunClient(catalog, "proving.prove", parameters, peer, folder + "/client");
    server_outcome_ = server.End().outcome;
    server_message_ = server.End().message;
    return client;
  }

  // What the phases of each iteration add up to, against the whole.
  static void ExpectSums(const CollectingSink& sink, const std::vector<std::string>& phases) {
    const std::vector<double> whole = sink.Values(kLatency);
    ASSERT_GE(whole.size(), 2u);
    for (size_t i = 0; i < whole.size(); ++i) {
      double sum = 0;
      for (const std::string& phase : phases) {
        const std::vector<double> values = sink.Values(phase);
        ASSERT_EQ(values.size(), whole.size()) << phase;
        EXPECT_GE(values[i], 0) << phase;
        sum += values[i];
      }
      EXPECT_NEAR(sum, whole[i], 0.01 * whole[i]);
    }
  }

  std::string root_;
  int runs_ = 0;
  std::optional<std::string> announced_key_;
  Outcome server_outcome_ = Outcome::kUnspecified;
  std::string server_message_;
};

TEST_F(ProvingRemoteTest, RemoteHasAllPhasesAndTheyAddUp) {
  const FakeInstallation installation;
  const CollectingSink sink = Run({{"mode", "remote"}});
  ASSERT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  EXPECT_EQ(server_outcome_, Outcome::kOk) << server_message_;
  ExpectSums(sink, {"witness", "encrypt", "send", "queue", "decrypt", "prove", "return", "verify",
                    "other"});
  EXPECT_TRUE(sink.Values("connect").empty()) << "warm: before the first iteration";
  EXPECT_GT(sink.Values("prove").front(), 0);
  EXPECT_GT(sink.Values("sent_bytes").front(), 100);
  EXPECT_GT(sink.Values("received_bytes").front(), 64);
  EXPECT_GT(sink.Values("prover_rss_peak").front(), 0);
  for (const char* once : {"first_latency", "network_rtt", "network_rate"}) {
    EXPECT_EQ(sink.Values(once).size(), 1u) << once;
  }
  StringMap facts = sink.finished()->facts;
  EXPECT_THAT(facts["server.evidence"], HasSubstr("level 0, self-reported: this host has no /"));
  EXPECT_EQ(facts["server.host"], "tested");
  EXPECT_EQ(facts["network"], "none");
}

TEST_F(ProvingRemoteTest, AColdConnectionAddsItsPhases) {
  const FakeInstallation installation;
  const CollectingSink sink = Run({{"mode", "remote"},
                                   {"connection", "cold"},
                                   {"start", "warm"},
                                   {"cipher", "chacha20-poly1305"},
                                   {"network", "delay=3ms"}});
  ASSERT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  ExpectSums(sink, {"witness", "connect", "attest", "encrypt", "send", "queue", "decrypt", "prove",
                    "return", "verify", "other"});
  EXPECT_GE(sink.Values("network_rtt").front(), 5.4e6);
  EXPECT_GE(sink.Values("connect").front(), 5.4e6) << "the handshake of TCP takes its round trip";
  EXPECT_GE(sink.Values("return").front(), 2.7e6);
  StringMap facts = sink.finished()->facts;
  EXPECT_EQ(facts["network"], "delay 3ms");
  EXPECT_EQ(facts["cipher"], "chacha20-poly1305");
}

TEST_F(ProvingRemoteTest, EncryptionOnlyProvesNothing) {
  FakeProver fake;
  fake.prove = "echo 'nobody asked for a proof' >&2; exit 1";
  const FakeInstallation installation(fake);
  const CollectingSink sink = Run({{"mode", "encryption_only"}});
  ASSERT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  ExpectSums(sink, {"witness", "encrypt", "send", "decrypt", "return", "other"});
  EXPECT_TRUE(sink.Values("prove").empty());
}

TEST_F(ProvingRemoteTest, ServerOnlyIsTimedByTheServer) {
  const FakeInstallation installation;
  const CollectingSink sink = Run({{"mode", "server_only"}, {"network", "delay=5ms"}});
  ASSERT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  EXPECT_EQ(server_outcome_, Outcome::kOk) << server_message_;
  ExpectSums(sink, {"witness", "queue", "prove", "verify", "other"});
  for (size_t i = 0; i < sink.Values(kLatency).size(); ++i) {
    EXPECT_GE(sink.Values("client_latency")[i], sink.Values(kLatency)[i] + 10e6)
        << "the client has waited for the way as well";
  }
  EXPECT_LT(sink.Values("sent_bytes").front(), 300) << "no witness was sent";
}

TEST_F(ProvingRemoteTest, AnotherKeyThanAnnouncedGetsNothing) {
  const FakeInstallation installation;
  announced_key_ = std::string(64, '7');
  const CollectingSink sink = Run({{"mode", "remote"}});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kFailed);
  EXPECT_THAT(sink.finished()->message, HasSubstr("shows another key than it announced"));
  EXPECT_TRUE(sink.Chunks().empty()) << "nothing enters a series";
}

TEST_F(ProvingRemoteTest, AWrongProofOfTheServerIsAnInvalidResult) {
  FakeProver fake;
  fake.prove = "printf %064d 8 > $out/proof; printf %032d 7 > $out/public_inputs";
  const FakeInstallation installation(fake);
  const CollectingSink sink = Run({{"mode", "remote"}});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kInvalid);
  EXPECT_THAT(sink.finished()->message, HasSubstr("the server's proof of age does not verify"));
}

TEST_F(ProvingRemoteTest, AServersVerifierThatAcceptsEverythingFailsTheServer) {
  FakeProver fake;
  fake.verify = "exit 0";
  const FakeInstallation installation(fake);
  const CollectingSink sink = Run({{"mode", "server_only"}});
  EXPECT_EQ(server_outcome_, Outcome::kInvalid);
  EXPECT_THAT(server_message_, HasSubstr("the verifier accepts a damaged proof"));
}

TEST_F(ProvingRemoteTest, AProverThatDiesOnTheServerFailsTheRunWithItsWords) {
  FakeProver fake;
  fake.prove = "echo 'out of memory' >&2; kill -9 $$";
  const FakeInstallation installation(fake);
  const CollectingSink sink = Run({{"mode", "remote"}});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kFailed);
  EXPECT_THAT(sink.finished()->message, HasSubstr("out of memory"));
  EXPECT_EQ(server_outcome_, Outcome::kOk) << "it was asked to stop, as always";
}

// A server in a confidential guest on a chip of the test's own.
class ProvingEvidenceTest : public ProvingRemoteTest {
 protected:
  CollectingSink RunInGuest(StringMap parameters) {
    parameters.emplace("mode", "remote");
    Catalog catalog;
    for (const WorkloadEntry& entry : RemoteProvingWorkloads({&kernel_, &anchors_, &clock_})) {
      EXPECT_TRUE(catalog.Add(entry).ok());
    }
    return Run(std::move(parameters), catalog);
  }
  // The reason why no witness was sent.
  std::string Refusal(StringMap parameters = {}) {
    const CollectingSink sink = RunInGuest(std::move(parameters));
    EXPECT_EQ(sink.finished()->outcome, Outcome::kFailed);
    EXPECT_TRUE(sink.Chunks().empty()) << "nothing enters a series";
    EXPECT_EQ(server_outcome_, Outcome::kOk) << server_message_;
    const std::string& message = sink.finished()->message;
    const std::string told =
        "the evidence of tested for its key is refused and nothing is sent to it: ";
    const size_t at = message.find(told);
    if (at == std::string::npos) return message;
    const size_t begin = at + told.size();
    return message.substr(begin, message.find(':', begin) - begin);
  }

  struct TestClock final : Clock {
    absl::Time Now() const override { return now; }
    absl::Time now = absl::FromCivil(absl::CivilDay(2026, 6, 1), absl::UTCTimeZone());
  };
  const FakeInstallation installation_;
  const TestSnpChip chip_;
  TestTsmKernel kernel_{chip_};
  TrustAnchors anchors_ = chip_.anchors();
  TestClock clock_;
};

TEST_F(ProvingEvidenceTest, AGenuineGuestIsNamedAndItsSoftwareIsNot) {
  const CollectingSink sink = RunInGuest({{"require_evidence", "snp"}, {"connection", "cold"}});
  ASSERT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  StringMap facts = sink.finished()->facts;
  EXPECT_THAT(facts["server.evidence"],
              HasSubstr("level 1, genuine SEV-SNP, unknown software: a Genoa guest holds the key"));
  EXPECT_EQ(facts["server.measurement"].substr(0, 6), "6d6d6d");
  EXPECT_GE(kernel_.reports(), 1 + sink.Values("attest").size()) << "a fresh one for each question";
  EXPECT_GT(sink.Values("attest").front(), 0);
}

TEST_F(ProvingEvidenceTest, AListedMeasurementIsLevelTwoAndAnotherIsRefused) {
  std::string listed;
  for (int i = 0; i < 48; ++i) listed += "6D";
  const CollectingSink sink = RunInGuest({{"require_evidence", "any"}, {"measurements", listed}});
  ASSERT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  StringMap facts = sink.finished()->facts;
  EXPECT_THAT(facts["server.evidence"], HasSubstr("level 2, genuine SEV-SNP, allow-listed"));
  listed[0] = '7';
  EXPECT_EQ(Refusal({{"require_evidence", "snp"}, {"measurements", listed}}), "measurement");
}

TEST_F(ProvingEvidenceTest, EvidenceAboutAnotherQuestionGetsNoWitness) {
  kernel_.set_change([](std::string& report) { report[0x50] = static_cast<char>(~report[0x50]); });
  EXPECT_EQ(Refusal(), "report_data") << "even where no evidence is demanded";
}

TEST_F(ProvingEvidenceTest, AGuestThatTheHostMayDebugGetsNoWitness) {
  kernel_.set_change([](std::string& report) { report[10] |= 0x08; });
  EXPECT_EQ(Refusal(), "policy_debug");
}

TEST_F(ProvingEvidenceTest, AnotherChipsReportGetsNoWitness) {
  kernel_.set_change([](std::string& report) { report[0x1A0] = 'x'; });
  EXPECT_EQ(Refusal(), "leaf_hwid");
}

TEST_F(ProvingEvidenceTest, AChainToAnotherRootGetsNoWitness) {
  anchors_ = PinnedTrustAnchors();
  EXPECT_EQ(Refusal(), "root_untrusted");
}

TEST_F(ProvingEvidenceTest, EvidenceOutOfItsTimeGetsNoWitness) {
  clock_.now = absl::FromCivil(absl::CivilDay(2046, 1, 1), absl::UTCTimeZone());
  EXPECT_EQ(Refusal(), "chain_time_expired");
}

TEST_F(ProvingEvidenceTest, AHostWithoutEvidenceGetsNoWitnessWhereItIsDemanded) {
  kernel_.set_auxblob("");
  EXPECT_EQ(Refusal({{"require_evidence", "any"}}), "evidence_required");
  const CollectingSink sink = RunInGuest({});
  ASSERT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  StringMap facts = sink.finished()->facts;
  EXPECT_THAT(facts["server.evidence"],
              HasSubstr("level 0, self-reported: certificates_missing: the hypervisor gave no"));
}

TEST(ProvingModesTest, WhatMakesNoSenseIsNamed) {
  const FakeInstallation installation;
  const auto error = [](const StringMap& parameters) {
    return RunProving(parameters).finished()->message;
  };
  EXPECT_THAT(error({{"mode", "remote"}}), HasSubstr("needs a server on another host"));
  EXPECT_THAT(error({{"network", "wam"}}), HasSubstr("(did you mean 'wan'?)"));
  EXPECT_THAT(error({{"network", "delay=1"}}),
              HasSubstr("parameter 'network': 'delay=1', its delay is '1', expected a duration"));
  EXPECT_THAT(error({{"mode", "remot"}}), HasSubstr("remote"));
  EXPECT_THAT(error({{"require_evidence", "sev"}}),
              HasSubstr("'sev', expected one of none, any, snp"));
  EXPECT_THAT(error({{"measurements", "6d"}}), HasSubstr("'6d' is not 96 hexadecimal"));
  EXPECT_THAT(error({{"measurements", std::string(96, '0')}}),
              HasSubstr("'measurements' needs require_evidence: snp"));
}

}  // namespace
}  // namespace benchfleet
