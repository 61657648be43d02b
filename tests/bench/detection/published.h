// What other tools' rules reach on the same data, as published with it (design/statistics.md); F1.
#pragma once

#include <span>
#include <string_view>

namespace benchfleet::bench {

struct PublishedChangePoints {
  std::string_view rule;
  double generated;
  double false_per_1000;
  double mongodb;
  double sap_visual;
  double talos;
  double tigerbeetle;
  double turing;
};
std::span<const PublishedChangePoints> PublishedRules();

}  // namespace benchfleet::bench
