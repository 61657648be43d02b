#include "tests/bench/detection/cases.h"

#include <cmath>

#include "analysis/quantile.h"
#include "analysis/test_data.h"
#include "base/ids.h"

namespace benchfleet::bench {
namespace {

constexpr double kSigma = 0.01;

// Student's t with three degrees of freedom.
double HeavyValue(Random& random) {
  double squares = 0;
  for (int i = 0; i < 3; ++i) {
    const double value = NormalValue(random);
    squares += value * value;
  }
  return NormalValue(random) / std::sqrt(squares / 3);
}

// Errors, as logarithms, of consecutive measurements.
class NoiseSource {
 public:
  NoiseSource(Noise noise, double sigma, Random* random)
      : noise_(noise), sigma_(sigma), random_(*random) {}

  double Next() {
    const double plain = sigma_ * NormalValue(random_);
    switch (noise_) {
      case Noise::kHeavyTailed:
        return sigma_ * HeavyValue(random_);
      case Noise::kBimodal:
        return plain + (random_.Uniform() < 0.2 ? 6 * sigma_ : 0);
      case Noise::kDrifting:
        drift_ = 0.95 * drift_ + 0.3 * sigma_ * NormalValue(random_);
        return plain + drift_;
      case Noise::kBursty:
        if (burst_left_ == 0 && random_.Uniform() < 0.01) {
          burst_left_ = 2 + random_.Below(4);
          burst_ = sigma_ * (5 + 10 * random_.Uniform());
        }
        if (burst_left_ == 0) return plain;
        --burst_left_;
        return plain + burst_;
      case Noise::kLognormal:
      case Noise::kQuantised:
        return plain;
    }
    return plain;
  }

 private:
  Noise noise_;
  double sigma_;
  Random& random_;
  double drift_ = 0;
  double burst_ = 0;
  uint64_t burst_left_ = 0;
};

double Measured(Noise noise, double log_value) {
  const double value = 100 * std::exp(log_value);
  return noise == Noise::kQuantised ? std::round(value) : value;
}

std::vector<double> MakeRun(Noise noise, double run_sigma, double level, Random* random) {
  NoiseSource within(Noise::kLognormal, kSigma, random);
  // What is special about the noise happens to whole runs: they are what differs.
  NoiseSource between(noise, run_sigma, random);
  const double run_level = level + between.Next();
  std::vector<double> run(10);
  for (double& value : run) value = Measured(noise, run_level + within.Next());
  return run;
}

}  // namespace

const char* NoiseName(Noise noise) {
  switch (noise) {
    case Noise::kLognormal:
      return "lognormal";
    case Noise::kHeavyTailed:
      return "heavy-tailed";
    case Noise::kBimodal:
      return "bimodal";
    case Noise::kDrifting:
      return "drifting";
    case Noise::kBursty:
      return "bursty";
    case Noise::kQuantised:
      return "quantised";
  }
  return "";
}

GeneratedHistory MakeHistory(Noise noise, uint64_t seed) {
  Random random(seed * 7919 + static_cast<uint64_t>(noise) * 104729 + 1);
  GeneratedHistory history;
  const size_t n = 200 + random.Below(200);
  std::vector<double> level(n, 0.0);
  const uint64_t steps = random.Below(4);
  size_t at = 0;
  double now = 0;
  for (uint64_t step = 0; step < steps; ++step) {
    at += 25 + random.Below(80);
    if (at + 15 > n) break;
    static constexpr double kEffects[] = {0.02, 0.05, 0.10, 0.20};
    const double effect = kEffects[random.Below(4)];
    now += (random.Below(2) == 0 ? -1 : 1) * std::log1p(effect);
    for (size_t t = at; t < n; ++t) level[t] = now;
    (effect >= 0.05 ? history.changes : history.small).push_back(at);
  }
  NoiseSource source(noise, kSigma, &random);
  for (size_t t = 0; t < n; ++t) {
    history.values.push_back(Measured(noise, level[t] + source.Next()));
  }
  return history;
}

ComparisonCase MakeComparison(Noise noise, size_t runs, size_t history, double effect,
                              uint64_t seed) {
  Random random(seed * 6007 + static_cast<uint64_t>(noise) * 104729 + runs * 31 + history + 7);
  const double run_sigma = 0.002 + 0.018 * random.Uniform();
  ComparisonCase result;
  for (size_t i = 0; i < history; ++i) {
    const auto run = MakeRun(noise, run_sigma, 0, &random);
    result.history.push_back({MedianOf(run)});
  }
  for (size_t r = 0; r < runs; ++r) {
    result.baseline.push_back(MakeRun(noise, run_sigma, 0, &random));
    result.candidate.push_back(MakeRun(noise, run_sigma, std::log1p(effect), &random));
  }
  return result;
}

}  // namespace benchfleet::bench
