#include <filesystem>

#include "base/status.h"
#include "benchctl/commands.h"

namespace benchfleet {

absl::StatusOr<int> CaInitCommand(const CaInitOptions& options, const Session& session) {
  BF_RETURN_IF_ERROR(InitAuthority(options, session.console.clock->Now()));
  session.console.err(absl::StrFormat(
      "made the authority '%s' in %s; whoever has ca.key can name agents: keep it apart\n",
      options.name, options.dir));
  return kExitOk;
}

absl::StatusOr<int> CaIssueCommand(const CaIssueOptions& options, const Session& session) {
  BF_ASSIGN_OR_RETURN(const IssuedFiles issued,
                      IssueToFiles(options, session.console.clock->Now()));
  const Identity& identity = options.request.identity;
  session.console.err(absl::StrFormat(
      "%s speaks for %s '%s' until %s\n", issued.certificate, identity.role, identity.name,
      absl::FormatTime("%Y-%m-%d", issued.end, absl::UTCTimeZone())));
  return kExitOk;
}

}  // namespace benchfleet
