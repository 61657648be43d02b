#include <cmath>
#include <unordered_map>

#include "base/limits.h"
#include "proto/control_port.pb.h"
#include "proto/convert.h"
#include "proto/convert_internal.h"

namespace benchfleet {
namespace {

void ToProto(const Series& from, v1::Series* to) {
  to->set_series_id(from.id.value);
  to->set_workload(from.key.workload);
  convert::ToProtoMap(from.key.parameters, to->mutable_parameters());
  to->set_metric(from.key.metric);
  to->set_unit(from.key.unit);
  to->set_identity(from.key.identity);
  to->set_direction(static_cast<v1::Direction>(from.direction));
}

absl::StatusOr<Series> FromProto(const v1::Series& from) {
  Series to;
  to.id = SeriesId{from.series_id()};
  to.key = {from.workload(), convert::FromProtoMap<StringMap>(from.parameters()), from.metric(),
            from.unit(), from.identity()};
  BF_ASSIGN_OR_RETURN(to.direction, convert::CheckedEnum<Direction>(
                                        from.direction(), v1::Direction_MAX, "direction"));
  return to;
}

void ToProto(const std::vector<HistoryPoint>& from, v1::HistoryPoints* to) {
  std::unordered_map<std::string, uint32_t> numbers;
  const auto number = [&](const std::string& word) {
    const auto [it, is_new] = numbers.try_emplace(word, static_cast<uint32_t>(numbers.size()));
    if (is_new) to->add_words(word);
    return it->second;
  };
  for (const HistoryPoint& point : from) {
    to->add_run_id(point.run.value);
    to->add_job_id(point.job.value);
    to->add_at_ns(convert::ToUnixNs(point.at));
    to->add_revision(number(point.revision));
    to->add_host(number(point.host));
    to->add_state_digest(number(point.state_digest));
    const MetricSummary& summary = point.summary;
    to->add_count(summary.count);
    to->add_min(summary.min);
    to->add_max(summary.max);
    to->add_mean(summary.mean);
    to->add_stddev(summary.stddev);
    to->add_median(summary.median);
    to->add_p95(summary.p95);
    to->add_p99(summary.p99);
    to->add_aggregate_only(summary.aggregate_only);
  }
}

bool ColumnsFit(const v1::HistoryPoints& p) {
  const int n = p.run_id_size();
  for (const int size :
       {p.job_id_size(), p.at_ns_size(), p.revision_size(), p.host_size(), p.state_digest_size(),
        p.count_size(), p.min_size(), p.max_size(), p.mean_size(), p.stddev_size(), p.median_size(),
        p.p95_size(), p.p99_size(), p.aggregate_only_size()}) {
    if (size != n) return false;
  }
  for (const auto* column : {&p.revision(), &p.host(), &p.state_digest()}) {
    for (const uint32_t word : *column) {
      if (word >= static_cast<uint32_t>(p.words_size())) return false;
    }
  }
  return true;
}

absl::StatusOr<std::vector<HistoryPoint>> FromProto(const v1::HistoryPoints& from,
                                                    const std::string& metric) {
  if (!ColumnsFit(from)) {
    return absl::InvalidArgumentError("the columns of a piece of history do not fit together");
  }
  const auto word = [&from](uint32_t number) { return from.words(static_cast<int>(number)); };
  std::vector<HistoryPoint> to;
  to.reserve(static_cast<size_t>(from.run_id_size()));
  for (int i = 0; i < from.run_id_size(); ++i) {
    to.push_back({RunId{from.run_id(i)},
                  JobId{from.job_id(i)},
                  convert::FromUnixNs(from.at_ns(i)),
                  word(from.revision(i)),
                  word(from.host(i)),
                  word(from.state_digest(i)),
                  {metric, from.count(i), from.min(i), from.max(i), from.mean(i), from.stddev(i),
                   from.median(i), from.p95(i), from.p99(i), from.aggregate_only(i)}});
  }
  return to;
}

absl::Status CheckText(const std::string& text, size_t most, const char* name) {
  if (text.size() <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s has %d bytes; the bound is %d", name, text.size(), most));
}

template <typename Id>
absl::StatusOr<std::vector<Id>> Ids(const google::protobuf::RepeatedField<uint64_t>& from,
                                    size_t most, const char* name) {
  if (static_cast<size_t>(from.size()) > most) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s has %d entries; the bound is %d", name, from.size(), most));
  }
  std::vector<Id> to;
  for (const uint64_t value : from) to.push_back(Id{value});
  return to;
}

}  // namespace

void ToProto(const JobFilter& from, v1::ListJobsRequest* to) {
  to->set_limit(from.limit);
  to->set_name(from.name);
  to->set_revision(from.revision);
  convert::ToProtoMap(from.labels, to->mutable_labels());
}

JobFilter FromProto(const v1::ListJobsRequest& from) {
  return {from.limit(), from.name(), from.revision(),
          convert::FromProtoMap<StringMap>(from.labels())};
}

void ToProto(const HistoryQuery& from, v1::ReadHistoryRequest* to) {
  v1::HistoryFilter* filter = to->mutable_filter();
  filter->set_workload(from.filter.workload);
  filter->set_metric(from.filter.metric);
  convert::ToProtoMap(from.filter.parameters, filter->mutable_parameters());
  filter->set_identity(from.filter.identity);
  for (const SeriesId series : from.filter.series) filter->add_series_ids(series.value);
  filter->set_in_job_id(from.filter.in_job.value);
  filter->set_host(from.filter.host);
  filter->set_revision(from.filter.revision);
  filter->set_job_name(from.filter.job_name);
  convert::ToProtoMap(from.filter.labels, filter->mutable_labels());
  filter->set_from_ns(convert::ToUnixNs(from.filter.from));
  filter->set_before_ns(
      from.filter.before == absl::InfiniteFuture() ? 0 : absl::ToUnixNanos(from.filter.before));
  to->set_newest(from.newest);
}

absl::StatusOr<HistoryQuery> FromProto(const v1::ReadHistoryRequest& from) {
  HistoryQuery to;
  const v1::HistoryFilter& filter = from.filter();
  to.filter.workload = filter.workload();
  to.filter.metric = filter.metric();
  to.filter.parameters = convert::FromProtoMap<StringMap>(filter.parameters());
  to.filter.identity = filter.identity();
  BF_ASSIGN_OR_RETURN(to.filter.series,
                      Ids<SeriesId>(filter.series_ids(), limits::kMaxSeriesRead, "series_ids"));
  to.filter.in_job = JobId{filter.in_job_id()};
  to.filter.host = filter.host();
  to.filter.revision = filter.revision();
  to.filter.job_name = filter.job_name();
  to.filter.labels = convert::FromProtoMap<StringMap>(filter.labels());
  to.filter.from = convert::FromUnixNs(filter.from_ns());
  if (filter.before_ns() != 0) to.filter.before = absl::FromUnixNanos(filter.before_ns());
  to.newest = from.newest();
  if (to.newest > limits::kMaxPointsPerSeries) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d points of each series were asked for; the bound is %d", to.newest,
                        limits::kMaxPointsPerSeries));
  }
  return to;
}

void ToProto(const SeriesHistory& from, v1::HistoryPiece* to) {
  ToProto(from.series, to->mutable_series());
  ToProto(from.points, to->mutable_points());
}

absl::StatusOr<SeriesHistory> FromProto(const v1::HistoryPiece& from) {
  SeriesHistory to;
  BF_ASSIGN_OR_RETURN(to.series, FromProto(from.series()));
  BF_ASSIGN_OR_RETURN(to.points, FromProto(from.points(), to.series.key.metric));
  return to;
}

void ToProto(const Baseline& from, v1::Baseline* to) {
  to->set_name(from.name);
  for (const JobId job : from.jobs) to->add_job_ids(job.value);
  for (const RunId run : from.runs) to->add_run_ids(run.value);
  to->set_author(from.author);
  to->set_set_by(from.set_by);
  to->set_reason(from.reason);
  to->set_set_at_ns(convert::ToUnixNs(from.set_at));
  to->set_removed(from.removed);
}

absl::StatusOr<Baseline> FromProto(const v1::Baseline& from) {
  Baseline to;
  to.name = from.name();
  BF_ASSIGN_OR_RETURN(to.jobs,
                      Ids<JobId>(from.job_ids(), limits::kMaxBaselineJobs, "a baseline's jobs"));
  BF_ASSIGN_OR_RETURN(to.runs,
                      Ids<RunId>(from.run_ids(), limits::kMaxBaselineRuns, "a baseline's runs"));
  to.author = from.author();
  to.set_by = from.set_by();
  to.reason = from.reason();
  BF_RETURN_IF_ERROR(CheckText(to.name, limits::kMaxNameBytes, "a baseline's name"));
  BF_RETURN_IF_ERROR(CheckText(to.author, limits::kMaxReasonBytes, "an author"));
  BF_RETURN_IF_ERROR(CheckText(to.reason, limits::kMaxReasonBytes, "a reason"));
  to.set_at = convert::FromUnixNs(from.set_at_ns());
  to.removed = from.removed();
  return to;
}

void ToProto(const Blessing& from, v1::Blessing* to) {
  to->set_blessing_id(from.id);
  ToProto(from.series, to->mutable_series());
  to->set_before(from.before);
  to->set_after(from.after);
  to->set_shift_low(from.shift_low);
  to->set_shift_high(from.shift_high);
  to->set_logarithmic(from.logarithmic);
  to->set_from_revision(from.from_revision);
  to->set_to_revision(from.to_revision);
  to->set_baseline(from.baseline);
  to->set_author(from.author);
  to->set_blessed_by(from.blessed_by);
  to->set_reason(from.reason);
  to->set_at_ns(convert::ToUnixNs(from.at));
}

absl::StatusOr<Blessing> FromProto(const v1::Blessing& from) {
  Blessing to;
  to.id = from.blessing_id();
  BF_ASSIGN_OR_RETURN(to.series, FromProto(from.series()));
  for (const double value : {from.before(), from.after(), from.shift_low(), from.shift_high()}) {
    if (!std::isfinite(value)) return absl::InvalidArgumentError("a blessed shift is not finite");
  }
  if (from.shift_low() > from.shift_high()) {
    return absl::InvalidArgumentError("a blessed shift's interval ends before it begins");
  }
  if (from.logarithmic() && !(from.before() > 0 && from.after() > 0)) {
    return absl::InvalidArgumentError("a blessed ratio is between levels that are not above 0");
  }
  to.before = from.before();
  to.after = from.after();
  to.shift_low = from.shift_low();
  to.shift_high = from.shift_high();
  to.logarithmic = from.logarithmic();
  to.from_revision = from.from_revision();
  to.to_revision = from.to_revision();
  to.baseline = from.baseline();
  to.author = from.author();
  to.blessed_by = from.blessed_by();
  to.reason = from.reason();
  BF_RETURN_IF_ERROR(CheckText(to.from_revision, limits::kMaxReasonBytes, "from_revision"));
  BF_RETURN_IF_ERROR(CheckText(to.to_revision, limits::kMaxReasonBytes, "to_revision"));
  BF_RETURN_IF_ERROR(CheckText(to.baseline, limits::kMaxNameBytes, "a baseline's name"));
  BF_RETURN_IF_ERROR(CheckText(to.author, limits::kMaxReasonBytes, "an author"));
  BF_RETURN_IF_ERROR(CheckText(to.reason, limits::kMaxReasonBytes, "a reason"));
  to.at = convert::FromUnixNs(from.at_ns());
  return to;
}

void ToProto(const Acknowledgement& from, v1::Acknowledgement* to) {
  to->set_acknowledgement_id(from.id);
  to->set_incident(from.incident);
  to->set_author(from.author);
  to->set_acknowledged_by(from.acknowledged_by);
  to->set_reason(from.reason);
  to->set_at_ns(convert::ToUnixNs(from.at));
  to->set_withdrawn(from.withdrawn);
}

absl::StatusOr<Acknowledgement> FromProto(const v1::Acknowledgement& from) {
  Acknowledgement to{from.acknowledgement_id(), from.incident(), from.author(),
                     from.acknowledged_by(),    from.reason(),   convert::FromUnixNs(from.at_ns()),
                     from.withdrawn()};
  BF_RETURN_IF_ERROR(CheckText(to.incident, limits::kMaxNameBytes, "an incident's name"));
  BF_RETURN_IF_ERROR(CheckText(to.author, limits::kMaxReasonBytes, "an author"));
  BF_RETURN_IF_ERROR(CheckText(to.reason, limits::kMaxReasonBytes, "a reason"));
  return to;
}

void ToProto(const PublishedSelftest& from, v1::PublishedSelftest* to) {
  to->set_seed(from.seed);
  to->set_series(from.series);
  to->set_revisions(from.revisions);
  to->set_quiet_points(from.quiet_points);
  to->set_trend_false(from.trend_false);
  to->set_check_quiet(from.check_quiet);
  to->set_check_false(from.check_false);
  for (const SelftestEffect& effect : from.effects) {
    v1::SelftestEffect* e = to->add_effects();
    e->set_effect(effect.effect);
    e->set_trials(effect.trials);
    e->set_trend_found(effect.trend_found);
    e->set_trend_false(effect.trend_false);
    e->set_has_delay(effect.delay_revisions.has_value());
    e->set_delay_revisions(effect.delay_revisions.value_or(0));
    e->set_check_found(effect.check_found);
  }
  to->set_at_ns(convert::ToUnixNs(from.at));
  to->set_published_by(from.published_by);
}

absl::StatusOr<PublishedSelftest> FromProto(const v1::PublishedSelftest& from) {
  PublishedSelftest to{.seed = from.seed(),
                       .series = from.series(),
                       .revisions = from.revisions(),
                       .quiet_points = from.quiet_points(),
                       .trend_false = from.trend_false(),
                       .check_quiet = from.check_quiet(),
                       .check_false = from.check_false(),
                       .effects = {},
                       .at = convert::FromUnixNs(from.at_ns()),
                       .published_by = from.published_by()};
  if (static_cast<size_t>(from.effects_size()) > limits::kMaxSelftestEffects) {
    return absl::InvalidArgumentError(absl::StrFormat("a self-test has %d effects; the bound is %d",
                                                      from.effects_size(),
                                                      limits::kMaxSelftestEffects));
  }
  for (const v1::SelftestEffect& e : from.effects()) {
    if (!(e.effect() > 0 && e.effect() < 10) || e.trend_found() > e.trials() ||
        e.check_found() > e.trials() || !std::isfinite(e.delay_revisions())) {
      return absl::InvalidArgumentError("a self-test's figures do not fit together");
    }
    SelftestEffect& effect = to.effects.emplace_back();
    effect.effect = e.effect();
    effect.trials = e.trials();
    effect.trend_found = e.trend_found();
    effect.trend_false = e.trend_false();
    if (e.has_delay()) effect.delay_revisions = e.delay_revisions();
    effect.check_found = e.check_found();
  }
  return to;
}

std::string Serialize(const PublishedSelftest& selftest) {
  v1::PublishedSelftest message;
  ToProto(selftest, &message);
  return message.SerializeAsString();
}

absl::StatusOr<PublishedSelftest> ParsePublishedSelftest(std::string_view bytes) {
  v1::PublishedSelftest message;
  BF_RETURN_IF_ERROR(convert::Parse(bytes, &message));
  return FromProto(message);
}

}  // namespace benchfleet
