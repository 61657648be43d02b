#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "analysis/detection_selftest.h"
#include "base/status.h"
#include "benchctl/commands.h"
#include "benchctl/history_query.h"
#include "benchctl/json_parts.h"

namespace benchfleet {
namespace {

using json::Json;

SelftestSeries SeriesOf(const SeriesHistory& history) {
  SelftestSeries series;
  for (TrendPoint& point : MergeRevisions(history).points) {
    series.push_back(std::move(point.medians));
  }
  return series;
}

std::string ShareText(const Share& share) {
  const Interval interval = share.interval();
  return absl::StrFormat("%.0f %% (%.0f to %.0f)", 100 * share.value(), 100 * interval.low,
                         100 * interval.high);
}

Table EffectTable(const DetectionSelftest& result) {
  Table table{{{"effect", true},
               {"n", true},
               {"trend finds"},
               {"precision", true},
               {"delay, revisions", true},
               {"check calls"}},
              {}};
  for (const SelftestRow& row : result.rows) {
    table.rows.push_back({absl::StrFormat("%.3g %%", 100 * row.effect),
                          absl::StrFormat("%d", row.trend_found.trials), ShareText(row.trend_found),
                          absl::StrFormat("%.0f %%", 100 * row.trend_precision()),
                          row.delay ? absl::StrFormat("%.3g", *row.delay) : "-",
                          ShareText(row.check_found)});
  }
  return table;
}

std::string Headline(const DetectionSelftest& result) {
  return absl::StrFormat(
      "%d series of this store with %d revisions; seed %d%s\n"
      "without a change: trend calls %.2g in 1,000 points (n = %d), check calls %s (n = %d)\n",
      result.series, result.revisions, result.seed,
      result.too_short == 0
          ? std::string()
          : absl::StrFormat("; %d series left out (fewer than %d revisions, or values of 0)",
                            result.too_short, kSelftestRevisionsMin),
      result.trend_false_per_1000(), result.quiet_points, ShareText(result.check_false),
      result.check_false.trials);
}

Json ToJson(const Share& share) {
  return {{"found", share.count},
          {"trials", share.trials},
          {"share", share.value()},
          {"interval", json::Range(share.interval())}};
}

std::string SelftestJson(const DetectionSelftest& result) {
  Json effects = Json::array();
  for (const SelftestRow& row : result.rows) {
    effects.push_back({{"effect", row.effect},
                       {"trend", ToJson(row.trend_found)},
                       {"trend_precision", row.trend_precision()},
                       {"delay_revisions", json::Number(row.delay)},
                       {"check", ToJson(row.check_found)}});
  }
  return json::Dump({{"seed", result.seed},
                     {"series", result.series},
                     {"revisions", result.revisions},
                     {"left_out", result.too_short},
                     {"trend_false_per_1000_points", result.trend_false_per_1000()},
                     {"quiet_points", result.quiet_points},
                     {"check_false", ToJson(result.check_false)},
                     {"effects", std::move(effects)}});
}

PublishedSelftest ToPublish(const DetectionSelftest& result) {
  PublishedSelftest selftest;
  selftest.seed = result.seed;
  selftest.series = result.series;
  selftest.revisions = result.revisions;
  selftest.quiet_points = result.quiet_points;
  selftest.trend_false = result.trend_false;
  selftest.check_quiet = result.check_false.trials;
  selftest.check_false = result.check_false.count;
  for (const SelftestRow& row : result.rows) {
    selftest.effects.push_back({row.effect, row.trend_found.trials, row.trend_found.count,
                                row.trend_false, row.delay, row.check_found.count});
  }
  return selftest;
}

}  // namespace

absl::StatusOr<int> SelftestCommand(const SelftestOptions& options, const Session& session) {
  BF_ASSIGN_OR_RETURN(const HistoryQuery query,
                      MakeHistoryQuery(options.series, session.console.clock->Now()));
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  std::vector<SelftestSeries> series;
  BF_RETURN_IF_ERROR(client->ReadHistory(query, [&series](const SeriesHistory& history) {
    series.push_back(SeriesOf(history));
    return absl::OkStatus();
  }));
  DetectionSelftestOptions test;
  test.seed = options.seed;
  test.trials = options.trials;
  BF_ASSIGN_OR_RETURN(const DetectionSelftest result, RunDetectionSelftest(series, test));
  if (session.format == Format::kTable) session.console.out(Headline(result) + "\n");
  Print(session, "Self-test of detection", EffectTable(result),
        [&result] { return SelftestJson(result); });
  if (!options.publish) return kExitOk;
  BF_RETURN_IF_ERROR(client->PublishSelftest(ToPublish(result)));
  session.console.err("published: the coordinator tells it on /metrics within seconds\n");
  return kExitOk;
}

}  // namespace benchfleet
