#include "agent/metrics.h"

#include <prometheus/client_metric.h>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "agent/session.h"
#include "base/status.h"
#include "base/version.h"

namespace benchfleet {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Family(const char* name, const char* help, MetricType type) {
  MetricFamily family;
  family.name = std::string("benchfleet_agent_") + name;
  family.help = help;
  family.type = type;
  return family;
}

void Add(MetricFamily* family, double value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  (family->type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  family->metric.push_back(std::move(metric));
}

MetricFamily Single(const char* name, const char* help, MetricType type, uint64_t value) {
  MetricFamily family = Family(name, help, type);
  Add(&family, static_cast<double>(value));
  return family;
}

// Asks the session at every scrape: nothing is counted twice, nothing is kept.
class SessionMetrics : public prometheus::Collectable {
 public:
  SessionMetrics(TaskLoop* loop, const AgentSession* session) : loop_(loop), session_(session) {}

  std::vector<MetricFamily> Collect() const override {
    AgentStatistics now;
    absl::Notification answered;
    loop_->Post([&] {
      now = session_->statistics();
      answered.Notify();
    });
    answered.WaitForNotification();
    MetricFamily finished =
        Family("runs_finished_total", "Runs that ended, by outcome.", MetricType::Counter);
    for (const auto& [outcome, count] : now.runs_finished) {
      Add(&finished, static_cast<double>(count), {{"outcome", std::string(OutcomeName(outcome))}});
    }
    MetricFamily build = Family("build_info", "Always 1.", MetricType::Gauge);
    Add(&build, 1, {{"version", kVersion}});
    return {
        Single("connected", "1 while the coordinator has welcomed this agent.", MetricType::Gauge,
               now.online ? 1 : 0),
        Single("connections_total", "Welcomes received.", MetricType::Counter, now.connections),
        Single("refusals_total", "Refusals received.", MetricType::Counter, now.refusals),
        Single("runs_active", "Runs that are going on.", MetricType::Gauge, now.runs_active),
        Single("runs_started_total", "Runs started.", MetricType::Counter, now.runs_started),
        Single("samples_total", "Samples taken into the spool.", MetricType::Counter, now.samples),
        Single("batches_sent_total", "Batches of records sent, repeated ones included.",
               MetricType::Counter, now.batches_sent),
        Single("records_acked_total", "Records that the coordinator has made durable.",
               MetricType::Counter, now.records_acked),
        Single("spool_bytes", "Records that wait for the coordinator.", MetricType::Gauge,
               now.spool_bytes),
        Single("spool_limit_bytes", "At this size no new run is started.", MetricType::Gauge,
               now.spool_limit_bytes),
        std::move(finished),
        std::move(build),
    };
  }

 private:
  TaskLoop* const loop_;
  const AgentSession* const session_;
};

}  // namespace

class MetricsServer::Impl {
 public:
  Impl(const std::string& address, TaskLoop* loop, const AgentSession* session)
      : metrics_(std::make_shared<SessionMetrics>(loop, session)), exposer_(address, 1) {
    exposer_.RegisterCollectable(metrics_);
  }

 private:
  const std::shared_ptr<SessionMetrics> metrics_;
  prometheus::Exposer exposer_;
};

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(const std::string& address,
                                                                    TaskLoop* loop,
                                                                    const AgentSession* session) {
  try {
    auto impl = std::make_unique<Impl>(address, loop, session);
    return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
  } catch (const std::exception& error) {
    return absl::UnavailableError(
        absl::StrFormat("--metrics-address: cannot listen on '%s': %s", address, error.what()));
  }
}

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsServer::~MetricsServer() = default;

}  // namespace benchfleet
