#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "base/text.h"
#include "benchctl/commands.h"
#include "benchctl/history_query.h"
#include "benchctl/trend_html.h"
#include "benchctl/trend_json.h"
#include "benchctl/trend_text.h"
#include "benchctl/trend_words.h"

namespace benchfleet {
namespace {

constexpr size_t kPipeWidth = 100;  // of output that nobody's terminal shows

absl::StatusOr<TrendReport> ReadTrends(Client& client, const SeriesOptions& options,
                                       absl::Time now) {
  BF_ASSIGN_OR_RETURN(const HistoryQuery query, MakeHistoryQuery(options, now));
  BF_ASSIGN_OR_RETURN(const std::vector<SeriesHistory> histories, ReadAllHistory(client, query));
  BF_ASSIGN_OR_RETURN(const TrendContext context, ReadTrendContext(client));
  return BuildTrendReport(histories, context, ChangePointOptions());
}

std::string Render(const TrendReport& report, const TrendView& view, Format format,
                   const Style& style) {
  switch (format) {
    case Format::kTable:
      return RenderTrendText(report, view, style);
    case Format::kJson:
      return TrendJson(report);
    case Format::kCsv:
      return RenderTrendCsv(report);
    case Format::kMarkdown:
      return RenderTrendMarkdown(report, view);
    case Format::kHtml:
      return RenderTrendHtml(report, view);
  }
  return "";
}

absl::StatusOr<const TrendIncident*> FindIncident(const TrendReport& report,
                                                  const std::string& name) {
  std::vector<std::string> names;
  for (const TrendIncident& incident : report.incidents) {
    if (incident.name == name) return &incident;
    names.push_back(incident.name);
  }
  return absl::NotFoundError(
      absl::StrFormat("no incident is called '%s'%s (see: benchctl incidents --all)",
                      Printable(name), DidYouMean(name, names)));
}

}  // namespace

absl::StatusOr<int> TrendCommand(const TrendOptions& options, const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_ASSIGN_OR_RETURN(const TrendReport report,
                      ReadTrends(*client, options.series, session.console.clock->Now()));
  if (report.series.empty() && session.format == Format::kTable) {
    session.console.err("no series fits (see: benchctl jobs, benchctl trend --help)\n");
    return kExitOk;
  }
  TrendView view;
  view.all = options.all || !options.series.series.empty();
  view.most = options.limit;
  const bool on_terminal = options.output.empty() && session.console.out_is_terminal;
  view.width =
      on_terminal ? static_cast<size_t>(std::max(session.console.size().columns, 40)) : kPipeWidth;
  const Style style = options.output.empty() ? session.out_style : Style();
  BF_RETURN_IF_ERROR(Deliver(Render(report, view, session.format, style), options.output, session));
  return kExitOk;
}

absl::StatusOr<int> IncidentsCommand(const IncidentOptions& options, const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_ASSIGN_OR_RETURN(const TrendReport report,
                      ReadTrends(*client, options.series, session.console.clock->Now()));
  const Table table = IncidentTable(report, options.all);
  if (table.rows.empty() && session.format == Format::kTable) {
    const size_t quiet = report.incidents.size();
    session.console.err(quiet == 0
                            ? absl::StrFormat("no incident in %d series\n", report.series.size())
                            : absl::StrFormat("no new incident; %d acknowledged (--all)\n", quiet));
    return kExitOk;
  }
  Print(session, "Incidents", table, [&] { return IncidentsJson(report, options.all); });
  return kExitOk;
}

absl::StatusOr<int> IncidentShowCommand(const IncidentOptions& options, const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_ASSIGN_OR_RETURN(const TrendReport report,
                      ReadTrends(*client, options.series, session.console.clock->Now()));
  BF_ASSIGN_OR_RETURN(const TrendIncident* const incident, FindIncident(report, options.name));
  if (session.format == Format::kTable) {
    session.console.out(Printable(incident->name + ": " + IncidentHeadline(report, *incident)) +
                        "\n");
    for (const Acknowledgement& said : incident->said) {
      session.console.out(Printable(MinuteText(said.at) + " " + SaidText(said)) + "\n");
    }
    session.console.out(incident->acknowledged ? "\n" : "new\n\n");
  }
  Print(session, "Incident " + incident->name, IncidentParts(report, *incident),
        [&] { return IncidentJson(report, *incident); });
  return kExitOk;
}

absl::StatusOr<int> IncidentAckCommand(const IncidentOptions& options, const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_ASSIGN_OR_RETURN(const TrendReport report,
                      ReadTrends(*client, options.series, session.console.clock->Now()));
  BF_ASSIGN_OR_RETURN(const TrendIncident* const incident, FindIncident(report, options.name));
  BF_RETURN_IF_ERROR(client->Acknowledge(incident->name, options.author, options.reason).status());
  session.console.err(
      absl::StrFormat("incident %s is acknowledged and no longer told\n", incident->name));
  return kExitOk;
}

absl::StatusOr<int> IncidentWithdrawCommand(const IncidentOptions& options,
                                            const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_RETURN_IF_ERROR(
      client->WithdrawAcknowledgement(options.name, options.author, options.reason).status());
  session.console.err(absl::StrFormat(
      "incident %s is told again; what was said of it stays known (benchctl incidents show %s)\n",
      Printable(options.name), Printable(options.name)));
  return kExitOk;
}

}  // namespace benchfleet
