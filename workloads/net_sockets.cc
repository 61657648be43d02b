// net.rtt and net.throughput: what plain TCP sockets do between two hosts.
//
// Both speak the same words on each connection: 8 bytes, big endian, say how large the following
// request is, of which the top bit asks for all of it back. The server answers such a request with
// the same bytes, and any other with one byte once it has read all of it.
#include <endian.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/status.h"
#include "workloads/builtins.h"
#include "workloads/payload.h"
#include "workloads/serve.h"
#include "workloads/sockets.h"

namespace benchfleet {
namespace {

constexpr uint64_t kEchoBit = uint64_t{1} << 63;
constexpr uint64_t kRttSizeMax = 16u << 20;
constexpr uint64_t kBlockMax = 1u << 30;
constexpr uint64_t kPieceBytes = 256u << 10;
constexpr int64_t kStreamsMax = 256;
constexpr absl::Duration kConnectTimeout = absl::Seconds(10);
constexpr char kConnectionsServed[] = "connections_served";

absl::Status SendHeader(int fd, uint64_t word) {
  const uint64_t wire = htobe64(word);
  return SendAll(fd, {reinterpret_cast<const char*>(&wire), sizeof wire});
}

// Serves one connection until it ends.
absl::Status ServeConnection(int fd) {
  std::string buffer;
  for (;;) {
    uint64_t wire = 0;
    BF_RETURN_IF_ERROR(ReceiveAll(fd, reinterpret_cast<char*>(&wire), sizeof wire));
    const uint64_t word = be64toh(wire);
    const uint64_t size = word & ~kEchoBit;
    if (size > kBlockMax) return absl::InvalidArgumentError("a request beyond the bound");
    const bool echo = (word & kEchoBit) != 0;
    buffer.resize(echo ? size : std::min(size, kPieceBytes));
    for (uint64_t left = size; left > 0;) {
      const uint64_t piece = std::min<uint64_t>(left, buffer.size());
      BF_RETURN_IF_ERROR(ReceiveAll(fd, buffer.data(), piece));
      left -= piece;
    }
    BF_RETURN_IF_ERROR(SendAll(fd, echo ? std::string_view(buffer) : std::string_view("k")));
  }
}

// A thread for each connection; all end when it is destroyed.
class ConnectionThreads {
 public:
  ConnectionThreads() = default;
  ~ConnectionThreads() {
    for (Connection& connection : connections_) shutdown(connection.socket.fd(), SHUT_RDWR);
    for (Connection& connection : connections_) connection.thread.join();
  }
  ConnectionThreads(const ConnectionThreads&) = delete;
  ConnectionThreads& operator=(const ConnectionThreads&) = delete;

  void Add(Socket socket) {
    Connection& connection = connections_.emplace_back();
    connection.socket = std::move(socket);
    // How it ends says nothing: clients just close.
    connection.thread =
        std::thread([fd = connection.socket.fd()] { static_cast<void>(ServeConnection(fd).ok()); });
  }
  size_t count() const { return connections_.size(); }

 private:
  struct Connection {
    Socket socket;
    std::thread thread;
  };
  std::list<Connection> connections_;
};

class SocketWorkload : public Workload {
 public:
  std::vector<Metric> ServerMetrics() const override {
    return {{kConnectionsServed, "", Direction::kNeutral, "", 0}};
  }

  absl::Status Serve(ServeContext& context) override {
    BF_ASSIGN_OR_RETURN(const Listening listening, ListenOn(context.address()));
    BF_RETURN_IF_ERROR(context.Ready({listening.port}));
    ConnectionThreads threads;
    pollfd waits[] = {{listening.socket.fd(), POLLIN, 0}, {context.stop().fd(), POLLIN, 0}};
    while (!context.stop().asked()) {
      if (poll(waits, 2, -1) < 0 && errno != EINTR) return ErrnoError(errno, "waiting for clients");
      if ((waits[0].revents & POLLIN) == 0) continue;
      absl::StatusOr<Socket> accepted = AcceptFrom(listening.socket.fd());
      // Who gave up in the queue is no trouble of the server's.
      if (accepted.ok()) threads.Add(*std::move(accepted));
    }
    return context.Add(kConnectionsServed, static_cast<double>(threads.count()));
  }

 protected:
  absl::StatusOr<Socket> ConnectToServer(const RunContext& context) {
    BF_ASSIGN_OR_RETURN(const RunPeer server, FindServer(context));
    absl::StatusOr<Socket> socket = ConnectTo(server.endpoint, kConnectTimeout);
    if (!socket.ok()) return Annotate(socket.status(), "server " + server.host);
    return socket;
  }
};

class RoundTrips final : public SocketWorkload {
 public:
  absl::Status Configure(const Parameters& parameters) override {
    BF_ASSIGN_OR_RETURN(size_, parameters.Bytes("size"));
    return absl::OkStatus();
  }

  absl::Status SetUp(const RunContext& context) override {
    if (context.role == kServerRole) return absl::OkStatus();
    BF_ASSIGN_OR_RETURN(socket_, ConnectToServer(context));
    // Header and payload leave in one piece.
    const uint64_t wire = htobe64(size_ | kEchoBit);
    request_.assign(reinterpret_cast<const char*>(&wire), sizeof wire);
    request_ += SeededBytes(context.seed, size_);
    answer_.resize(size_);
    return absl::OkStatus();
  }

  absl::Status Run(uint64_t iterations) override {
    for (uint64_t i = 0; i < iterations; ++i) {
      BF_RETURN_IF_ERROR(SendAll(socket_.fd(), request_));
      BF_RETURN_IF_ERROR(ReceiveAll(socket_.fd(), answer_.data(), answer_.size()));
    }
    return absl::OkStatus();
  }

  absl::Status Validate() override {
    return request_.compare(sizeof(uint64_t), std::string::npos, answer_) == 0
               ? absl::OkStatus()
               : absl::DataLossError("what came back is not what was sent");
  }

 private:
  uint64_t size_ = 0;
  Socket socket_;
  std::string request_;
  std::string answer_;
};

// Lets every stream send its share of a block at once, and waits until the server has read all.
class StreamTeam {
 public:
  void Start(std::vector<Socket> sockets, uint64_t share_bytes, uint64_t seed) {
    piece_ = SeededBytes(seed, std::min(share_bytes, kPieceBytes));
    share_bytes_ = share_bytes;
    sockets_ = std::move(sockets);
    for (const Socket& socket : sockets_) {
      threads_.emplace_back([this, fd = socket.fd()] { Work(fd); });
    }
  }
  ~StreamTeam() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  absl::Status SendBlock() {
    std::unique_lock lock(mutex_);
    ++round_;
    working_ = threads_.size();
    changed_.notify_all();
    changed_.wait(lock, [this] { return working_ == 0; });
    return status_;
  }

 private:
  void Work(int fd) {
    std::unique_lock lock(mutex_);
    for (uint64_t done = 0;; done = round_) {
      changed_.wait(lock, [&] { return over_ || round_ != done; });
      if (over_) return;
      lock.unlock();
      const absl::Status sent = SendShare(fd);
      lock.lock();
      if (!sent.ok() && status_.ok()) status_ = sent;
      if (--working_ == 0) changed_.notify_all();
    }
  }

  absl::Status SendShare(int fd) const {
    BF_RETURN_IF_ERROR(SendHeader(fd, share_bytes_));
    for (uint64_t left = share_bytes_; left > 0;) {
      const std::string_view piece(piece_.data(), std::min<uint64_t>(left, piece_.size()));
      BF_RETURN_IF_ERROR(SendAll(fd, piece));
      left -= piece.size();
    }
    char answer = 0;
    BF_RETURN_IF_ERROR(ReceiveAll(fd, &answer, 1));
    return answer == 'k' ? absl::OkStatus() : absl::DataLossError("the server answered nonsense");
  }

  std::string piece_;
  uint64_t share_bytes_ = 0;
  std::vector<Socket> sockets_;
  std::vector<std::thread> threads_;

  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t round_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t working_ ABSL_GUARDED_BY(mutex_) = 0;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

class Throughput final : public SocketWorkload {
 public:
  absl::Status Configure(const Parameters& parameters) override {
    BF_ASSIGN_OR_RETURN(streams_, parameters.Count("streams"));
    BF_ASSIGN_OR_RETURN(block_, parameters.Bytes("block"));
    return absl::OkStatus();
  }

  absl::Status SetUp(const RunContext& context) override {
    if (context.role == kServerRole) return absl::OkStatus();
    std::vector<Socket> sockets;
    for (int64_t i = 0; i < streams_; ++i) {
      BF_ASSIGN_OR_RETURN(Socket socket, ConnectToServer(context));
      sockets.push_back(std::move(socket));
    }
    team_ = std::make_unique<StreamTeam>();
    team_->Start(std::move(sockets), share(), context.seed);
    return absl::OkStatus();
  }

  std::vector<Metric> Metrics() const override {
    return {LatencyMetric(),
            ThroughputMetric(static_cast<double>(share() * static_cast<uint64_t>(streams_)))};
  }

  absl::Status Run(uint64_t iterations) override {
    for (uint64_t i = 0; i < iterations; ++i) BF_RETURN_IF_ERROR(team_->SendBlock());
    return absl::OkStatus();
  }

  absl::Status TearDown() override {
    team_ = nullptr;
    return absl::OkStatus();
  }

 private:
  uint64_t share() const { return block_ / static_cast<uint64_t>(streams_); }

  int64_t streams_ = 1;
  uint64_t block_ = 0;
  std::unique_ptr<StreamTeam> team_;
};

}  // namespace

std::vector<WorkloadEntry> SocketWorkloads() {
  WorkloadDescription rtt{"net.rtt",
                          "one TCP round trip to another host: a payload there and back",
                          {SizeParameter("size", "bytes each way", "64", 1, kRttSizeMax)},
                          {LatencyMetric()},
                          "",
                          "",
                          ClientAndServer("sends and measures", "sends it back")};
  WorkloadDescription throughput{
      "net.throughput",
      "TCP from client to server: a block over all streams, until the server has read it",
      {CountParameter("streams", "connections side by side", "1", 1, kStreamsMax),
       SizeParameter("block", "bytes of one operation, over all streams", "8MiB",
                     static_cast<uint64_t>(kStreamsMax), kBlockMax)},
      {LatencyMetric(), ThroughputMetric(8 << 20)},
      "",
      "",
      ClientAndServer("sends and measures", "receives")};
  return {{rtt, [] { return std::make_unique<RoundTrips>(); }},
          {throughput, [] { return std::make_unique<Throughput>(); }}};
}

}  // namespace benchfleet
