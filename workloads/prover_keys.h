// Verification keys that were made once on this host, in $XDG_CACHE_HOME/benchfleet/keys, else
// ~/.cache/benchfleet/keys.
//
// A key lies under the digest of everything that it depends on, so an entry never becomes stale. An
// entry that was cut or changed is noticed by its own digest and made again. Of several agents on
// one host, one makes a key and the others wait for it.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "workloads/prover.h"

namespace benchfleet {

// `material` names what the key depends on, digests included. `make` computes it where it is not
// cached; its errors come back. A cache that cannot be used costs time, not the run.
absl::StatusOr<Keys> CachedKeys(const std::string& material,
                                const std::function<absl::StatusOr<std::string>()>& make);

}  // namespace benchfleet
