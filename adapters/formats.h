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

absl::StatusOr<ForeignResults> ReadCriterion(const Source& source, const AdapterOptions& options);

bool IsPytestBenchmark(const Sniff& sniff);
absl::StatusOr<ForeignResults> ReadPytestBenchmark(const Source& source,
                                                   const AdapterOptions& options);

bool IsJmh(const Sniff& sniff);
absl::StatusOr<ForeignResults> ReadJmh(const Source& source, const AdapterOptions& options);

bool IsPrometheus(const Sniff& sniff);
absl::StatusOr<ForeignResults> ReadPrometheus(const Source& source, const AdapterOptions& options);

// Any JSON or table, told by the map what stands where (map.h).
absl::StatusOr<ForeignResults> ReadMappedJson(const Source& source, const AdapterOptions& options);
absl::StatusOr<ForeignResults> ReadMappedCsv(const Source& source, const AdapterOptions& options);

}  // namespace benchfleet
