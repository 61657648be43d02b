// The pictures of a proving report, made of benchctl/chart.h. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "benchctl/proving_text.h"

namespace benchfleet {

// The phases of each row of a block end to end; colours by the place of a phase in `phases`.
std::string ProvingPhasePlot(const std::vector<const ProvingRow*>& rows,
                             const std::vector<std::string>& phases);

// Time against size, a curve for each mode, with each break-even and its interval.
struct SizePicture {
  std::vector<std::string> curves;  // their names, for the legend
  std::string svg;
};
// Rows of one circuit; curves of two sizes and more. `svg` is "" without one.
SizePicture ProvingSizePlot(const std::vector<const ProvingRow*>& rows,
                            const std::vector<ProvingComparison>& comparisons);

// The bandwidth from which remote is faster, a line for each comparison and size, with the measured
// rate as a ring. "" where none was found.
std::string ProvingRatePlot(const std::vector<ProvingComparison>& comparisons);

}  // namespace benchfleet
