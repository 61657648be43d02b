// A host that proves for others: takes requests, opens their witnesses, proves in turn. Knows no
// transport; workloads/net/prover_port.h is one.
//
//   Begin --refused--> (nothing is kept)
//     |
//   receiving --AddPiece, does not open--> refused
//     | last piece
//   waiting --Abandon, Stop--> gone
//     | a prover is free
//   proving --Abandon, Stop--> cancelled
//     |
//   done or failed: OnDone
//
// A request of kOpenOnly is done at its last piece, one of kEverything waits from EndPieces on.
//
// Threads: Options::provers.size() workers, each with its prover, started by Start and joined by
// Stop. Begin, AddPiece and EndPieces may come from any thread, those of one request one after the
// other; pieces are opened on the caller's thread. Abandon comes from any thread at any time.
// Listeners are called on any of these threads, never under a lock, one call at a time for each
// request. Of every request that was begun and not refused later, OnDone is called once.
//
// A witness lies in memory here and nowhere else, and is overwritten when it was proved. What a
// prover does with it is the prover's: workloads/prover.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "workloads/prover.h"
#include "workloads/remote/proving_request.h"
#include "workloads/stopwatch.h"

namespace benchfleet {

// Implemented by the port and by tests; held until OnDone has returned.
class ProvingListener {
 public:
  virtual ~ProvingListener() = default;
  // All of it is here; so many are proved before it.
  virtual void OnQueued(size_t ahead) = 0;
  virtual void OnProving() = 0;
  // The last call. Cancelled after Abandon and after Stop.
  virtual void OnDone(absl::StatusOr<ProvingResult> result) = 0;
};

class ProvingService {
 public:
  struct Options {
    ProvingSubject subject;
    // One a worker, all of `subject`, set up. At most limits::kMaxProvingConcurrency.
    std::vector<std::unique_ptr<Prover>> provers;
    // Requests besides those being proved; at most limits::kMaxProvingQueue.
    size_t queue_max = 16;
    uint64_t witness_bytes_max = 0;  // of one request; at most limits::kMaxWitnessBytes
    // Requests that are remembered by this key, at most limits::kMaxReplayEntries.
    size_t replay_entries_max = 0;
    // Whom evidence for the key is asked of; outlives the service. Null: this host's kernel.
    TsmFiles* tsm = nullptr;
  };

  // Makes the key. Errors: OpenSSL's.
  static absl::StatusOr<std::unique_ptr<ProvingService>> Start(Options options,
                                                               Stopwatch& stopwatch);
  ~ProvingService();
  ProvingService(const ProvingService&) = delete;
  ProvingService& operator=(const ProvingService&) = delete;

  const std::string& public_key() const;
  // The key with evidence about it and `nonce`. Any thread; blocks while the host makes evidence,
  // which may take seconds.
  ServiceKey Key(std::string_view nonce) const;

  class Request;  // one client's; shared with the transport
  // Errors, after which the listener is not called: FailedPrecondition, another prover, circuit or
  // key; OutOfRange, a witness above the bound; AlreadyExists, a request that was here before;
  // ResourceExhausted, the queue, the memory for witnesses or this key's uses; Unavailable, the
  // service stops; InvalidArgument, a header that makes no sense.
  absl::StatusOr<std::shared_ptr<Request>> Begin(const ProvingHeader& header,
                                                 std::shared_ptr<ProvingListener> listener);
  // Error, DataLoss: the piece does not open, or is one too many. The request is over then, and its
  // listener is not called.
  absl::Status AddPiece(const std::shared_ptr<Request>& request, std::string_view piece);
  // The sender has no more. Error, DataLoss: something is missing; as above.
  absl::Status EndPieces(const std::shared_ptr<Request>& request);
  // The client is gone. Harmless at any time.
  void Abandon(const std::shared_ptr<Request>& request);

  // Cancels what waits and what is being proved, refuses what comes, joins. Idempotent.
  void Stop();

  // After its first proof of a request to do everything, which nobody else verifies, the service
  // tries whether its verifier refuses forgeries. Error, DataLoss: it does not.
  absl::Status verifier_health() const;

  // Requests that were begun and are not over.
  size_t open_requests() const;

 private:
  struct State;
  ProvingService();
  std::unique_ptr<State> state_;
};

}  // namespace benchfleet
