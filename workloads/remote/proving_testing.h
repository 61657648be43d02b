// For tests of proving elsewhere: a prover that proves at once or when told, and a listener that
// keeps what it hears.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "workloads/prover.h"
#include "workloads/remote/proving_service.h"
#include "workloads/remote/sealed_message.h"
#include "workloads/stop_request.h"

namespace benchfleet {

inline const ProvingSubject kTestSubject{"test-prover", "test-circuit", "0123456789abcdef"};
inline constexpr size_t kShownBytes = 600'000;  // of a witness, in its "proof"
inline constexpr absl::Duration kTestPatience = absl::Seconds(30);

// What a prover and its test share.
struct ProverControl {
  std::mutex mutex;
  std::condition_variable changed;
  bool hold = false;  // proofs wait until this is false, or they are given up
  int begun = 0;
  int given_up = 0;
  std::vector<std::string> witnesses;
  absl::Status fails;

  void Set(bool value) {
    const std::lock_guard lock(mutex);
    hold = value;
    changed.notify_all();
  }
  bool AwaitBegun(int count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, absl::ToChronoMilliseconds(kTestPatience),
                            [&] { return begun >= count; });
  }
};

class TestProver final : public Prover {
 public:
  explicit TestProver(std::shared_ptr<ProverControl> control) : control_(std::move(control)) {}

  std::string Version() const override { return "1"; }
  absl::StatusOr<Keys> SetUp(const Circuit& /*circuit*/) override {
    return Keys{"a key", false, {}};
  }
  absl::StatusOr<std::string> MakeWitness() override { return std::string("made here"); }
  absl::StatusOr<MadeProof> Prove(const std::string& witness) override {
    std::unique_lock lock(control_->mutex);
    ++control_->begun;
    control_->witnesses.push_back(witness);
    control_->changed.notify_all();
    while (control_->hold) {
      if (stop() != nullptr && stop()->asked()) {
        ++control_->given_up;
        return absl::CancelledError("given up");
      }
      control_->changed.wait_for(lock, std::chrono::milliseconds(5));
    }
    if (!control_->fails.ok()) return control_->fails;
    return MadeProof{{"proof of " + witness.substr(0, kShownBytes), "public"},
                     absl::Milliseconds(3),
                     4096,
                     {{"thinking", absl::Milliseconds(2)}}};
  }
  absl::StatusOr<Verdict> Verify(const Proof& proof) override {
    return Verdict{proof.public_inputs == "public", "another statement"};
  }
  std::vector<std::string> SubPhases() const override { return {"thinking"}; }
  bool proof_is_text() const override { return true; }
  StringMap Facts() const override { return {}; }

 private:
  const std::shared_ptr<ProverControl> control_;
};

class TestListener final : public ProvingListener {
 public:
  void OnQueued(size_t ahead) override { Note("queued " + std::to_string(ahead)); }
  void OnProving() override { Note("proving"); }
  void OnDone(absl::StatusOr<ProvingResult> result) override {
    const std::lock_guard lock(mutex_);
    events_.push_back("done");
    result_ = std::move(result);
    changed_.notify_all();
  }

  // What came of it; nothing if that takes too long.
  std::optional<absl::StatusOr<ProvingResult>> Await() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoMilliseconds(kTestPatience),
                      [this] { return result_.has_value(); });
    return result_;
  }
  std::vector<std::string> events() {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  void Note(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
  std::optional<absl::StatusOr<ProvingResult>> result_;
};

// A header and the sealed pieces of `witness` for it.
struct SealedRequest {
  ProvingHeader header;
  std::vector<std::string> pieces;
};

inline SealedRequest SealRequest(const ServiceKey& key, const std::string& witness,
                                 ProvingTask task = ProvingTask::kProve) {
  SealedRequest request;
  request.header.task = task;
  request.header.subject = key.subject;
  request.header.witness_bytes = witness.size();
  MessageSealer sealer =
      MessageSealer::Start(request.header.aead, key.public_key, request.header.Info(), witness)
          .value();
  request.header.encapsulated = sealer.encapsulated();
  while (!sealer.done()) {
    request.pieces.emplace_back();
    if (!sealer.Next(&request.pieces.back()).ok()) break;
  }
  return request;
}

}  // namespace benchfleet
