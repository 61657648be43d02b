#include <grpcpp/grpcpp.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "base/task_loop.h"
#include "base/version.h"
#include "coordinator/agent_port.h"
#include "coordinator/control_port.h"
#include "coordinator/coordinator.h"
#include "coordinator/fleet.h"
#include "coordinator/http.h"
#include "coordinator/metrics.h"
#include "coordinator/scheduler.h"
#include "storage/sqlite_store.h"
#include "storage/store_queue.h"

namespace benchfleet {
namespace {

constexpr absl::Duration kStoreStatisticsInterval = absl::Seconds(5);
constexpr absl::Duration kHealthInterval = absl::Seconds(1);
// A loop or storage thread that has not turned for this long is called unhealthy.
constexpr absl::Duration kUnhealthyAfter = absl::Seconds(30);
constexpr absl::Duration kShutdownGrace = absl::Seconds(2);

}  // namespace

class Coordinator::Impl {
 public:
  Impl(const Options& options, StopSignal* stop)
      : options_(options), stop_(stop), loop_("bf-core"), last_beat_(absl::Now()) {}

  absl::Status Start() {
    BF_ASSIGN_OR_RETURN(store_, OpenSqliteStore(options_.data_dir));
    store_thread_ = std::make_unique<StoreThread>(
        store_.get(), &loop_, StoreThreadMetrics{[this](size_t works, absl::Duration took) {
          metrics_.ObserveCommit(works, took);
        }});
    const auto on_failure = [this](const absl::Status& status) { Fail(status); };
    Fleet::Options fleet_options;
    fleet_options.heartbeat_interval = options_.heartbeat_interval;
    fleet_options.check_names = !options_.tls.insecure_plaintext;
    fleet_ =
        std::make_unique<Fleet>(fleet_options, &loop_, store_thread_.get(), &metrics_, on_failure);
    Scheduler::Options scheduler_options;
    scheduler_options.lease = options_.lease;
    scheduler_ = std::make_unique<Scheduler>(scheduler_options, &loop_, store_thread_.get(),
                                             fleet_.get(), &metrics_, on_failure);
    BF_RETURN_IF_ERROR(LoadState());
    loop_.Start();
    store_thread_->Start();
    loop_.Post([this] { Beat(); });
    loop_.Post([this] { RefreshStoreStatistics(); });
    BF_RETURN_IF_ERROR(Listen());
    return ServeHttp();
  }

  absl::Status Run() {
    NotifyServiceManager("READY=1");
    LogInfo("coordinator %s: agents and benchctl on %s%s, http://%s, store %s", kVersion,
            options_.listen, options_.tls.insecure_plaintext ? " (PLAINTEXT)" : "", http_address_,
            SqliteFile(options_.data_dir));
    stop_->Wait();
    NotifyServiceManager("STOPPING=1");
    LogInfo("coordinator stops");
    const std::lock_guard<std::mutex> lock(failure_mutex_);
    return failure_;
  }

  ~Impl() {
    // civetweb takes up to two seconds to stop: beside gRPC, not after it.
    std::thread http_stop([this] { http_.reset(); });
    if (server_ != nullptr) server_->Shutdown(absl::ToChronoTime(absl::Now() + kShutdownGrace));
    server_.reset();
    http_stop.join();
    if (store_thread_ != nullptr) store_thread_->Stop();
    loop_.Stop();
  }

 private:
  // Before any thread runs: the store is read here directly.
  absl::Status LoadState() {
    BF_ASSIGN_OR_RETURN(StoreIdentity identity, store_->Identity());
    BF_ASSIGN_OR_RETURN(std::vector<StoredHost> hosts, store_->Hosts());
    BF_ASSIGN_OR_RETURN(std::vector<OpenJob> jobs, store_->OpenJobs());
    BF_ASSIGN_OR_RETURN(const Store::MaxIds largest, store_->LargestIds());
    fleet_->Load(std::move(identity), std::move(hosts), scheduler_.get());
    scheduler_->Load(std::move(jobs), largest);
    return absl::OkStatus();
  }

  absl::Status Listen() {
    agent_port_ = std::make_unique<AgentPort>(&loop_, fleet_.get());
    control_port_ =
        std::make_unique<ControlPort>(&loop_, fleet_.get(), scheduler_.get(), store_thread_.get());
    BF_ASSIGN_OR_RETURN(auto credentials, ListenCredentials(options_.listen, options_.tls));
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(options_.listen, credentials, &port);
    builder.RegisterService(agent_port_->service());
    builder.RegisterService(control_port_->service());
    ConfigureServer(&builder);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      return absl::UnavailableError(
          absl::StrFormat("cannot listen on %s (is the port taken? choose another with --listen)",
                          options_.listen));
    }
    if (options_.listen.ends_with(":0")) {
      options_.listen =
          options_.listen.substr(0, options_.listen.size() - 1) + std::to_string(port);
    }
    return absl::OkStatus();
  }

  absl::Status ServeHttp() {
    if (options_.http.empty()) return absl::OkStatus();
    std::map<std::string, HttpPage> pages;
    pages["/healthz"] = [this] { return Health(); };
    pages["/metrics"] = [this] {
      return HttpReply{200, "text/plain; version=0.0.4; charset=utf-8", metrics_.Text()};
    };
    pages["/"] = [] {
      return HttpReply{
          200, "text/plain; charset=utf-8",
          absl::StrFormat("Benchfleet coordinator %s\n\n/healthz  is it well?\n/metrics  "
                          "for Prometheus\n\nJobs and results: benchctl --help\n",
                          kVersion)};
    };
    BF_ASSIGN_OR_RETURN(http_, HttpServer::Start(options_.http, std::move(pages)));
    http_address_ =
        options_.http.substr(0, options_.http.rfind(':') + 1) + std::to_string(http_->port());
    return absl::OkStatus();
  }

  HttpReply Health() {
    const std::lock_guard<std::mutex> lock(failure_mutex_);
    const bool stuck = absl::Now() - last_beat_.load() > kUnhealthyAfter;
    if (!failure_.ok()) return {503, "text/plain; charset=utf-8", Message(failure_) + "\n"};
    if (stuck) return {503, "text/plain; charset=utf-8", "the core or the store is stuck\n"};
    return {200, "text/plain; charset=utf-8", "ok\n"};
  }

  // Through the loop and the storage thread and back: both are alive when the beat is fresh.
  void Beat() {
    store_thread_->Submit([](Store&) { return absl::OkStatus(); },
                          [this](const absl::Status&) {
                            last_beat_ = absl::Now();
                            loop_.PostAfter(kHealthInterval, [this] { Beat(); });
                          });
  }

  void RefreshStoreStatistics() {
    store_thread_->Submit(
        [this](Store& store) -> absl::Status {
          BF_ASSIGN_OR_RETURN(const StoreStatistics statistics, store.Statistics());
          metrics_.SetStore(statistics.file_bytes, statistics.samples);
          BF_ASSIGN_OR_RETURN(const auto selftest, store.NewestSelftest());
          if (selftest) metrics_.SetSelftest(*selftest);
          return absl::OkStatus();
        },
        [this](const absl::Status&) {
          loop_.PostAfter(kStoreStatisticsInterval, [this] { RefreshStoreStatistics(); });
        });
  }

  // The store cannot be written: nothing can be acked any more. Agents keep what they have.
  void Fail(const absl::Status& status) {
    {
      const std::lock_guard<std::mutex> lock(failure_mutex_);
      if (!failure_.ok()) return;
      failure_ = status;
    }
    LogError(
        "the store cannot be written, so the coordinator stops: %s; what was acked is safe, agents "
        "keep the rest",
        Message(status));
    stop_->Trigger();
  }

  Options options_;
  StopSignal* const stop_;
  CoordinatorMetrics metrics_;
  ThreadLoop loop_;
  std::atomic<absl::Time> last_beat_;
  std::mutex failure_mutex_;
  absl::Status failure_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<StoreThread> store_thread_;
  std::unique_ptr<Fleet> fleet_;
  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<AgentPort> agent_port_;
  std::unique_ptr<ControlPort> control_port_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<HttpServer> http_;
  std::string http_address_ = "(off)";
};

Coordinator::Coordinator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Coordinator::~Coordinator() = default;

absl::StatusOr<std::unique_ptr<Coordinator>> Coordinator::Start(const Options& options,
                                                                StopSignal* stop) {
  Options absolute = options;  // a person who reads it in a log should find it
  std::error_code error;
  absolute.data_dir = std::filesystem::absolute(options.data_dir, error).lexically_normal();
  auto coordinator =
      std::unique_ptr<Coordinator>(new Coordinator(std::make_unique<Impl>(absolute, stop)));
  BF_RETURN_IF_ERROR(coordinator->impl_->Start());
  return coordinator;
}

absl::Status Coordinator::Run() { return impl_->Run(); }

}  // namespace benchfleet
