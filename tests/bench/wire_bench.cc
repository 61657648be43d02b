// The way of a sample from an agent to a durable ack, over mutual TLS on loopback, beside its
// parts.
//
//   bench-wire [ROUNDS]        (5)
//
// In each round, in this process; first these three in turn, 500 times, each after a millisecond in
// which nothing is done, as an idle fleet's sample comes:
//   ping-pong   one batch of one sample, answered at once by a service without a store
//   commit      the same batch into a store directly, synchronous=FULL
//   durable     the same batch through port, fleet, storage thread and store, until its ack
// then, one after the other:
//   bare        65,536 samples a commit into a bare SQLite table of packed chunks
//   ingest      messages of 8,192 samples over four streams, until all are acked
// Targets: durable at most 1.25 times ping-pong plus commit (medians); ingest at least half of
// bare.
#include <grpcpp/grpcpp.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/strings/str_format.h"
#include "base/certificate.h"
#include "base/log.h"
#include "base/status.h"
#include "coordinator/agent_port.h"
#include "coordinator/fleet.h"
#include "coordinator/scheduler.h"
#include "proto/agent_port.grpc.pb.h"
#include "proto/chunk.h"
#include "proto/convert.h"
#include "proto/transport_port.h"
#include "storage/sqlite_store.h"
#include "tests/bench/ingest_peers.h"

namespace benchfleet::bench {
namespace {

constexpr int kPings = 500;
constexpr absl::Duration kIdle = absl::Milliseconds(1);
constexpr int kStreams = 4;
constexpr int kMessagesPerStream = 256;
constexpr int kChunksPerMessage = 2;

void Check(const absl::Status& status) {
  if (!status.ok()) Fail(Message(status));
}

// Throw-away certificates of the two ends.
struct Ends {
  TlsFiles server;
  TlsFiles client;
};

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

// Answers every batch at once.
class EchoService : public v1::AgentPort::CallbackService {
  grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage>* Session(
      grpc::CallbackServerContext*) override {
    class Reactor : public grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage> {
     public:
      Reactor() { StartRead(&in_); }
      void OnReadDone(bool ok) override {
        if (!ok) return Finish(grpc::Status::OK);
        ToProto(CoordinatorMessage(Ack{"spool", in_.batch().first_sequence()}), &out_);
        StartWrite(&out_);
      }
      void OnWriteDone(bool) override { StartRead(&in_); }
      void OnDone() override { delete this; }

     private:
      v1::AgentMessage in_;
      v1::CoordinatorMessage out_;
    };
    return new Reactor;
  }
};

// One agent's stream, driven by blocking calls: the client's side is the same in all cases.
class Stream {
 public:
  Stream(const std::string& address, const Ends& tls) {
    auto channel = Dial(address, tls.client);
    Check(channel.status());
    stub_ = v1::AgentPort::NewStub(*channel);
    stream_ = stub_->Session(&context_);
  }
  ~Stream() {
    stream_->WritesDone();
    stream_->Finish();
  }
  void Send(const AgentMessage& message) {
    v1::AgentMessage wire;
    ToProto(message, &wire);
    if (!stream_->Write(wire)) Fail("the stream broke");
  }
  CoordinatorMessage Receive() {
    v1::CoordinatorMessage wire;
    if (!stream_->Read(&wire)) Fail("the stream ended");
    auto message = FromProto(wire);
    Check(message.status());
    return *message;
  }
  void ReceiveAck(uint64_t through) {
    for (;;) {
      const CoordinatorMessage message = Receive();
      if (const auto* refusal = std::get_if<Refusal>(&message)) Fail(refusal->message);
      const auto* ack = std::get_if<Ack>(&message);
      if (ack != nullptr && ack->through_sequence >= through) return;
    }
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::AgentPort::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AgentMessage, v1::CoordinatorMessage>> stream_;
};

class Server {
 public:
  Server(grpc::Service* service, const Ends& tls) {
    auto credentials = ListenCredentials("127.0.0.1:0", tls.server);
    Check(credentials.status());
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", *credentials, &port_);
    builder.RegisterService(service);
    ConfigureServer(&builder);
    server_ = builder.BuildAndStart();
  }
  ~Server() { server_->Shutdown(absl::ToChronoTime(absl::Now() + absl::Seconds(1))); }
  std::string address() const { return absl::StrFormat("127.0.0.1:%d", port_); }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

Record OneSample(uint64_t index) {
  return {RunId{1}, SampleChunk{"latency", index, 1, Encoding::kDeltaVarint,
                                EncodeDeltaVarint(std::vector<int64_t>{1'200'000}), 1, false}};
}

// A store with a run for each stream, ready to take samples.
void Prepare(Store& store) {
  std::vector<StoredTask> tasks;
  StoredJob job;
  job.id = JobId{1};
  job.spec.runs = 1;
  Check(store.InTransaction([&] {
    for (int i = 0; i < kStreams; ++i) {
      StoredHost host;
      host.name = absl::StrFormat("host-%d", i);
      Check(store.PutHost(host));
      tasks.push_back({TaskId{static_cast<uint64_t>(i + 1)},
                       job.id,
                       host.name,
                       "work",
                       {},
                       State::kWaiting,
                       ""});
    }
    Check(store.CreateJob(job, tasks));
    for (const StoredTask& task : tasks) {
      StoredRun run;
      run.id = RunId{task.id.value};
      run.task = task.id;
      run.host = task.host;
      Check(store.CreateRun(run));
    }
  }));
}

Record Started(uint64_t run) {
  RunStarted started;
  started.metrics = {{"latency", "ns", Direction::kLowerIsBetter, "", 0}};
  return {RunId{run}, started};
}

// The coordinator's own stack without the rest of the daemon.
class Stack : public FleetObserver {
 public:
  Stack(const std::string& directory, const Ends& tls) : loop_("core") {
    auto store = OpenSqliteStore(directory);
    Check(store.status());
    store_ = *std::move(store);
    Prepare(*store_);
    queue_ = std::make_unique<StoreThread>(store_.get(), &loop_);
    Fleet::Options options;
    options.check_names = false;  // all streams share one certificate here
    fleet_ = std::make_unique<Fleet>(options, &loop_, queue_.get(), nullptr,
                                     [](const absl::Status& status) { Check(status); });
    fleet_->Load(*store_->Identity(), *store_->Hosts(), this);
    loop_.Start();
    queue_->Start();
    port_ = std::make_unique<AgentPort>(&loop_, fleet_.get());
    server_ = std::make_unique<Server>(port_->service(), tls);
  }
  ~Stack() override {
    server_.reset();
    queue_->Stop();
    loop_.Stop();
  }
  std::string address() const { return server_->address(); }

  void OnHostConnected(const std::string&) override {}
  void OnHostDisconnected(const std::string&) override {}
  void OnAgentState(const std::string&, const AgentState&) override {}
  void OnIngested(const std::string&, const IngestResult&) override {}

 private:
  ThreadLoop loop_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<StoreThread> queue_;
  std::unique_ptr<Fleet> fleet_;
  std::unique_ptr<AgentPort> port_;
  std::unique_ptr<Server> server_;
};

Hello HelloOf(int i) {
  Hello hello;
  hello.host = absl::StrFormat("host-%d", i);
  hello.spool_id = "spool";
  return hello;
}

// What is timed once in a while, with nothing going on before: "idle".
class Latency {
 public:
  virtual ~Latency() = default;
  // Microseconds.
  double Once() {
    absl::SleepFor(kIdle);
    const absl::Time start = absl::Now();
    Step(sequence_);
    const absl::Time end = absl::Now();
    ++sequence_;
    return absl::ToDoubleMicroseconds(end - start);
  }

 private:
  virtual void Step(uint64_t sequence) = 0;
  uint64_t sequence_ = 2;  // 1 is the run's start
};

class PingPong : public Latency {
 public:
  explicit PingPong(const Ends& tls) : server_(&service_, tls), stream_(server_.address(), tls) {}

 private:
  void Step(uint64_t sequence) override {
    stream_.Send(RecordBatch{"spool", sequence, {OneSample(sequence - 2)}});
    stream_.Receive();
  }

  EchoService service_;
  Server server_;
  Stream stream_;
};

class Commit : public Latency {
 public:
  explicit Commit(const std::string& directory) {
    auto store = OpenSqliteStore(directory);
    Check(store.status());
    store_ = *std::move(store);
    Prepare(*store_);
    Ingest(1, Started(1));
  }

 private:
  void Step(uint64_t sequence) override { Ingest(sequence, OneSample(sequence - 2)); }
  void Ingest(uint64_t sequence, const Record& record) {
    Check(store_->InTransaction([&] {
      Check(store_->Ingest("host-0", {"spool", sequence, {record}}, absl::Now()).status());
    }));
  }

  std::unique_ptr<Store> store_;
};

class Durable : public Latency {
 public:
  Durable(const std::string& directory, const Ends& tls)
      : stack_(directory, tls), stream_(stack_.address(), tls) {
    stream_.Send(HelloOf(0));
    stream_.Receive();
    stream_.Send(RecordBatch{"spool", 1, {Started(1)}});
    stream_.ReceiveAck(1);
  }

 private:
  void Step(uint64_t sequence) override {
    stream_.Send(RecordBatch{"spool", sequence, {OneSample(sequence - 2)}});
    stream_.ReceiveAck(sequence);
  }

  Stack stack_;
  Stream stream_;
};

// Samples a second until the last ack, over all streams.
double Ingest(const std::string& directory, const Ends& tls, const Samples& samples) {
  const Stack stack(directory, tls);
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < kStreams; ++i) {
    streams.push_back(std::make_unique<Stream>(stack.address(), tls));
    streams.back()->Send(HelloOf(i));
    streams.back()->Receive();
  }
  uint64_t sent = 0;
  std::mutex mutex;
  const absl::Time start = absl::Now();
  std::vector<std::thread> threads;
  for (int i = 0; i < kStreams; ++i) {
    threads.emplace_back([&, i] {
      const RunId run{static_cast<uint64_t>(i + 1)};
      Stream& stream = *streams[static_cast<size_t>(i)];
      stream.Send(RecordBatch{"spool", 1, {Started(run.value)}});
      uint64_t sequence = 2;
      uint64_t index = 0;
      std::thread reader([&] {
        stream.ReceiveAck(1 + static_cast<uint64_t>(kMessagesPerStream) * kChunksPerMessage);
      });
      for (int m = 0; m < kMessagesPerStream; ++m) {
        RecordBatch batch{"spool", sequence, {}};
        for (int c = 0; c < kChunksPerMessage; ++c, ++sequence) {
          SampleChunk chunk = samples.chunks[sequence % samples.chunks.size()];
          chunk.first_index = index;
          index += chunk.count;
          batch.records.push_back({run, std::move(chunk)});
        }
        stream.Send(batch);
      }
      reader.join();
      const std::lock_guard<std::mutex> lock(mutex);
      sent += index;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(sent) / absl::ToDoubleSeconds(absl::Now() - start);
}

std::string Write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  return path;
}

Ends MakeCertificates(const std::string& directory) {
  const absl::Time now = absl::Now();
  auto ca = MakeAuthority("bench", absl::Hours(2), now);
  Check(ca.status());
  const std::string ca_file = Write(directory + "/ca.pem", ca->certificate_pem);
  const auto issue = [&](const std::string& role, std::vector<std::string> addresses) {
    auto issued =
        IssueCertificate(*ca, {{role, "bench"}, std::move(addresses), absl::Hours(1)}, now);
    Check(issued.status());
    const std::string base = directory + "/" + role;
    return TlsFiles{ca_file, Write(base + ".pem", issued->certificate_pem),
                    Write(base + ".key", issued->key_pem)};
  };
  return {issue("coordinator", {"127.0.0.1"}), issue("agent", {})};
}

std::string Fresh(const std::string& directory, const char* name, int round) {
  const std::string made = absl::StrFormat("%s/%s-%d", directory, name, round);
  std::filesystem::create_directories(made);
  return made;
}

int Main(int rounds) {
  RequireTls13();
  Check(InitLog("bench-wire", "error"));
  std::string pattern = (std::filesystem::temp_directory_path() / "bench-wire-XXXXXX").string();
  const std::string directory = mkdtemp(pattern.data());
  const Ends tls = MakeCertificates(directory);
  const Samples samples = MakeSamples(1u << 20, 1);
  std::vector<double> ping, commit, durable, latency_ratio, bare, ingest, ingest_ratio;
  for (int round = 0; round < rounds; ++round) {
    {
      PingPong pinging(tls);
      Commit committing(Fresh(directory, "commit", round));
      Durable sending(Fresh(directory, "durable", round), tls);
      std::vector<double> pings, commits, acks;
      for (int i = 0; i < kPings; ++i) {
        pings.push_back(pinging.Once());
        commits.push_back(committing.Once());
        acks.push_back(sending.Once());
      }
      ping.push_back(Median(pings));
      commit.push_back(Median(commits));
      durable.push_back(Median(acks));
    }
    latency_ratio.push_back(durable.back() / (ping.back() + commit.back()));
    const Figures written = WriteBareChunks(samples, Fresh(directory, "bare", round));
    bare.push_back(static_cast<double>(written.samples) / written.wall_s);
    ingest.push_back(Ingest(Fresh(directory, "ingest", round), tls, samples));
    ingest_ratio.push_back(ingest.back() / bare.back());
  }
  std::filesystem::remove_all(directory);
  std::printf(
      "ping-pong %.0f us, commit %.0f us, durable ack %.0f us: ratio %.2f (target at most 1.25)\n",
      Median(ping), Median(commit), Median(durable), Median(latency_ratio));
  std::printf(
      "bare chunk writer %.1f M samples/s, mTLS ingest %.1f M samples/s: ratio %.2f (target at "
      "least 0.50)\n",
      Median(bare) / 1e6, Median(ingest) / 1e6, Median(ingest_ratio));
  return Median(latency_ratio) <= 1.25 && Median(ingest_ratio) >= 0.5 ? 0 : 1;
}

}  // namespace
}  // namespace benchfleet::bench

int main(int argc, char** argv) {
  return benchfleet::bench::Main(argc > 1 ? std::max(1, std::atoi(argv[1])) : 5);
}
