// How a person asks two sides to be judged: the flags that compare, check and baseline diff share,
// as they were written (judge_options.h makes them what the analysis takes).
#pragma once

#include <string>
#include <vector>

#include "benchctl/any_result_file.h"

namespace benchfleet {

// Thresholds are shares or percents: "0.1", "10%".
struct JudgeOptions {
  std::string alpha = "1%";
  std::string warn = "10%";
  std::string fail = "20%";
  std::string floor = "0.5%";
  std::string metric;  // patterns; "" everything
  std::string workload;
  std::vector<std::string> vary;  // parameters in which the sides may differ
  AnyFileOptions read;            // how sides that are files are read: `from` and `map`
};

}  // namespace benchfleet
