// HPKE and sealed messages: the RFC's own vectors, and everything that must not open.
#include "workloads/remote/hpke.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/limits.h"
#include "gtest/gtest.h"
#include "workloads/remote/sealed_message.h"

namespace benchfleet {
namespace {

// Base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256. All have the same info and plaintext; the
// additional data is "Count-" and the sequence number.
struct Vector {
  const char* name;
  HpkeAead aead;
  const char* ephemeral_private;
  const char* recipient_private;
  const char* encapsulated;
  std::vector<std::pair<uint64_t, const char*>> sealed;
};
constexpr char kInfo[] = "Ode on a Grecian Urn";
constexpr char kPlaintext[] = "Beauty is truth, truth beauty";

const std::vector<Vector>& Vectors() {
  // clang-format off
  static const std::vector<Vector> vectors = {
    {"A.1", HpkeAead::kAes128Gcm,
     "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
     "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
     "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
     {
         {0, "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9"
             "6d8770ac83d07bea87e13c512a"},
         {1, "af2d7e9ac9ae7e270f46ba1f975be53c09f8d875bdc8535458c2494e8a6eab25"
             "1c03d0c22a56b8ca42c2063b84"},
         {2, "498dfcabd92e8acedc281e85af1cb4e3e31c7dc394a1ca20e173cb7251649158"
             "8d96a19ad4a683518973dcc180"},
         {4, "583bd32bc67a5994bb8ceaca813d369bca7b2a42408cddef5e22f880b631215a"
             "09fc0012bc69fccaa251c0246d"},
         {255, "7175db9717964058640a3a11fb9007941a5d1757fda1a6935c805c21af32505b"
             "f106deefec4a49ac38d71c9e0a"},
         {256, "957f9800542b0b8891badb026d79cc54597cb2d225b54c00c5238c25d05c30e3"
             "fbeda97d2e0e1aba483a2df9f2"},
     }},
    {"A.2", HpkeAead::kChaCha20Poly1305,
     "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600",
     "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
     "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
     {
         {0, "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db"
             "21993c62ce81883d2dd1b51a28"},
         {1, "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e"
             "85285337cc95ba5f59992dc98c"},
         {2, "71146bd6795ccc9c49ce25dda112a48f202ad220559502cef1f34271e0cb4b02"
             "b4f10ecac6f48c32f878fae86b"},
         {4, "63357a2aa291f5a4e5f27db6baa2af8cf77427c7c1a909e0b37214dd47db122b"
             "b153495ff0b02e9e54a50dbe16"},
         {255, "18ab939d63ddec9f6ac2b60d61d36a7375d2070c9b683861110757062c52b888"
             "0a5f6b3936da9cd6c23ef2a95c"},
         {256, "7a4a13e9ef23978e2c520fd4d2e757514ae160cd0cd05e556ef692370ca53076"
             "214c0c40d4c728d6ed9e727a5b"},
     }},
    {"the AES-256-GCM vector published with the RFC as JSON", HpkeAead::kAes256Gcm,
     "179d4b53b6365c45b600c4163b61d95cbc2f4d9e36f1695558dce265ab8bab11",
     "497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d",
     "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256",
     {
         {0, "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be99319"
             "80a41de125a925cdad859d5b7a"},
     }},
  };
  // clang-format on
  return vectors;
}

std::string FromHex(const char* hex) { return absl::HexStringToBytes(hex); }

std::string Seal(HpkeSender& sender, std::string_view aad, std::string_view plaintext) {
  std::string sealed(plaintext.size() + kHpkeTagBytes, '\0');
  EXPECT_TRUE(sender.Seal(aad, plaintext, sealed.data()).ok());
  return sealed;
}

// Nothing where it does not open.
std::string Open(HpkeRecipient& recipient, std::string_view aad, std::string_view sealed) {
  if (sealed.size() < kHpkeTagBytes) {
    char none = 0;
    EXPECT_EQ(recipient.Open(aad, sealed, &none).code(), absl::StatusCode::kDataLoss);
    return "";
  }
  std::string plaintext(sealed.size() - kHpkeTagBytes, 'x');
  const absl::Status status = recipient.Open(aad, sealed, plaintext.data());
  if (status.ok()) return plaintext;
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_EQ(plaintext, std::string(plaintext.size(), '\0')) << "what did not open was left";
  return "";
}

// A sender and a recipient that fit.
struct Pair {
  HpkeKeyPair key;
  HpkeSender sender;
  HpkeRecipient recipient;

  static Pair Make(HpkeAead aead = HpkeAead::kAes256Gcm) {
    HpkeKeyPair key = HpkeKeyPair::Generate().value();
    HpkeSender sender = HpkeSender::SetUpBase(aead, key.public_key(), "info").value();
    HpkeRecipient recipient =
        HpkeRecipient::SetUpBase(aead, key, sender.encapsulated(), "info").value();
    return {std::move(key), std::move(sender), std::move(recipient)};
  }
};

class HpkeVectorTest : public testing::TestWithParam<size_t> {};

TEST_P(HpkeVectorTest, SealsAndOpensAsPublished) {
  const Vector& vector = Vectors()[GetParam()];
  SCOPED_TRACE(vector.name);
  const auto ephemeral = HpkeKeyPair::FromPrivateKey(FromHex(vector.ephemeral_private));
  const auto key = HpkeKeyPair::FromPrivateKey(FromHex(vector.recipient_private));
  ASSERT_TRUE(ephemeral.ok() && key.ok());
  auto sender = HpkeSender::SetUpBaseWith(*ephemeral, vector.aead, key->public_key(), kInfo);
  ASSERT_TRUE(sender.ok()) << sender.status();
  EXPECT_EQ(ToHex(sender->encapsulated()), vector.encapsulated);
  auto recipient = HpkeRecipient::SetUpBase(vector.aead, *key, FromHex(vector.encapsulated), kInfo);
  ASSERT_TRUE(recipient.ok()) << recipient.status();

  for (const auto& [sequence, published] : vector.sealed) {
    while (sender->sequence() < sequence) {  // those between are not published
      EXPECT_EQ(Open(*recipient, "", Seal(*sender, "", "between")), "between");
    }
    const std::string aad = "Count-" + std::to_string(sequence);
    const std::string sealed = Seal(*sender, aad, kPlaintext);
    EXPECT_EQ(ToHex(sealed), published) << "sequence " << sequence;
    EXPECT_EQ(Open(*recipient, aad, FromHex(published)), kPlaintext);
  }
}

INSTANTIATE_TEST_SUITE_P(Rfc9180, HpkeVectorTest, testing::Range<size_t>(0, 3));

TEST(HpkeTest, WhatWasChangedDoesNotOpenAndTheRestDoes) {
  for (const HpkeAead aead :
       {HpkeAead::kAes128Gcm, HpkeAead::kAes256Gcm, HpkeAead::kChaCha20Poly1305}) {
    Pair pair = Pair::Make(aead);
    const std::string sealed = Seal(pair.sender, "aad", "the witness");
    for (size_t i = 0; i < sealed.size(); ++i) {
      std::string changed = sealed;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      EXPECT_EQ(Open(pair.recipient, "aad", changed), "") << i;
    }
    for (size_t size = 0; size < sealed.size(); ++size) {
      EXPECT_EQ(Open(pair.recipient, "aad", sealed.substr(0, size)), "") << size;
    }
    EXPECT_EQ(Open(pair.recipient, "aad", sealed + "x"), "");
    EXPECT_EQ(Open(pair.recipient, "abd", sealed), "");
    EXPECT_EQ(Open(pair.recipient, "aad", sealed), "the witness") << "after all that";
  }
}

TEST(HpkeTest, WhatIsRepeatedOrOutOfOrderDoesNotOpen) {
  Pair pair = Pair::Make();
  const std::string first = Seal(pair.sender, "", "first");
  const std::string second = Seal(pair.sender, "", "second");
  const std::string third = Seal(pair.sender, "", "third");
  EXPECT_EQ(Open(pair.recipient, "", second), "");
  EXPECT_EQ(Open(pair.recipient, "", first), "first");
  EXPECT_EQ(Open(pair.recipient, "", first), "");
  EXPECT_EQ(Open(pair.recipient, "", third), "");
  EXPECT_EQ(Open(pair.recipient, "", second), "second");
  EXPECT_EQ(Open(pair.recipient, "", third), "third");
}

TEST(HpkeTest, AnotherKeyInfoOrCipherOpensNothing) {
  Pair pair = Pair::Make();
  const std::string sealed = Seal(pair.sender, "", "secret");
  const HpkeKeyPair other = HpkeKeyPair::Generate().value();
  const std::string& encapsulated = pair.sender.encapsulated();
  HpkeRecipient recipients[] = {
      HpkeRecipient::SetUpBase(HpkeAead::kAes256Gcm, other, encapsulated, "info").value(),
      HpkeRecipient::SetUpBase(HpkeAead::kAes256Gcm, pair.key, encapsulated, "Info").value(),
      HpkeRecipient::SetUpBase(HpkeAead::kChaCha20Poly1305, pair.key, encapsulated, "info").value(),
      HpkeRecipient::SetUpBase(HpkeAead::kAes256Gcm, pair.key, other.public_key(), "info").value()};
  for (HpkeRecipient& recipient : recipients) EXPECT_EQ(Open(recipient, "", sealed), "");
}

TEST(HpkeTest, NoKeyIsAgreedOnWithWhatIsNone) {
  const HpkeKeyPair key = HpkeKeyPair::Generate().value();
  for (const std::string& bad : {std::string(), std::string(31, 'k'), std::string(33, 'k'),
                                 std::string(32, '\0'), "\1" + std::string(31, '\0')}) {
    EXPECT_EQ(HpkeSender::SetUpBase(HpkeAead::kAes256Gcm, bad, "").status().code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(HpkeRecipient::SetUpBase(HpkeAead::kAes256Gcm, key, bad, "").status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(HpkeKeyPair::FromPrivateKey("short").ok());
}

TEST(HpkeTest, NamesAreThoseOfOpenSslAndASlipIsTold) {
  for (const char* name : {"aes-128-gcm", "aes-256-gcm", "chacha20-poly1305"}) {
    EXPECT_STREQ(HpkeAeadName(HpkeAeadFromName(name).value()), name);
  }
  EXPECT_EQ(HpkeAeadFromName("aes-265-gcm").status().message(),
            "there is no cipher 'aes-265-gcm' (did you mean 'aes-256-gcm'?); expected aes-128-gcm, "
            "aes-256-gcm or chacha20-poly1305");
}

std::string Message(size_t bytes) {
  std::string message(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i) message[i] = static_cast<char>(i * 31 + (i >> 8));
  return message;
}

std::vector<std::string> SealedPieces(const HpkeKeyPair& key, const std::string& message,
                                      std::string* encapsulated) {
  MessageSealer sealer =
      MessageSealer::Start(HpkeAead::kAes256Gcm, key.public_key(), "info", message).value();
  *encapsulated = sealer.encapsulated();
  std::vector<std::string> pieces;
  while (!sealer.done()) {
    std::string piece;
    EXPECT_TRUE(sealer.Next(&piece).ok());
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

TEST(SealedMessageTest, EverySizeArrivesAsItWasSealed) {
  constexpr size_t kPiece = limits::kSealedPieceBytes;
  const HpkeKeyPair key = HpkeKeyPair::Generate().value();
  for (const size_t size : {size_t{0}, size_t{1}, kPiece - 1, kPiece, kPiece + 1, 3 * kPiece + 7}) {
    const std::string message = Message(size);
    std::string encapsulated;
    const std::vector<std::string> pieces = SealedPieces(key, message, &encapsulated);
    MessageOpener opener =
        MessageOpener::Start(HpkeAead::kAes256Gcm, key, encapsulated, "info", size).value();
    uint64_t bytes = 0;
    for (const std::string& piece : pieces) {
      EXPECT_FALSE(opener.complete());
      EXPECT_TRUE(opener.Add(piece).ok());
      bytes += piece.size();
    }
    EXPECT_TRUE(opener.complete());
    EXPECT_EQ(opener.Take(), message);
    EXPECT_EQ(bytes, SealedBytes(size));
  }
}

TEST(SealedMessageTest, WhatIsCutMovedRepeatedOrOfAnotherSizeIsNoMessage) {
  const HpkeKeyPair key = HpkeKeyPair::Generate().value();
  const std::string message = Message(3 * limits::kSealedPieceBytes);
  std::string encapsulated;
  const std::vector<std::string> pieces = SealedPieces(key, message, &encapsulated);
  ASSERT_EQ(pieces.size(), 3u);
  const auto opener = [&](uint64_t bytes) {
    return MessageOpener::Start(HpkeAead::kAes256Gcm, key, encapsulated, "info", bytes).value();
  };
  MessageOpener cut = opener(message.size());
  EXPECT_TRUE(cut.Add(pieces[0]).ok());
  EXPECT_EQ(cut.Add(pieces[1].substr(1)).message(), "piece 1 has 262159 bytes, expected 262160");
  EXPECT_EQ(cut.Add(pieces[0]).code(), absl::StatusCode::kDataLoss) << "repeated";
  EXPECT_EQ(cut.Add(pieces[2]).code(), absl::StatusCode::kDataLoss) << "moved";
  EXPECT_TRUE(cut.Add(pieces[1]).ok());
  EXPECT_FALSE(cut.complete());
  EXPECT_TRUE(cut.Add(pieces[2]).ok());
  EXPECT_TRUE(cut.complete());
  EXPECT_EQ(cut.Add(pieces[2]).message(), "a piece after the last one");

  // Who says that the message is shorter opens none of it.
  MessageOpener shorter = opener(2 * limits::kSealedPieceBytes);
  EXPECT_EQ(shorter.Add(pieces[0]).code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(shorter.complete());
}

}  // namespace
}  // namespace benchfleet
