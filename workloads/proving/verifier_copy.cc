#include "workloads/proving/verifier_copy.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "base/status.h"
#include "workloads/proving/reference_string.h"
#include "workloads/proving/whole_file.h"

namespace benchfleet {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return ErrnoError(error.value(), "reading " + path);
  std::string content(static_cast<size_t>(size), '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(content.data(), static_cast<std::streamsize>(content.size()))) {
    return ErrnoError(errno != 0 ? errno : EIO, "reading " + path);
  }
  return content;
}

template <size_t N>
std::string_view AsText(const std::array<uint8_t, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), N};
}

}  // namespace

const std::array<uint8_t, 128>& PublicSetupTauG2() {
  static const std::array<uint8_t, 128> kPoint =
      EncodeG2({{Fq::FromLimbs({0x7e231fec938883b0, 0x9f5944073b32078b, 0xbc89b5b398b5974e,
                                0x0118c4d5b837bcc2}),
                 Fq::FromLimbs({0x4efe30fac09383c1, 0xea51d87a358e038b, 0xe7ff4e580791dee8,
                                0x260e01b251f6f1c7})},
                {Fq::FromLimbs({0x854a87d4dacc5e55, 0x11e6dd3f96e6cea2, 0x56475b4214e5615e,
                                0x22febda3c0c0632a}),
                 Fq::FromLimbs({0xee413c80da6a5fe4, 0x9cf2a04641f99ba4, 0xd25156c1bb9a7285,
                                0x04fc6369f7110fe3})}});
  return kPoint;
}

absl::Status WriteVerifierCopy(const std::string& bb, const std::string& out, uint64_t tau_seed) {
  BF_ASSIGN_OR_RETURN(std::string program, ReadFile(bb));
  const std::string_view constant = AsText(PublicSetupTauG2());
  const size_t place = program.find(constant);
  if (place == std::string::npos || program.find(constant, place + 1) != std::string::npos) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s: expected tau*G2 of the public set-up exactly once, found it %s; is it another build?",
        bb, place == std::string::npos ? "nowhere" : "more than once"));
  }
  const auto replacement = EncodeG2(TauTimesG2(TauFromSeed(tau_seed)));
  program.replace(place, constant.size(), AsText(replacement));
  BF_ASSIGN_OR_RETURN(WholeFile file, WholeFile::Create(out, 0755));
  BF_RETURN_IF_ERROR(
      file.Write({reinterpret_cast<const uint8_t*>(program.data()), program.size()}));
  return file.Commit();
}

}  // namespace benchfleet
