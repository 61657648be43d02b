// Plug-ins (workloads/plugin.h) as rows of the catalog.
//
// A shared library is foreign code from its first instruction on, so what it offers is asked for in
// a child process: one that crashes, hangs or prints when it is loaded costs its own row only. A
// run loads the one plug-in that it needs into the runner itself.
#pragma once

#include <string>
#include <vector>

#include "workloads/catalog.h"

namespace benchfleet {

// The plug-ins in `folder`, sorted; absolute. Nothing where the folder cannot be read: `error`
// says.
std::vector<std::string> FindPlugins(const std::string& folder, std::string* error);

// Adds the workloads of every *.so in `folder` to `catalog`. Each plug-in, or workload of one, that
// cannot be used gives a line in `warnings` and a row "plugin.<file name>" (or the workload's own
// name) with the reason. Single-threaded programs only: it forks.
void LoadPlugins(const std::string& folder, Catalog* catalog, std::vector<std::string>* warnings);

}  // namespace benchfleet
