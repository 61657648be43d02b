#include "attestation/trust_anchors.h"

namespace benchfleet {

const TrustAnchors& PinnedTrustAnchors() {
  static const TrustAnchors anchors = {
      {{"Milan", "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd"},
       {"Genoa", "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1"},
       {"Turin", "1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a"}},
      "44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3"};
  return anchors;
}

}  // namespace benchfleet
