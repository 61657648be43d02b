// What set-ups made once on this host (keys, compiled circuits, test reference strings), in
// $XDG_CACHE_HOME/benchfleet/keys, else ~/.cache/benchfleet/keys. It may be deleted at any time.
//
// Files lie in a folder under the digest of everything that they depend on, so an entry never
// becomes stale. An entry that was cut or changed is noticed by the digests in it and made again.
// Of several agents on one host, one makes an entry and the others wait for it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace benchfleet {

struct MadeFiles {
  std::string folder;
  bool cached = false;     // made by an earlier run on this host
  absl::Duration made_in;  // when it was made
};

// `material` names what the files depend on, digests included. make(folder) puts the files called
// `names` into an empty folder where they are not cached; its errors come back. Where no cache can
// be used, that is a new folder in `work_dir`: it costs time, not the run.
absl::StatusOr<MadeFiles> MakeOnce(const std::string& material,
                                   const std::vector<std::string>& names,
                                   const std::string& work_dir, bool anew,
                                   const std::function<absl::Status(const std::string&)>& make);

}  // namespace benchfleet
