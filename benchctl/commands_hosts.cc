#include "base/status.h"
#include "base/text.h"
#include "benchctl/commands.h"
#include "benchctl/html.h"
#include "benchctl/job_text.h"
#include "benchctl/json_out.h"

namespace benchfleet {
namespace {

Table FieldTable(const HostStatus& host) {
  Table table{{{"field"}, {"value"}}, {}};
  for (const auto& [name, value] : host.fingerprint.fields) table.rows.push_back({name, value});
  return table;
}

}  // namespace

absl::StatusOr<int> HostsCommand(const std::string& match, const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_ASSIGN_OR_RETURN(const std::vector<HostStatus> hosts, client->ListHosts(match));
  if (hosts.empty() && session.format == Format::kTable) {
    session.console.err(match.empty()
                            ? std::string("no host has connected yet (start a bench-agent)\n")
                            : absl::StrFormat("no host matches '%s'\n", Printable(match)));
    return kExitOk;
  }
  Print(session, "Hosts", HostTable(hosts, session.console.clock->Now()),
        [&hosts] { return HostsJson(hosts); });
  return kExitOk;
}

absl::StatusOr<int> HostsShowCommand(const std::string& name, const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_ASSIGN_OR_RETURN(const std::vector<HostStatus> hosts, client->ListHosts(""));
  std::vector<std::string> names;
  for (const HostStatus& host : hosts) {
    names.push_back(host.name);
    if (host.name != name) continue;
    if (session.format == Format::kTable) {
      session.console.out(HostText(host, session.out_style, session.console.clock->Now()));
    } else {
      Print(session, "Host " + host.name, FieldTable(host), [&host] { return HostJson(host); });
    }
    return kExitOk;
  }
  return absl::NotFoundError(absl::StrFormat("no host is called '%s'%s (see: benchctl hosts)",
                                             Printable(name), DidYouMean(name, names)));
}

absl::StatusOr<int> HostsForgetCommand(const std::string& name, const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_RETURN_IF_ERROR(client->ForgetHost(name));
  session.console.err(
      absl::StrFormat("host %s is forgotten; what it measured stays, and it is there again when "
                      "its agent connects again\n",
                      Printable(name)));
  return kExitOk;
}

}  // namespace benchfleet
