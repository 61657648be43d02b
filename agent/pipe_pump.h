// Reads pipes and sockets on a thread of its own and hands what comes to the loop, piece by piece.
// The next piece of a pipe is read when the loop has taken the last one: a writer that is faster
// than the loop is slowed by its own full pipe.
//
// Life cycle: 1. Start(); 2. Add() and Remove() on the loop; 3. destruction, when the loop has
// stopped or on it, closes all and joins; nothing is handed on later.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/loop_scope.h"

namespace benchfleet {

using PipeId = uint32_t;

class PipePump {
 public:
  // An empty piece is the end, and the last one.
  using OnBytes = std::function<void(std::string_view piece)>;

  static absl::StatusOr<std::unique_ptr<PipePump>> Start(TaskLoop* loop);
  ~PipePump();
  PipePump(const PipePump&) = delete;
  PipePump& operator=(const PipePump&) = delete;

  // Takes `fd` (made non-blocking) and closes it after its end.
  PipeId Add(int fd, OnBytes on_bytes);
  // Closes it; nothing more is handed on. Harmless after the end.
  void Remove(PipeId pipe);

 private:
  struct Pipe {
    int fd = -1;
    OnBytes on_bytes;
  };

  PipePump(TaskLoop* loop, int epoll_fd, int stop_fd);
  void Run();
  void ReadOne(PipeId pipe);
  void Deliver(PipeId pipe, const std::string& piece);
  void Arm(PipeId pipe, int fd, int operation);

  const int epoll_fd_;
  const int stop_fd_;
  PipeId last_id_ = 0;
  std::map<PipeId, Pipe> pipes_;  // loop only

  // The thread reads, and the loop closes, under this lock only.
  std::mutex mutex_;
  std::map<PipeId, int> open_fds_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
  LoopScope scope_;
};

}  // namespace benchfleet
