// A prover that does what a description says: programs that are started for each phase, or servants
// that stay.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "workloads/prover.h"
#include "workloads/prover_description.h"
#include "workloads/prover_installation.h"

namespace benchfleet {

struct DescribedOptions {
  ProverDescription description;
  std::optional<ProverInstallation> installation;  // what it may need of install-provers
  StringMap options;                               // values of the description's, all of them
  int threads = 1;
  bool warm = false;      // only where the description has servants
  bool new_keys = false;  // make keys even where they are cached
  std::string work_dir;   // exists; of this prover alone
};

std::unique_ptr<Prover> DescribedProver(DescribedOptions options);

}  // namespace benchfleet
