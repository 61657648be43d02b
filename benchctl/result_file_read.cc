#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "adapters/json_sniff.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"
#include "benchctl/foreign_results.h"
#include "benchctl/job_file.h"
#include "benchctl/result_file.h"
#include "benchctl/result_json.h"
#include "proto/chunk.h"

namespace benchfleet {
namespace {

// The value that a name stands for, by trying all of them: the reverse of StateName and such.
template <typename Enum, typename NameOf>
absl::Status ReadName(const JsonNode& node, int last, NameOf name_of, Enum* to) {
  std::string name;
  BF_RETURN_IF_ERROR(node.Read(&name));
  std::vector<std::string> names;
  for (int i = 0; i <= last; ++i) {
    names.emplace_back(name_of(static_cast<Enum>(i)));
    if (names.back() == name) {
      *to = static_cast<Enum>(i);
      return absl::OkStatus();
    }
  }
  std::string list;
  for (const std::string& one : names) list += (list.empty() ? "" : ", ") + one;
  return node.Refuse("one of " + list + DidYouMean(name, names));
}

absl::Status ReadConditions(const JsonNode& node, ConditionValues* to) {
  BF_RETURN_IF_ERROR(node.CheckObject());
  BF_RETURN_IF_ERROR(node.Get("values", &to->values));
  BF_RETURN_IF_ERROR(node.Get("boot_id", &to->boot_id));
  BF_RETURN_IF_ERROR(node.Get("quiet", &to->quiet));
  return node.Get("quiet_reason", &to->quiet_reason);
}

absl::Status ReadUsage(const JsonNode& node, ResourceUsage* to) {
  BF_RETURN_IF_ERROR(node.CheckObject());
  BF_RETURN_IF_ERROR(node.Get("wall_ns", &to->wall_ns));
  BF_RETURN_IF_ERROR(node.Get("user_ns", &to->user_ns));
  BF_RETURN_IF_ERROR(node.Get("system_ns", &to->system_ns));
  BF_RETURN_IF_ERROR(node.Get("max_rss_bytes", &to->max_rss_bytes));
  BF_RETURN_IF_ERROR(node.Get("minor_faults", &to->minor_faults));
  BF_RETURN_IF_ERROR(node.Get("major_faults", &to->major_faults));
  BF_RETURN_IF_ERROR(node.Get("voluntary_switches", &to->voluntary_switches));
  BF_RETURN_IF_ERROR(node.Get("involuntary_switches", &to->involuntary_switches));
  return node.Get("cgroup", &to->cgroup);
}

absl::Status ReadMetric(const JsonNode& node, RunResult* run) {
  Metric metric;
  BF_RETURN_IF_ERROR(node.GetNeeded("name", &metric.name));
  BF_RETURN_IF_ERROR(node.Get("unit", &metric.unit));
  if (node.Has("direction")) {
    BF_RETURN_IF_ERROR(ReadName(node.At("direction"), 3, DirectionName, &metric.direction));
  }
  BF_RETURN_IF_ERROR(node.Get("derived_from", &metric.derived_from));
  BF_RETURN_IF_ERROR(node.Get("numerator", &metric.numerator));
  run->metrics.push_back(std::move(metric));
  return absl::OkStatus();
}

absl::Status ReadSummary(const JsonNode& node, RunResult* run) {
  MetricSummary summary;
  BF_RETURN_IF_ERROR(node.GetNeeded("metric", &summary.metric));
  BF_RETURN_IF_ERROR(node.GetNeeded("count", &summary.count));
  BF_RETURN_IF_ERROR(node.Get("min", &summary.min));
  BF_RETURN_IF_ERROR(node.Get("max", &summary.max));
  BF_RETURN_IF_ERROR(node.Get("mean", &summary.mean));
  BF_RETURN_IF_ERROR(node.Get("stddev", &summary.stddev));
  BF_RETURN_IF_ERROR(node.Get("median", &summary.median));
  BF_RETURN_IF_ERROR(node.Get("p95", &summary.p95));
  BF_RETURN_IF_ERROR(node.Get("p99", &summary.p99));
  BF_RETURN_IF_ERROR(node.Get("aggregate_only", &summary.aggregate_only));
  run->summaries.push_back(std::move(summary));
  return absl::OkStatus();
}

// Packs values of one kind; a longer list than one chunk may hold becomes several.
template <typename Value, typename Encode>
void Pack(const std::vector<Value>& values, SampleChunk chunk, Encode encode,
          std::vector<SampleChunk>* chunks) {
  const bool fits = values.size() <= limits::kMaxSamplesPerChunk;
  const size_t step = fits ? std::max<size_t>(values.size(), 1) : limits::kSamplesPerChunk;
  const uint64_t first = chunk.first_index;
  for (size_t begin = 0; begin < values.size(); begin += step) {
    const size_t count = std::min(step, values.size() - begin);
    chunk.first_index = first + begin;
    chunk.count = static_cast<uint32_t>(count);
    chunk.payload = encode(std::span<const Value>(values).subspan(begin, count));
    chunks->push_back(chunk);
  }
}

template <typename Value>
absl::Status ReadValues(const JsonNode& node, std::vector<Value>* to) {
  BF_RETURN_IF_ERROR(node.CheckArray());
  to->reserve(node.size());
  size_t index = 0;
  for (const Json& json : node.json()) {
    const bool good = std::is_same_v<Value, double> ? json.is_number()
                      : json.is_number_unsigned()
                          ? json.get<uint64_t>() <= uint64_t{std::numeric_limits<int64_t>::max()}
                          : json.is_number_integer();
    if (!good) {
      return node.At(index).Refuse(std::is_same_v<Value, double> ? "a number" : "a whole number");
    }
    to->push_back(json.get<Value>());
    ++index;
  }
  return absl::OkStatus();
}

absl::Status ReadSamples(const JsonNode& node, RunData* run) {
  SampleChunk chunk;
  BF_RETURN_IF_ERROR(node.GetNeeded("metric", &chunk.metric));
  BF_RETURN_IF_ERROR(node.Get("first_index", &chunk.first_index));
  BF_RETURN_IF_ERROR(node.Get("operations", &chunk.operations));
  BF_RETURN_IF_ERROR(node.Get("warmup", &chunk.warmup));
  std::string type = "float64";
  BF_RETURN_IF_ERROR(node.Get("type", &type));
  BF_ASSIGN_OR_RETURN(const JsonNode values, node.Need("values"));
  if (chunk.operations == 0) return node.At("operations").Refuse("at least 1");
  if (type == "int64") {
    std::vector<int64_t> integers;
    BF_RETURN_IF_ERROR(ReadValues(values, &integers));
    chunk.encoding = Encoding::kDeltaVarint;
    Pack(integers, chunk, EncodeDeltaVarint, &run->chunks);
    return absl::OkStatus();
  }
  if (type != "float64") return node.At("type").Refuse("int64 or float64");
  std::vector<double> numbers;
  BF_RETURN_IF_ERROR(ReadValues(values, &numbers));
  chunk.encoding = Encoding::kFloat64;
  Pack(numbers, chunk, EncodeFloat64, &run->chunks);
  return absl::OkStatus();
}

// Each element of the list under `key`, where there is one.
template <typename Read>
absl::Status ForEach(const JsonNode& node, const char* key, Read read) {
  if (!node.Has(key)) return absl::OkStatus();
  const JsonNode list = node.At(key);
  BF_RETURN_IF_ERROR(list.CheckArray());
  for (size_t i = 0; i < list.size(); ++i) BF_RETURN_IF_ERROR(read(list.At(i)));
  return absl::OkStatus();
}

absl::Status ReadFinished(const JsonNode& node, RunFinished* finished) {
  BF_ASSIGN_OR_RETURN(const JsonNode outcome, node.Need("outcome"));
  BF_RETURN_IF_ERROR(
      ReadName(outcome, static_cast<int>(Outcome::kNotStarted), OutcomeName, &finished->outcome));
  BF_RETURN_IF_ERROR(node.Get("message", &finished->message));
  BF_RETURN_IF_ERROR(node.Get("started_at", &finished->started_at));
  BF_RETURN_IF_ERROR(node.Get("finished_at", &finished->finished_at));
  if (node.Has("usage")) BF_RETURN_IF_ERROR(ReadUsage(node.At("usage"), &finished->usage));
  if (node.Has("before")) BF_RETURN_IF_ERROR(ReadConditions(node.At("before"), &finished->before));
  if (node.Has("after")) BF_RETURN_IF_ERROR(ReadConditions(node.At("after"), &finished->after));
  BF_RETURN_IF_ERROR(node.Get("identity_digest", &finished->identity_digest));
  BF_RETURN_IF_ERROR(node.Get("state_digest", &finished->state_digest));
  BF_RETURN_IF_ERROR(node.Get("facts", &finished->facts));
  BF_RETURN_IF_ERROR(node.Get("sample_counts", &finished->sample_counts));
  BF_RETURN_IF_ERROR(node.Get("stdout_tail", &finished->stdout_tail));
  return node.Get("stderr_tail", &finished->stderr_tail);
}

absl::Status ReadMember(const JsonNode& node, RunResult* run) {
  TaskMember& member = run->members.emplace_back();
  BF_RETURN_IF_ERROR(node.GetNeeded("role", &member.role));
  return node.GetNeeded("host", &member.host);
}

absl::Status ReadRun(const JsonNode& node, JobResults* results) {
  BF_RETURN_IF_ERROR(node.CheckObject());
  RunData run;
  RunResult& r = run.result;
  r.finished.started_at = r.finished.finished_at = absl::InfinitePast();
  BF_RETURN_IF_ERROR(node.GetNeeded("run", &r.run.value));
  BF_RETURN_IF_ERROR(node.Get("task", &r.task.value));
  BF_RETURN_IF_ERROR(node.GetNeeded("host", &r.host));
  BF_RETURN_IF_ERROR(node.GetNeeded("workload", &r.workload));
  BF_RETURN_IF_ERROR(node.Get("parameters", &r.parameters));
  BF_RETURN_IF_ERROR(node.Get("role", &r.role));
  BF_RETURN_IF_ERROR(
      ForEach(node, "members", [&](const JsonNode& one) { return ReadMember(one, &r); }));
  BF_RETURN_IF_ERROR(node.Get("repetition", &r.repetition));
  BF_RETURN_IF_ERROR(node.Get("attempt", &r.attempt));
  BF_ASSIGN_OR_RETURN(const JsonNode state, node.Need("state"));
  BF_RETURN_IF_ERROR(ReadName(state, static_cast<int>(State::kCancelled), StateName, &r.state));
  BF_RETURN_IF_ERROR(ReadFinished(node, &r.finished));
  BF_RETURN_IF_ERROR(
      ForEach(node, "metrics", [&](const JsonNode& metric) { return ReadMetric(metric, &r); }));
  BF_RETURN_IF_ERROR(
      ForEach(node, "summaries", [&](const JsonNode& one) { return ReadSummary(one, &r); }));
  BF_RETURN_IF_ERROR(
      ForEach(node, "samples", [&](const JsonNode& one) { return ReadSamples(one, &run); }));
  results->runs.push_back(std::move(run));
  return absl::OkStatus();
}

absl::Status ReadJob(const JsonNode& node, JobResult* to) {
  BF_RETURN_IF_ERROR(node.CheckObject());
  JobStatus& s = to->status;
  BF_RETURN_IF_ERROR(node.Get("id", &s.job.value));
  BF_RETURN_IF_ERROR(node.Get("name", &s.name));
  BF_RETURN_IF_ERROR(node.Get("revision", &s.revision));
  if (node.Has("state")) {
    BF_RETURN_IF_ERROR(
        ReadName(node.At("state"), static_cast<int>(State::kCancelled), StateName, &s.state));
  }
  BF_RETURN_IF_ERROR(node.Get("message", &s.message));
  BF_RETURN_IF_ERROR(node.Get("submitted_by", &s.submitted_by));
  int64_t priority = 0;
  BF_RETURN_IF_ERROR(node.Get("priority", &priority));
  s.priority = static_cast<int32_t>(std::clamp<int64_t>(priority, INT32_MIN, INT32_MAX));
  BF_RETURN_IF_ERROR(node.Get("created_at", &s.created_at));
  BF_RETURN_IF_ERROR(node.Get("started_at", &s.started_at));
  BF_RETURN_IF_ERROR(node.Get("finished_at", &s.finished_at));
  if (!node.Has("spec")) return absl::OkStatus();
  const absl::StatusOr<JobSpec> spec = JobSpecFromJson(node.At("spec").json().dump());
  if (!spec.ok()) return Annotate(spec.status(), node.At("spec").path());
  to->spec = *spec;
  return absl::OkStatus();
}

absl::Status ReadHost(const JsonNode& node, JobResult* job) {
  HostStatus host;
  BF_RETURN_IF_ERROR(node.GetNeeded("name", &host.name));
  BF_RETURN_IF_ERROR(node.Get("labels", &host.labels));
  BF_RETURN_IF_ERROR(node.Get("agent_version", &host.agent_version));
  HostFingerprint& print = host.fingerprint;
  BF_RETURN_IF_ERROR(node.Get("identity_digest", &print.identity_digest));
  BF_RETURN_IF_ERROR(node.Get("state_digest", &print.state_digest));
  BF_RETURN_IF_ERROR(node.Get("host_digest", &print.host_digest));
  BF_RETURN_IF_ERROR(node.Get("identity_json", &print.identity_json));
  BF_RETURN_IF_ERROR(node.Get("state_json", &print.state_json));
  BF_RETURN_IF_ERROR(node.Get("fingerprint", &print.fields));
  job->hosts.push_back(std::move(host));
  return absl::OkStatus();
}

absl::Status ReadMachine(const JsonNode& node, JobResult* job) {
  HostStatus host;
  BF_RETURN_IF_ERROR(node.GetNeeded("id", &host.name));
  const JsonNode id = node.At("id");
  if (host.name.empty() || host.name.size() > limits::kMaxNameBytes) {
    return id.Refuse("a name of 1 to 200 bytes");
  }
  StringMap& fields = host.fingerprint.fields;
  BF_RETURN_IF_ERROR(node.Get("os", &fields["os"]));
  BF_RETURN_IF_ERROR(node.Get("cpu", &fields["cpu.model_name"]));
  uint64_t cores = 0;
  double memory = 0;
  BF_RETURN_IF_ERROR(node.Get("cores", &cores));
  BF_RETURN_IF_ERROR(node.Get("memory_gb", &memory));
  if (cores > 0) fields["cpu.cores"] = absl::StrFormat("%d", cores);
  if (memory > 0) fields["memory.total_gib"] = absl::StrFormat("%g", memory);
  std::erase_if(fields, [](const auto& field) { return field.second.empty(); });
  SetForeignIdentity(&host);
  job->hosts.push_back(std::move(host));
  return absl::OkStatus();
}

// One plain row: a run without samples, of which the moments are known.
absl::Status ReadBenchmark(const JsonNode& node, absl::Time at, std::set<std::string>* names,
                           JobResults* results) {
  RunData run;
  RunResult& r = run.result;
  MetricSummary summary;
  summary.metric = "latency";
  summary.aggregate_only = true;
  BF_RETURN_IF_ERROR(node.GetNeeded("name", &r.workload));
  if (r.workload.empty() || r.workload.size() > limits::kMaxNameBytes) {
    return node.At("name").Refuse("a name of 1 to 200 bytes");
  }
  if (!names->insert(r.workload).second) {
    return node.At("name").Refuse("a name that no other benchmark here has");
  }
  BF_RETURN_IF_ERROR(node.GetNeeded("iterations", &summary.count));
  if (summary.count == 0) return node.At("iterations").Refuse("at least 1");
  for (const auto& [key, value] :
       {std::pair{"mean_ms", &summary.mean}, std::pair{"min_ms", &summary.min},
        std::pair{"max_ms", &summary.max}, std::pair{"std_dev_ms", &summary.stddev}}) {
    BF_RETURN_IF_ERROR(node.GetNeeded(key, value));
    if (*value < 0) return node.At(key).Refuse("a time that is not negative");
    *value *= 1e6;
  }
  // A mean is printed with fewer digits than min and max have: a little slack.
  const double slack = 1e-6 * summary.max;
  if (summary.mean < summary.min - slack || summary.mean > summary.max + slack) {
    return node.At("mean_ms").Refuse("a time between min_ms and max_ms");
  }
  const uint64_t number = results->runs.size() + 1;
  r.run = RunId{number};
  r.task = TaskId{number};
  const HostStatus& host = results->job.hosts.front();
  r.host = host.name;
  r.finished.identity_digest = host.fingerprint.identity_digest;
  r.state = State::kDone;
  r.finished.outcome = Outcome::kOk;
  r.finished.started_at = r.finished.finished_at = at;
  r.metrics = {{"latency", "ns", Direction::kLowerIsBetter, "", 0}};
  r.summaries = {summary};
  results->runs.push_back(std::move(run));
  return absl::OkStatus();
}

absl::Status ReadPlain(const JsonNode& root, JobResults* results) {
  BF_ASSIGN_OR_RETURN(const JsonNode machine, root.Need("machine"));
  BF_RETURN_IF_ERROR(ReadMachine(machine, &results->job));
  absl::Time at = absl::InfinitePast();
  BF_RETURN_IF_ERROR(root.GetNeeded("timestamp", &at));
  JobStatus& status = results->job.status;
  status.created_at = status.started_at = status.finished_at = at;
  std::set<std::string> names;
  return ForEach(root, "benchmarks",
                 [&](const JsonNode& node) { return ReadBenchmark(node, at, &names, results); });
}

absl::Status ReadDocument(const JsonNode& root, const std::string& file, JobResults* results) {
  BF_RETURN_IF_ERROR(root.CheckObject());
  std::string version;
  BF_RETURN_IF_ERROR(root.GetNeeded("version", &version));
  if (version != "1" && version.compare(0, 2, "1.") != 0) {
    return root.At("version").Refuse("\"1.0\" or another 1.x");
  }
  if (root.Has("runs")) {
    if (root.Has("job")) BF_RETURN_IF_ERROR(ReadJob(root.At("job"), &results->job));
    BF_RETURN_IF_ERROR(ForEach(
        root, "hosts", [&](const JsonNode& node) { return ReadHost(node, &results->job); }));
    BF_RETURN_IF_ERROR(
        ForEach(root, "runs", [&](const JsonNode& node) { return ReadRun(node, results); }));
  } else if (root.Has("benchmarks")) {
    BF_RETURN_IF_ERROR(ReadPlain(root, results));
  } else {
    return absl::InvalidArgumentError(
        "the document has neither 'benchmarks' nor 'runs': it is no file of results");
  }
  if (results->runs.empty()) return absl::InvalidArgumentError("the document has no results in it");
  JobStatus& status = results->job.status;
  if (status.name.empty()) status.name = std::filesystem::path(file).stem().string();
  if (!IsFinal(status.state)) status.state = State::kDone;
  results->job.spec.name = status.name;
  results->job.source = std::filesystem::path(file).filename().string();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JobResults> ParseResultJson(const std::string& text, const std::string& file) {
  // Before it is parsed: what it would take in memory, and how deep it is.
  const absl::Status bounded = CheckJson(
      text,
      {limits::kMaxResultFileNumbers, limits::kMaxForeignJsonValues, limits::kMaxForeignJsonDepth});
  if (absl::IsResourceExhausted(bounded)) return Annotate(bounded, file);
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(
                                        std::min(error.byte > 0 ? error.byte - 1 : 0, text.size()));
    const auto line = 1 + std::count(text.begin(), end, '\n');
    const size_t begin = text.rfind('\n', static_cast<size_t>(end - text.begin()));
    return absl::InvalidArgumentError(
        absl::StrFormat("%s:%d: not JSON%s", file, line,
                        begin == std::string::npos && text.empty() ? " (the file is empty)" : ""));
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: %s", file, Printable(error.what())));
  }
  JobResults results;
  const absl::Status read = ReadDocument(JsonNode(json, ""), file, &results);
  if (!read.ok()) return Annotate(read, file);
  return results;
}

absl::StatusOr<JobResults> ReadResultFile(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return ErrnoError(error.value(), absl::StrFormat("opening '%s'", path));
  if (size > kMaxResultFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s has %d MiB, expected at most %d (split it)", path, size >> 20,
                        kMaxResultFileBytes >> 20));
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file) return ErrnoError(errno, absl::StrFormat("opening '%s'", path));
  std::string text(size, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  return ParseResultJson(text, path);
}

}  // namespace benchfleet
