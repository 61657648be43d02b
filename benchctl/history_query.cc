#include "benchctl/history_query.h"

#include <charconv>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"
#include "benchctl/session.h"
#include "benchctl/table.h"

namespace benchfleet {

namespace {

// "30d" besides what ParseDuration knows.
absl::StatusOr<absl::Duration> ParseAge(const std::string& text) {
  int days = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, days);
  if (error == std::errc() && at + 1 == end && *at == 'd' && days > 0) {
    return absl::Hours(24) * days;
  }
  absl::StatusOr<absl::Duration> duration = ParseDuration(text);
  if (duration.ok()) return duration;
  return absl::InvalidArgumentError(
      absl::StrFormat("--since: '%s', expected for example 30d or 12h", Printable(text)));
}

}  // namespace

bool LooksLikeSeriesNumber(const std::string& text) {
  return text.size() > 1 && text.size() < 20 && text[0] == 's' &&
         text.find_first_not_of("0123456789", 1) == std::string::npos;
}

absl::StatusOr<SeriesId> ParseSeriesNumber(const std::string& text) {
  uint64_t number = 0;
  if (LooksLikeSeriesNumber(text)) {
    std::from_chars(text.data() + 1, text.data() + text.size(), number);
  }
  if (number > 0) return SeriesId{number};
  return absl::InvalidArgumentError(
      absl::StrFormat("'%s' names no series, expected for example s17 (see: benchctl trend --all)",
                      Printable(text)));
}

absl::StatusOr<HistoryQuery> MakeHistoryQuery(const SeriesOptions& options, absl::Time now) {
  HistoryQuery query;
  query.filter.workload = options.workload;
  query.filter.metric = options.metric;
  query.filter.identity = options.identity;
  query.filter.host = options.host;
  query.filter.revision = options.revision;
  query.filter.job_name = options.job_name;
  BF_ASSIGN_OR_RETURN(query.filter.parameters, ParsePairs(options.parameters, "--param"));
  BF_ASSIGN_OR_RETURN(query.filter.labels, ParsePairs(options.labels, "--label"));
  for (const std::string& text : options.series) {
    BF_ASSIGN_OR_RETURN(const SeriesId series, ParseSeriesNumber(text));
    query.filter.series.push_back(series);
  }
  if (!options.since.empty()) {
    BF_ASSIGN_OR_RETURN(const absl::Duration age, ParseAge(options.since));
    query.filter.from = now - age;
  }
  if (options.points == 0 || options.points > limits::kMaxPointsPerSeries) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--points: expected 1 to %d", limits::kMaxPointsPerSeries));
  }
  query.newest = options.points;
  return query;
}

absl::StatusOr<std::vector<SeriesHistory>> ReadAllHistory(Client& client,
                                                          const HistoryQuery& query) {
  std::vector<SeriesHistory> all;
  BF_RETURN_IF_ERROR(client.ReadHistory(query, [&all](SeriesHistory history) {
    all.push_back(std::move(history));
    return absl::OkStatus();
  }));
  return all;
}

absl::StatusOr<TrendContext> ReadTrendContext(Client& client) {
  TrendContext context;
  BF_ASSIGN_OR_RETURN(context.hosts, client.ListHosts(""));
  BF_ASSIGN_OR_RETURN(context.blessings, client.ListBlessings());
  BF_ASSIGN_OR_RETURN(context.acknowledgements, client.ListAcknowledgements());
  return context;
}

}  // namespace benchfleet
