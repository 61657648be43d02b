#include "tests/bench/detection/published.h"

namespace benchfleet::bench {

std::span<const PublishedChangePoints> PublishedRules() {
  static constexpr PublishedChangePoints kRules[] = {
      {"Otava default", .60, 5.3, .76, .64, .47, .67, .62},
      {"Otava, E-divisive p .01", .70, 3.1, .88, .74, .76, .80, .67},
      {"MongoDB E-divisive p .01", .85, .70, .82, .80, 1.0, .77, .67},
      {"MongoDB E-divisive p .05", .82, 1.3, .89, .73, .67, .77, .66},
      {"Perfherder", .75, .16, .86, .71, .86, .71, .69},
      {"asv steps", .66, 1.4, .83, .14, .89, .71, .72},
      {"Mozilla vote 3 of 5", .57, 5.2, .51, .52, .50, .68, .61},
      {"Chromium, 2 %", .62, 0, .61, .14, .67, .85, .71},
      {"Bencher's, best of them", .38, 3, .55, .25, .32, .62, .65},
      {"reference procedure", .87, .08, .84, .86, 1.0, .86, .77},
  };
  return kRules;
}

}  // namespace benchfleet::bench
