#include "workloads/plugin_workload.h"

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/status.h"
#include "workloads/plugin_library.h"

namespace benchfleet {
namespace {

constexpr size_t kErrorBytes = 1024;
constexpr size_t kFactsMax = 64;

// Room for a plug-in's reason, ended by NUL whatever the plug-in writes.
class ErrorText {
 public:
  char* data() { return text_.data(); }
  static constexpr size_t size() { return kErrorBytes; }

  absl::Status ToStatus(int result) {
    if (result == BENCHFLEET_OK) return absl::OkStatus();
    text_.back() = '\0';
    const std::string text =
        text_[0] != '\0' ? text_.data() : absl::StrFormat("it returned %d and no reason", result);
    switch (result) {
      case BENCHFLEET_INVALID:
        return absl::DataLossError(text);
      case BENCHFLEET_NOT_STARTED:
        return absl::NotFoundError(text);
      default:
        return absl::InternalError(text);
    }
  }

 private:
  std::array<char, kErrorBytes> text_{};
};

class PluginWorkload final : public Workload {
 public:
  PluginWorkload(std::string library_path, WorkloadDescription description)
      : library_path_(std::move(library_path)), description_(std::move(description)) {}

  absl::Status Configure(const Parameters& parameters) override {
    BF_ASSIGN_OR_RETURN(const PluginLibrary library, PluginLibrary::Open(library_path_));
    BF_ASSIGN_OR_RETURN(workload_, library.Find(description_.name));
    metrics_ = PluginMetrics(*workload_);
    for (const ParameterDescription& parameter : description_.parameters) {
      names_.push_back(parameter.name);
      values_.push_back(parameters.Text(parameter.name));
    }
    return absl::OkStatus();
  }

  absl::Status SetUp(const RunContext& context) override {
    std::vector<const char*> names;
    std::vector<const char*> values;
    for (const std::string& name : names_) names.push_back(name.c_str());
    for (const std::string& value : values_) values.push_back(value.c_str());
    const benchfleet_context given = {
        sizeof given, names.size(), names.data(), values.data(), context.scratch_dir.c_str(),
        context.seed};
    ErrorText error;
    const int result = workload_->set_up(&given, &state_, error.data(), error.size());
    set_up_ = result == BENCHFLEET_OK;
    return error.ToStatus(result);
  }

  std::vector<Metric> Metrics() const override {
    std::vector<Metric> metrics = metrics_;
    for (size_t i = 0; i < metrics.size(); ++i) {
      if (!metrics[i].derived_from.empty() && BF_PLUGIN_HAS(*workload_, numerator)) {
        metrics[i].numerator = workload_->numerator(state_, i);
      }
    }
    return metrics;
  }

  absl::Status Run(uint64_t iterations) override {
    const int result = workload_->run(state_, iterations, error_.data(), error_.size());
    return error_.ToStatus(result);
  }

  bool self_timed() const override { return workload_->run_once != nullptr; }

  absl::Status RunOnce(Iteration& iteration) override {
    Recording recording{&iteration, &metrics_};
    const benchfleet_recorder recorder = {sizeof recorder, &recording, Recording::NowNs,
                                          Recording::Add};
    const int result = workload_->run_once(state_, &recorder, error_.data(), error_.size());
    return error_.ToStatus(result);
  }

  absl::Status Validate() override {
    if (!BF_PLUGIN_HAS(*workload_, validate)) return absl::OkStatus();
    return error_.ToStatus(workload_->validate(state_, error_.data(), error_.size()));
  }

  absl::Status TearDown() override {
    if (set_up_ && BF_PLUGIN_HAS(*workload_, tear_down)) workload_->tear_down(state_);
    return absl::OkStatus();
  }

  StringMap Facts() const override {
    StringMap facts = {{"plugin.version", description_.version}};
    if (!set_up_ || !BF_PLUGIN_HAS(*workload_, fact)) return facts;
    for (size_t i = 0; i < kFactsMax; ++i) {
      const char* name = nullptr;
      const char* value = workload_->fact(state_, i, &name);
      if (value == nullptr || name == nullptr) break;
      facts[name] = value;
    }
    return facts;
  }

 private:
  // What a plug-in's recorder leads to during one run_once.
  struct Recording {
    Iteration* iteration;
    const std::vector<Metric>* metrics;

    static int64_t NowNs(void* handle) {
      return static_cast<Recording*>(handle)->iteration->NowNs();
    }
    static void Add(void* handle, size_t metric, double value) {
      auto* self = static_cast<Recording*>(handle);
      const bool known = metric < self->metrics->size();
      self->iteration->Add(
          known ? (*self->metrics)[metric].name : absl::StrFormat("number %d", metric), value);
    }
  };

  const std::string library_path_;
  const WorkloadDescription description_;
  const benchfleet_workload* workload_ = nullptr;
  std::vector<Metric> metrics_;
  std::vector<std::string> names_;
  std::vector<std::string> values_;
  void* state_ = nullptr;
  bool set_up_ = false;
  ErrorText error_;
};

}  // namespace

std::unique_ptr<Workload> MakePluginWorkload(std::string library_path,
                                             WorkloadDescription description) {
  return std::make_unique<PluginWorkload>(std::move(library_path), std::move(description));
}

}  // namespace benchfleet
