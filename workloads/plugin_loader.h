// Plug-ins (workloads/plugin.h) as rows of the catalog.
//
// A shared library is foreign code from its first instruction on, so what it offers is asked for in
// a child process: one that crashes, hangs or prints when it is loaded costs its own row only. The
// list says which plug-in has which workload; a run is told, and asks and loads that one alone.
#pragma once

#include <string>
#include <vector>

#include "workloads/catalog.h"

namespace benchfleet {

// The plug-ins in `folder`, sorted; absolute. Nothing where the folder cannot be read: `error`
// says.
std::vector<std::string> FindPlugins(const std::string& folder, std::string* error);

struct LoadedPlugins {
  std::vector<std::string> warnings;  // a line for each plug-in, or workload of one, of no use
  StringMap libraries;                // workload -> the plug-in that has it
};

// Adds the workloads of every *.so in `folder` to `catalog`. A plug-in, or a workload of one, that
// cannot be used gives a row "plugin.<file name>" (or the workload's own name) with the reason.
// Single-threaded programs only: it forks.
LoadedPlugins LoadPlugins(const std::string& folder, Catalog* catalog);

// For a run: of one plug-in, or of those in a folder up to the first that has `wanted`. What they
// print is dropped, since it is no word of that run.
void LoadPlugin(const std::string& path, Catalog* catalog);
void LoadPluginWith(const std::string& wanted, const std::string& folder, Catalog* catalog);

}  // namespace benchfleet
