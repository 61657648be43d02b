// What can be said against a job before a coordinator sees it. Pure functions.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "proto/model.h"

namespace benchfleet {

// A fault of a job: which field, as "repetitions.runs" or "workloads[0].name", and the rest of the
// sentence.
struct JobFault {
  std::string path;
  std::string message;
};

// True for a field that was given, as against one that has its default.
using GivenFields = std::function<bool(const std::string& path)>;

// The first fault, with path "" where there is none. `runs` is what the job asks for (a JobSpec
// cannot hold a zero).
JobFault FindFault(const JobSpec& spec, const GivenFields& given);

}  // namespace benchfleet
