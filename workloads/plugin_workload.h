// A plug-in's workload behind the interface of built-in ones.
#pragma once

#include <memory>
#include <string>

#include "workloads/workload.h"

namespace benchfleet {

// Loads the library when it is configured, in this process.
std::unique_ptr<Workload> MakePluginWorkload(std::string library_path,
                                             WorkloadDescription description);

}  // namespace benchfleet
