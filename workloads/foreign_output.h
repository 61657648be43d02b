// The adapters of `exec` beside `json`: a benchmark program of another tool, run as a command,
// whose results are read as `benchctl import` reads them (adapters/adapter.h) and become metrics of
// the run, each called BENCHMARK/METRIC: "Sort size=1024/latency".
//
// Each sample that the program reports is a sample; where it only reports an aggregate, its mean
// (else its median) is one sample per execution. A metric derived from another is left out.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/model.h"
#include "workloads/printed_metrics.h"

namespace benchfleet {

struct ForeignOutput {
  std::string adapter;  // of adapters/adapter.h
  StringMap map;        // of the generic adapters
  // Metrics to keep, "latency"; empty: all of them.
  std::vector<std::string> select;
  // Where the program writes its results, within its folder: a file, or Criterion's directory.
  // "": its standard output.
  std::string result_file;
};

// The parameters of exec that say so, checked. Errors name the parameter.
absl::StatusOr<ForeignOutput> ParseForeignOutput(const std::string& adapter, const std::string& map,
                                                 const std::string& select,
                                                 const std::string& result_file);

// Before each execution: a result file that is there from the one before is removed, so that it
// cannot be taken for a new one. `folder` is where the program starts.
absl::Status ForgetResults(const ForeignOutput& output, const std::string& folder);

// After it. `printed` is the program's standard output. Errors: what is not the adapter's format; a
// benchmark that failed; more metrics than a run may have beside `own_metrics` of them.
absl::StatusOr<std::vector<PrintedValue>> ReadForeignOutput(const ForeignOutput& output,
                                                            const std::string& folder,
                                                            const std::string& printed,
                                                            size_t own_metrics);

}  // namespace benchfleet
