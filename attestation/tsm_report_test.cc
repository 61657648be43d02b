#include "attestation/tsm_report.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "attestation/snp_test_util.h"
#include "base/limits.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using testing::HasSubstr;

class TsmReportTest : public testing::Test {
 protected:
  absl::StatusOr<TsmEvidence> Fetch() {
    return FetchTsmEvidence(kernel_, [this](const std::string& provider) {
      asked_ = provider;
      return absl::StatusOr<std::string>(std::string(64, 'q'));
    });
  }

  const TestSnpChip chip_;
  TestTsmKernel kernel_{chip_};
  std::string asked_;
};

TEST_F(TsmReportTest, AReportIsAboutWhatWasAskedAndItsFolderIsGoneAfterwards) {
  const auto evidence = Fetch();
  ASSERT_TRUE(evidence.ok()) << Message(evidence.status());
  EXPECT_EQ(evidence->provider, "sev_guest");
  EXPECT_EQ(asked_, "sev_guest");
  EXPECT_EQ(evidence->outblob.substr(0x50, 64), std::string(64, 'q'));
  EXPECT_EQ(evidence->auxblob, chip_.CertificateTable());
  EXPECT_EQ(kernel_.folders(), 0u);
}

TEST_F(TsmReportTest, AnothersWriteIsNoticedAndTheReportAskedForAgain) {
  kernel_.Disturb(2);
  EXPECT_TRUE(Fetch().ok());
  EXPECT_EQ(kernel_.reports(), 3u);
  kernel_.Disturb(100);
  EXPECT_EQ(Fetch().status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(kernel_.reports(), 6u) << "not for ever";
  EXPECT_EQ(kernel_.folders(), 0u);
}

TEST_F(TsmReportTest, WhoAsksMayRefuseAProvider) {
  const auto evidence = FetchTsmEvidence(kernel_, [](const std::string&) {
    return absl::StatusOr<std::string>(absl::UnimplementedError("not that one"));
  });
  EXPECT_EQ(Message(evidence.status()), "not that one");
  EXPECT_EQ(kernel_.folders(), 0u);
  EXPECT_EQ(kernel_.reports(), 0u);
}

TEST(KernelTsmFilesTest, AHostWithoutSaysSo) {
  const KernelTsmFiles files("/nowhere/tsm");
  EXPECT_EQ(Message(files.Available()),
            "this host has no /nowhere/tsm/report: it is no confidential guest, or its kernel is "
            "older than 6.7");
}

TEST(KernelTsmFilesTest, ItsFilesAreReadAndWrittenBelowTheFolder) {
  std::string root = testing::TempDir() + "/tsm-XXXXXX";
  ASSERT_NE(mkdtemp(root.data()), nullptr);
  std::filesystem::create_directory(root + "/report");
  KernelTsmFiles files(root);
  EXPECT_TRUE(files.Available().ok());
  ASSERT_TRUE(files.MakeFolder("one").ok());
  EXPECT_EQ(files.MakeFolder("one").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_FALSE(files.Write("one/inblob", "x").ok()) << "the kernel makes the files, not we";
  std::ofstream(root + "/report/one/inblob") << "";
  EXPECT_TRUE(files.Write("one/inblob", std::string(64, '\0')).ok());
  EXPECT_EQ(files.Read("one/inblob").value(), std::string(64, '\0'));
  std::ofstream(root + "/report/one/outblob") << std::string(limits::kMaxEvidenceBytes + 1, 'o');
  EXPECT_THAT(Message(files.Read("one/outblob").status()), HasSubstr("is larger than"));
  std::filesystem::remove(root + "/report/one/inblob");
  std::filesystem::remove(root + "/report/one/outblob");
  files.RemoveFolder("one");
  EXPECT_FALSE(std::filesystem::exists(root + "/report/one"));
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace benchfleet
