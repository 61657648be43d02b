// The adapter `json` of `exec`: metrics that a program prints, one JSON object a line,
//
//   {"metric": "startup", "value": 1.5, "unit": "ms", "direction": "lower"}
//
// with `unit` and `direction` ("lower", "higher", "neutral") optional. Other lines are ignored; an
// object with "metric" that is not as above is an error, so that a slip does not lose a metric.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/model.h"

namespace benchfleet {

struct PrintedValue {
  Metric metric;
  double value = 0;
};

// In the order of printing; a metric may come several times. Errors, InvalidArgument: name the
// line.
absl::StatusOr<std::vector<PrintedValue>> ParsePrintedMetrics(std::string_view output);

}  // namespace benchfleet
