// What a machine with TDX would do, for tests: a root, an intermediate and a platform's certificate
// of throw-away keys, and quotes that are signed down from them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "attestation/trust_anchors.h"

namespace benchfleet {

class TestTdxPlatform {
 public:
  TestTdxPlatform();
  ~TestTdxPlatform();

  // Trusts this platform's root.
  TrustAnchors anchors() const;

  using Change = std::function<void(std::string& signed_part)>;  // before it is signed
  // A quote of version 4. With `own_key` the quoting enclave vouches for another attestation key
  // than the one that signs.
  std::string Quote(const std::string& report_data, const Change& change = nullptr,
                    bool own_key = false) const;

 private:
  struct Keys;
  std::unique_ptr<Keys> keys_;
  std::string chain_;  // PEM
  std::string root_sha256_;
};

}  // namespace benchfleet
