// `bb msgpack run`: Barretenberg as a server on stdin and stdout.
//
// A message is a 4-byte little-endian length and one MessagePack value. A request is
// [[command, arguments]], an answer [command + "Response", results] or
// ["ErrorResponse", {"message"}]. The server reads the reference string from $CRS_PATH at the first
// command that needs it, and keeps it.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "workloads/prover_servant.h"

namespace benchfleet {

class BbServer {
 public:
  // `request` starts the server; `name` is for people.
  static absl::StatusOr<std::unique_ptr<BbServer>> Start(Spawner& spawner, SpawnRequest request,
                                                         const std::string& name);

  // The results, an object. Errors: FailedPrecondition with bb's message where it answered with an
  // ErrorResponse, after which the server goes on; Internal for anything that is no answer to
  // `command`, after which it is of no use.
  absl::StatusOr<nlohmann::json> Call(const std::string& command, nlohmann::json arguments);

  Servant& servant() { return *servant_; }

 private:
  explicit BbServer(std::unique_ptr<Servant> servant) : servant_(std::move(servant)) {}
  std::unique_ptr<Servant> servant_;
};

}  // namespace benchfleet
