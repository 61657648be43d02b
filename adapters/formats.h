// The formats' own functions, as the table in adapter.cc has them. Each is one file of that name.
#pragma once

#include "adapters/adapter.h"

namespace benchfleet {

bool IsGoogleBenchmark(const Sniff& sniff);
absl::StatusOr<ForeignResults> ReadGoogleBenchmark(const Source& source,
                                                   const AdapterOptions& options);

bool IsGoBench(const Sniff& sniff);
absl::StatusOr<ForeignResults> ReadGoBench(const Source& source, const AdapterOptions& options);

bool IsHyperfine(const Sniff& sniff);
absl::StatusOr<ForeignResults> ReadHyperfine(const Source& source, const AdapterOptions& options);

}  // namespace benchfleet
