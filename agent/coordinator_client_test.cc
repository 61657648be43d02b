// The client against a small gRPC server in this process.
#include "agent/coordinator_client.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "base/certificate.h"
#include "base/task_loop.h"
#include "proto/agent_port.grpc.pb.h"
#include "proto/convert.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Minutes(1);

using ServerStream = grpc::ServerReaderWriter<v1::CoordinatorMessage, v1::AgentMessage>;

// What the test wants the coordinator to do with each session.
class Service : public v1::AgentPort::Service {
 public:
  using Handler = std::function<grpc::Status(grpc::ServerContext*, ServerStream*)>;
  explicit Service(Handler handler) : handler_(std::move(handler)) {}
  grpc::Status Session(grpc::ServerContext* context, ServerStream* stream) override {
    return handler_(context, stream);
  }

 private:
  const Handler handler_;
};

class Server {
 public:
  Server(const TlsFiles& tls, Service::Handler handler) : service_(std::move(handler)) {
    grpc::ServerBuilder builder;
    ConfigureServer(&builder);
    builder.AddListeningPort("127.0.0.1:0", *ListenCredentials("127.0.0.1:0", tls), &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~Server() { server_->Shutdown(std::chrono::system_clock::now()); }
  std::string address() const { return absl::StrFormat("127.0.0.1:%d", port_); }

 private:
  Service service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

bool Read(ServerStream* stream, AgentMessage* message) {
  v1::AgentMessage wire;
  if (!stream->Read(&wire)) return false;
  *message = *FromProto(wire);
  return true;
}

void Write(ServerStream* stream, const CoordinatorMessage& message) {
  v1::CoordinatorMessage wire;
  ToProto(message, &wire);
  stream->Write(wire);
}

// Collects what the link tells.
class Events : public LinkEvents {
 public:
  void OnConnected() override {
    const absl::MutexLock lock(&mutex_);
    ++connected_;
  }
  void OnMessage(CoordinatorMessage message) override {
    const absl::MutexLock lock(&mutex_);
    messages_.push_back(std::move(message));
  }
  void OnDisconnected(absl::Status why) override {
    const absl::MutexLock lock(&mutex_);
    why_.push_back(std::move(why));
  }

  void AwaitConnected() {
    Await([this] { return connected_ > 0; });
  }
  CoordinatorMessage AwaitMessage(size_t index) {
    Await([this, index] { return messages_.size() > index; });
    const absl::MutexLock lock(&mutex_);
    return messages_.at(index);
  }
  absl::Status AwaitDisconnected() {
    Await([this] { return !why_.empty(); });
    const absl::MutexLock lock(&mutex_);
    return why_.at(0);
  }
  size_t disconnections() {
    const absl::MutexLock lock(&mutex_);
    return why_.size();
  }

 private:
  template <typename Condition>
  void Await(const Condition& condition) {
    const absl::MutexLock lock(&mutex_);
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&condition), kPatience));
  }

  absl::Mutex mutex_;
  int connected_ = 0;
  std::vector<CoordinatorMessage> messages_;
  std::vector<absl::Status> why_;
};

class CoordinatorClientTest : public ::testing::Test {
 protected:
  CoordinatorClientTest() {
    plaintext_.insecure_plaintext = true;
    loop_.Start();
  }
  ~CoordinatorClientTest() override {
    OnLoop([this] { client_ = nullptr; });
    loop_.Stop();
  }

  void OnLoop(const std::function<void()>& task) {
    absl::Notification done;
    loop_.Post([&] {
      task();
      done.Notify();
    });
    done.WaitForNotification();
  }
  void Connect(const std::string& address, const TlsFiles& tls) {
    auto client = CoordinatorClient::Create(address, tls, &loop_);
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
    OnLoop([this] { client_->Connect(&events_); });
  }
  void Send(AgentMessage message) {
    OnLoop([&] { client_->Send(std::move(message)); });
  }

  TlsFiles plaintext_;
  ThreadLoop loop_{"test"};
  Events events_;
  std::unique_ptr<CoordinatorClient> client_;
};

RecordBatch Batch(uint64_t first, size_t bytes) {
  SampleChunk chunk;
  chunk.metric = "latency";
  chunk.count = 1;
  chunk.encoding = Encoding::kFloat64;
  chunk.payload = std::string(bytes, 'x');
  return {"spool", first, {Record{RunId{1}, chunk}}};
}

TEST_F(CoordinatorClientTest, CarriesMessagesBothWays) {
  Server server(plaintext_, [](grpc::ServerContext*, ServerStream* stream) {
    AgentMessage message;
    while (Read(stream, &message)) {
      if (const auto* hello = std::get_if<Hello>(&message)) {
        Write(stream, Welcome{kProtocolVersion, hello->host, "1", absl::Seconds(3), 7, "salt"});
      } else {
        Write(stream, Ack{"spool", std::get<RecordBatch>(message).first_sequence});
      }
    }
    return grpc::Status::OK;
  });
  Connect(server.address(), plaintext_);
  events_.AwaitConnected();
  Hello hello;
  hello.host = "alpha";
  hello.spool_id = "spool";
  Send(hello);
  const auto welcome = std::get<Welcome>(events_.AwaitMessage(0));
  EXPECT_EQ(welcome.coordinator_id, "alpha");
  EXPECT_EQ(welcome.acked_sequence, 7);
  for (uint64_t i = 1; i <= 8; ++i) Send(Batch(i, limits::kMaxBatchBytes - 200'000));
  for (uint64_t i = 1; i <= 8; ++i) {
    EXPECT_EQ(std::get<Ack>(events_.AwaitMessage(i)).through_sequence, i);
  }
  OnLoop([this] { client_->Close(); });
  OnLoop([] {});
  EXPECT_EQ(events_.disconnections(), 0);  // who closes hears no more
}

TEST_F(CoordinatorClientTest, TheNewestStateReplacesThoseThatHaveNotLeft) {
  absl::Notification go_on, all_read;
  std::vector<uint64_t> versions;
  Server server(plaintext_, [&](grpc::ServerContext*, ServerStream* stream) {
    go_on.WaitForNotification();
    AgentMessage message;
    while (Read(stream, &message)) {
      if (const auto* state = std::get_if<AgentState>(&message)) {
        versions.push_back(state->desired_version);
        if (state->desired_version == 1000) break;
      }
    }
    all_read.Notify();
    return grpc::Status::OK;
  });
  Connect(server.address(), plaintext_);
  events_.AwaitConnected();
  // Nobody reads: after some megabytes nothing more leaves.
  for (uint64_t i = 1; i <= 8; ++i) Send(Batch(i, limits::kMaxBatchBytes - 200'000));
  for (uint64_t version = 1; version <= 1000; ++version) {
    AgentState state;
    state.desired_version = version;
    Send(std::move(state));
  }
  go_on.Notify();
  ASSERT_TRUE(all_read.WaitForNotificationWithTimeout(kPatience));
  EXPECT_EQ(versions.back(), 1000);
  EXPECT_LT(versions.size(), 1000);
  EXPECT_TRUE(std::is_sorted(versions.begin(), versions.end()));
}

TEST_F(CoordinatorClientTest, SaysWhyThereIsNoConnection) {
  Connect("127.0.0.1:1", plaintext_);
  const absl::Status why = events_.AwaitDisconnected();
  EXPECT_TRUE(absl::IsUnavailable(why)) << why;
  EXPECT_THAT(std::string(why.message()), HasSubstr("127.0.0.1:1"));
  OnLoop([this] { client_->Send(Batch(1, 10)); });  // lost, harmless
}

TEST_F(CoordinatorClientTest, HearsWhenTheCoordinatorEndsTheStream) {
  Server server(plaintext_, [](grpc::ServerContext*, ServerStream* stream) {
    Write(stream, Refusal{RefusalReason::kTooManyAgents, "full house"});
    return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "go away");
  });
  Connect(server.address(), plaintext_);
  EXPECT_EQ(std::get<Refusal>(events_.AwaitMessage(0)).message, "full house");
  const absl::Status why = events_.AwaitDisconnected();
  EXPECT_TRUE(absl::IsPermissionDenied(why)) << why;
  OnLoop([] {});
  EXPECT_EQ(events_.disconnections(), 1);
}

TEST_F(CoordinatorClientTest, AMessageThatIsNoneEndsTheConnection) {
  Server server(plaintext_, [](grpc::ServerContext*, ServerStream* stream) {
    stream->Write(v1::CoordinatorMessage());
    AgentMessage message;
    EXPECT_FALSE(Read(stream, &message));
    return grpc::Status::OK;
  });
  Connect(server.address(), plaintext_);
  EXPECT_THAT(std::string(events_.AwaitDisconnected().message()),
              HasSubstr("from the coordinator"));
}

TEST_F(CoordinatorClientTest, ConnectsAgainAndAgain) {
  Server server(plaintext_, [](grpc::ServerContext*, ServerStream* stream) {
    AgentMessage message;
    if (Read(stream, &message)) {
      Write(stream, Ack{"spool", std::get<RecordBatch>(message).first_sequence});
    }
    Read(stream, &message);
    return grpc::Status::OK;
  });
  Connect(server.address(), plaintext_);
  for (size_t i = 0; i < 20; ++i) {
    Send(Batch(i + 1, 10));
    EXPECT_EQ(std::get<Ack>(events_.AwaitMessage(i)).through_sequence, i + 1);
    OnLoop([this] { client_->Connect(&events_); });  // closes the one before
  }
  EXPECT_EQ(events_.disconnections(), 0);
}

TEST_F(CoordinatorClientTest, IsDestroyedUnderWay) {
  absl::Notification over;
  Server server(plaintext_, [&over](grpc::ServerContext*, ServerStream* stream) {
    AgentMessage message;
    while (Read(stream, &message)) {
    }
    over.Notify();
    return grpc::Status::OK;
  });
  Connect(server.address(), plaintext_);
  for (uint64_t i = 1; i <= 8; ++i) Send(Batch(i, limits::kMaxBatchBytes - 200'000));
  OnLoop([this] { client_ = nullptr; });
  EXPECT_TRUE(over.WaitForNotificationWithTimeout(kPatience));
}

// ---- with certificates

class TlsTest : public CoordinatorClientTest {
 protected:
  TlsTest() : directory_(::testing::TempDir() + "coordinator_client_test") {
    std::filesystem::create_directories(directory_);
    authority_ = *MakeAuthority("test fleet", absl::Hours(24), absl::Now());
    server_tls_ = Issue(authority_, "coordinator", "main");
  }
  ~TlsTest() override { std::filesystem::remove_all(directory_); }

  std::string WriteFile(const std::string& name, const std::string& text) {
    const std::string path = directory_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  TlsFiles Issue(const KeyAndCertificate& authority, const std::string& role,
                 const std::string& name) {
    CertificateRequest request;
    request.identity = {role, name};
    if (role == "coordinator") request.addresses = {"127.0.0.1"};
    request.validity = absl::Hours(1);
    const auto issued = IssueCertificate(authority, request, absl::Now());
    EXPECT_TRUE(issued.ok()) << issued.status();
    TlsFiles files;
    files.ca = WriteFile("ca.pem", authority_.certificate_pem);
    files.certificate = WriteFile(name + ".pem", issued->certificate_pem);
    files.key = WriteFile(name + ".key", issued->key_pem);
    return files;
  }

  const std::string directory_;
  KeyAndCertificate authority_;
  TlsFiles server_tls_;
};

TEST_F(TlsTest, IsKnownByTheNameInItsCertificate) {
  Server server(server_tls_, [](grpc::ServerContext* context, ServerStream* stream) {
    const auto peer = PeerOf(*context->auth_context());
    Write(stream, Welcome{1, peer->role + "/" + peer->name, "", absl::Seconds(1), 0, ""});
    AgentMessage message;
    Read(stream, &message);
    return grpc::Status::OK;
  });
  Connect(server.address(), Issue(authority_, "agent", "alpha"));
  EXPECT_EQ(std::get<Welcome>(events_.AwaitMessage(0)).coordinator_id, "agent/alpha");
}

TEST_F(TlsTest, AStrangersCertificateIsNotLetIn) {
  Server server(server_tls_, [](grpc::ServerContext*, ServerStream*) {
    ADD_FAILURE() << "somebody got in";
    return grpc::Status::OK;
  });
  const auto stranger = *MakeAuthority("another fleet", absl::Hours(24), absl::Now());
  Connect(server.address(), Issue(stranger, "agent", "mallory"));
  EXPECT_FALSE(events_.AwaitDisconnected().ok());
}

TEST_F(TlsTest, ACertificateThatIsTakenAwayIsAFailedAttempt) {
  const TlsFiles files = Issue(authority_, "agent", "alpha");
  auto client = CoordinatorClient::Create("127.0.0.1:1", files, &loop_);
  ASSERT_TRUE(client.ok());
  client_ = *std::move(client);
  std::filesystem::remove(files.key);
  OnLoop([this] { client_->Connect(&events_); });
  EXPECT_THAT(std::string(events_.AwaitDisconnected().message()), HasSubstr("alpha.key"));
}

TEST_F(TlsTest, WhatCannotWorkIsSaidBeforeDialling) {
  TlsFiles files = Issue(authority_, "agent", "alpha");
  files.certificate = directory_ + "/none.pem";
  EXPECT_THAT(
      std::string(CoordinatorClient::Create("127.0.0.1:1", files, &loop_).status().message()),
      HasSubstr("none.pem"));
  EXPECT_THAT(
      std::string(CoordinatorClient::Create("192.0.2.1:1", plaintext_, &loop_).status().message()),
      HasSubstr("loopback"));
}

}  // namespace
}  // namespace benchfleet
