#include "coordinator/control_streams_port.h"

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/limits.h"
#include "base/status.h"
#include "coordinator/history_reader.h"
#include "coordinator/result_reader.h"
#include "proto/convert.h"
#include "proto/transport_port.h"

namespace benchfleet {
namespace {

// Buffered whole before its one transaction; a larger file is to be split.
constexpr size_t kMaxImportBytes = 256u << 20;

// A server stream whose writes are pushed from the loop. It is owned by gRPC until OnDone, and by
// the tasks that were posted for it: each holds what shared_from_this() gives.
template <typename Message>
class PushStream : public grpc::ServerWriteReactor<Message>,
                   public std::enable_shared_from_this<PushStream<Message>> {
 public:
  // Makes a stream and starts it, or ends it at once when the caller is not allowed.
  template <typename Stream, typename... Args>
  static Stream* Make(const absl::Status& allowed, Args&&... args) {
    auto stream = std::make_shared<Stream>(std::forward<Args>(args)...);
    PushStream* const base = stream.get();
    base->self_ = stream;
    if (allowed.ok()) {
      base->Start();
    } else {
      base->End(allowed);
    }
    return stream.get();
  }

  // Queues a message. With `replace`, one that was queued and not yet sent gives way.
  void Push(const Message& message, bool replace) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (replace) queue_.clear();
    queue_.push_back(message);
    Next();
  }

  // Ends the call after what is queued.
  void End(const absl::Status& status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!end_) end_ = status;
    Next();
  }

  void OnWriteDone(bool ok) override {
    bool drained = false;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      writing_ = false;
      if (!ok) Abandon();
      drained = queue_.empty() && !end_;
      Next();
    }
    if (drained) OnDrained();
  }

  void OnCancel() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    Abandon();
    Next();
  }

  void OnDone() override {
    OnEnded();
    self_.reset();
  }

 protected:
  virtual void Start() = 0;
  virtual void OnDrained() {}  // everything queued has been written; gRPC's thread
  virtual void OnEnded() {}    // the call is over; gRPC's thread

 private:
  void Abandon() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    queue_.clear();
    if (!end_) end_ = absl::CancelledError("the client went away");
  }

  void Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return;
    if (!queue_.empty()) {
      outgoing_ = std::move(queue_.front());
      queue_.pop_front();
      writing_ = true;
      this->StartWrite(&outgoing_);
    } else if (end_) {
      finished_ = true;
      this->Finish(ToGrpc(*end_));
    }
  }

  std::shared_ptr<PushStream> self_;
  std::mutex mutex_;
  std::deque<Message> queue_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  Message outgoing_;
};

class WatchStream : public PushStream<v1::JobStatus> {
 public:
  WatchStream(const ControlCore& core, JobId job) : core_(core), job_(job) {}

 private:
  void Start() override {
    core_.loop->Post([this, alive = shared_from_this()] { Begin(); });
  }

  void Begin() {
    watch_ =
        core_.scheduler->Watch(job_, [this, alive = shared_from_this()](const JobStatus& status) {
          v1::JobStatus message;
          ToProto(status, &message);
          Push(message, true);
          if (IsFinal(status.state)) End(absl::OkStatus());
        });
    if (watch_ == 0) ReadEndedJob();
  }

  void ReadEndedJob() {
    auto overview = std::make_shared<JobOverview>();
    core_.store->Submit(
        [overview, job = job_](Store& store) -> absl::Status {
          BF_ASSIGN_OR_RETURN(*overview, store.Job(job));
          return absl::OkStatus();
        },
        [this, overview, alive = shared_from_this()](const absl::Status& status) {
          if (status.ok()) {
            v1::JobStatus message;
            ToProto(ToStatus(*overview), &message);
            Push(message, true);
          }
          End(status);
        });
  }

  void OnEnded() override {
    core_.loop->Post([this, alive = shared_from_this()] { core_.scheduler->Unwatch(watch_); });
  }

  const ControlCore core_;
  const JobId job_;
  Scheduler::WatchId watch_ = 0;  // loop only
};

// What `Reader` finds, read piece by piece as fast as the client takes it.
template <typename Reader, typename Piece, typename Message>
class ReadStream : public PushStream<Message> {
 public:
  ReadStream(const ControlCore& core, Reader reader) : core_(core), reader_(std::move(reader)) {}

 private:
  void Start() override { ReadMore(); }

  void ReadMore() {
    auto pieces = std::make_shared<std::vector<Piece>>();
    core_.store->Submit(
        [this, pieces, alive = this->shared_from_this()](Store& store) {
          return reader_.Next(store, pieces.get());
        },
        [this, pieces, alive = this->shared_from_this()](const absl::Status& status) {
          if (!status.ok() || pieces->empty()) {
            this->End(status);
            return;
          }
          for (const Piece& piece : *pieces) {
            Message message;
            ToProto(piece, &message);
            this->Push(message, false);
          }
        });
  }

  void OnDrained() override { ReadMore(); }

  const ControlCore core_;
  Reader reader_;  // storage thread only
};
using ResultStream = ReadStream<ResultReader, ResultPiece, v1::ResultPiece>;
using HistoryStream = ReadStream<HistoryReader, SeriesHistory, v1::HistoryPiece>;

class ImportStream : public grpc::ServerReadReactor<v1::ResultPiece> {
 public:
  ImportStream(const ControlCore& core, absl::StatusOr<std::string> client,
               v1::ImportResultsResponse* response)
      : core_(core), response_(response) {
    if (!client.ok()) {
      Finish(ToGrpc(client.status()));
      return;
    }
    client_ = *std::move(client);
    StartRead(&incoming_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Import();
      return;
    }
    bytes_ += incoming_.ByteSizeLong();
    absl::StatusOr<ResultPiece> piece = FromProto(incoming_);
    const absl::Status status = piece.ok() ? Take(*std::move(piece)) : piece.status();
    if (!status.ok()) {
      Finish(ToGrpc(status));
      return;
    }
    StartRead(&incoming_);
  }

  void OnDone() override { delete this; }

 private:
  struct Run {
    RunResult result;
    std::vector<SampleChunk> chunks;
  };

  absl::Status Take(ResultPiece piece) {
    if (bytes_ > kMaxImportBytes) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("an import may have %d MiB; split the file", kMaxImportBytes >> 20));
    }
    if (auto* job = std::get_if<JobResult>(&piece)) {
      if (job_) return absl::InvalidArgumentError("an import names its job twice");
      job_ = std::move(*job);
      job_->status.submitted_by = client_;
      return absl::OkStatus();
    }
    if (!job_) return absl::InvalidArgumentError("an import begins with its job");
    if (auto* run = std::get_if<RunResult>(&piece)) {
      runs_.push_back({std::move(*run), {}});
      return absl::OkStatus();
    }
    RunChunks& chunks = std::get<RunChunks>(piece);
    if (runs_.empty() || runs_.back().result.run != chunks.run) {
      return absl::InvalidArgumentError("an import has samples that do not follow their run");
    }
    for (SampleChunk& chunk : chunks.chunks) {
      samples_ += chunk.count;
      runs_.back().chunks.push_back(std::move(chunk));
    }
    return absl::OkStatus();
  }

  void Import() {
    if (!job_) {
      Finish(ToGrpc(absl::InvalidArgumentError("an import without anything in it")));
      return;
    }
    auto id = std::make_shared<JobId>();
    core_.store->Submit(
        [this, id](Store& store) -> absl::Status {
          BF_ASSIGN_OR_RETURN(*id, store.ImportJob(*job_));
          for (const Run& run : runs_) {
            BF_RETURN_IF_ERROR(store.ImportRun(*id, run.result, run.chunks));
          }
          return absl::OkStatus();
        },
        [this, id](const absl::Status& status) {
          response_->set_job_id(id->value);
          response_->set_runs(runs_.size());
          response_->set_samples(samples_);
          Finish(ToGrpc(status));
        });
  }

  const ControlCore core_;
  v1::ImportResultsResponse* const response_;
  std::string client_;
  v1::ResultPiece incoming_;
  size_t bytes_ = 0;
  uint64_t samples_ = 0;
  std::optional<JobResult> job_;
  std::vector<Run> runs_;
};

}  // namespace

grpc::ServerWriteReactor<v1::JobStatus>* MakeWatchStream(const ControlCore& core, JobId job,
                                                         const absl::Status& allowed) {
  return PushStream<v1::JobStatus>::Make<WatchStream>(allowed, core, job);
}

grpc::ServerWriteReactor<v1::ResultPiece>* MakeResultStream(const ControlCore& core, JobId job,
                                                            bool without_samples,
                                                            const absl::Status& allowed) {
  return PushStream<v1::ResultPiece>::Make<ResultStream>(allowed, core,
                                                         ResultReader(job, without_samples));
}

grpc::ServerWriteReactor<v1::HistoryPiece>* MakeHistoryStream(const ControlCore& core,
                                                              absl::StatusOr<HistoryQuery> query,
                                                              const absl::Status& allowed) {
  const absl::Status status = allowed.ok() ? query.status() : allowed;
  return PushStream<v1::HistoryPiece>::Make<HistoryStream>(
      status, core, HistoryReader(query.ok() ? *std::move(query) : HistoryQuery()));
}

grpc::ServerReadReactor<v1::ResultPiece>* MakeImportStream(const ControlCore& core,
                                                           absl::StatusOr<std::string> client,
                                                           v1::ImportResultsResponse* response) {
  return new ImportStream(core, std::move(client), response);
}

}  // namespace benchfleet
