#include "tests/bench/detection/robustness.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "analysis/quantile.h"
#include "analysis/test_data.h"
#include "base/ids.h"
#include "base/status.h"
#include "tests/bench/detection/cases.h"
#include "tests/bench/detection/change_points.h"

namespace benchfleet::bench {
namespace {

using Transform = std::function<LabelledSeries(LabelledSeries)>;

struct NamedTransform {
  std::string_view name;
  Transform apply;
};

// Each point `copies(index)` times, each copy with the row of its origin.
LabelledSeries Copied(const LabelledSeries& series, const std::function<size_t(size_t)>& copies) {
  LabelledSeries copied = series;
  copied.values.clear();
  copied.rows.clear();
  for (size_t i = 0; i < series.values.size(); ++i) {
    for (size_t copy = copies(i); copy > 0; --copy) {
      copied.values.push_back(series.values[i]);
      copied.rows.push_back(series.rows[i]);
    }
  }
  return copied;
}

LabelledSeries RoundedTo(LabelledSeries series, double share) {
  std::vector<double> sizes = series.values;
  for (double& size : sizes) size = std::abs(size);
  const double tick = share * MedianOf(sizes);
  if (tick > 0) {
    for (double& value : series.values) value = tick * std::round(value / tick);
  }
  return series;
}

// A change at i, the first point of the new level, is one at n - i seen from the end.
LabelledSeries Reversed(LabelledSeries series) {
  std::reverse(series.values.begin(), series.values.end());
  std::vector<size_t> rows = {series.rows.front()};
  for (size_t i = 1; i < series.rows.size(); ++i) {
    rows.push_back(series.rows[series.rows.size() - i]);
  }
  series.rows = std::move(rows);
  return series;
}

LabelledSeries Inverted(LabelledSeries series) {
  if (std::ranges::any_of(series.values, [](double value) { return value <= 0; })) return series;
  for (double& value : series.values) value = 1 / value;
  return series;
}

std::vector<NamedTransform> Transforms() {
  const auto some_twice = [](const LabelledSeries& series) {
    Random random(series.values.size());
    return Copied(series, [&random](size_t) -> size_t { return random.Uniform() < 0.2 ? 2 : 1; });
  };
  const auto every = [](size_t step) {
    return [step](const LabelledSeries& series) {
      return Copied(series, [step](size_t i) -> size_t { return i % step == 0 ? 1 : 0; });
    };
  };
  return {
      {"as they are", [](LabelledSeries series) { return series; }},
      {"a fifth of the points twice", some_twice},
      {"every point twice",
       [](const LabelledSeries& series) { return Copied(series, [](size_t) { return 2; }); }},
      {"every point three times",
       [](const LabelledSeries& series) { return Copied(series, [](size_t) { return 3; }); }},
      {"rounded to 0.1 %", [](LabelledSeries s) { return RoundedTo(std::move(s), 0.001); }},
      {"rounded to 0.5 %", [](LabelledSeries s) { return RoundedTo(std::move(s), 0.005); }},
      {"rounded to 2 %", [](LabelledSeries s) { return RoundedTo(std::move(s), 0.02); }},
      {"every second point", every(2)},
      {"every third point", every(3)},
      {"from the end", Reversed},
      {"inverted (1/x)", Inverted},
  };
}

std::vector<LabelledSeries> GeneratedSet(uint64_t seed) {
  std::vector<LabelledSeries> all;
  for (const Noise noise : kNoises) {
    for (uint64_t i = 0; i < kHistoriesEach; ++i) {
      GeneratedHistory history = MakeHistory(noise, seed * kHistoriesEach + i);
      LabelledSeries series;
      series.name = NoiseName(noise);
      series.values = std::move(history.values);
      for (size_t row = 0; row < series.values.size(); ++row) series.rows.push_back(row);
      series.changes = std::move(history.changes);
      series.optional = std::move(history.small);
      all.push_back(std::move(series));
    }
  }
  return all;
}

absl::Status PrintTransforms(const std::string& folder, uint64_t seed) {
  std::vector<std::vector<LabelledSeries>> sets = {GeneratedSet(seed)};
  for (const char* set : kLabelledSets) {
    BF_ASSIGN_OR_RETURN(auto series, ReadSeries(folder, set));
    sets.push_back(std::move(series));
  }
  absl::PrintF("\nAfter transformations, F1\n  %-28s %9s %8s %10s %6s %11s %7s %9s\n", "",
               "generated", "MongoDB", "SAP visual", "Talos", "TigerBeetle", "Turing", "SAP small");
  for (const NamedTransform& transform : Transforms()) {
    absl::PrintF("  %-28s", transform.name);
    static constexpr int kWidths[] = {9, 8, 10, 6, 11, 7, 9};
    for (size_t i = 0; i < sets.size(); ++i) {
      std::vector<LabelledSeries> changed;
      for (const LabelledSeries& series : sets[i]) changed.push_back(transform.apply(series));
      absl::PrintF(" %*.3f", kWidths[i], ScoreSet(changed, false));
    }
    absl::PrintF("\n");
  }
  return absl::OkStatus();
}

// Histories without a change: errors of consecutive points, as logarithms.
using Errors = std::function<std::vector<double>(size_t n, Random* random)>;

std::vector<double> Correlated(size_t n, double phi, Random* random) {
  std::vector<double> errors(n);
  double last = 0.01 / std::sqrt(1 - phi * phi) * NormalValue(*random);
  for (double& error : errors) error = last = phi * last + 0.01 * NormalValue(*random);
  return errors;
}

// Two modes 6 sigma apart; after each point the chance of the other mode is `change`.
std::vector<double> Switching(size_t n, double change, Random* random) {
  std::vector<double> errors(n);
  bool high = random->Below(2) == 0;
  for (double& error : errors) {
    if (random->Uniform() < change) high = !high;
    error = 0.01 * NormalValue(*random) + (high ? 0.06 : 0);
  }
  return errors;
}

std::vector<double> Bursts(size_t n, size_t length, Random* random) {
  std::vector<double> errors(n);
  size_t left = 0;
  for (double& error : errors) {
    if (left == 0 && random->Uniform() < 0.02) left = length;
    error = 0.01 * NormalValue(*random) + (left > 0 ? 0.1 : 0);
    if (left > 0) --left;
  }
  return errors;
}

std::vector<double> Rounded(std::vector<double> errors, double tick) {
  for (double& error : errors) error = tick * std::round(error / tick);
  return errors;
}

std::vector<double> Heavy(size_t n, Random* random) {
  std::vector<double> errors(n);
  for (double& error : errors) error = 0.01 * NormalValue(*random) / (0.1 + random->Uniform());
  return errors;
}

std::vector<double> EachTwice(const std::vector<double>& errors) {
  std::vector<double> twice;
  for (const double error : errors) twice.insert(twice.end(), {error, error});
  return twice;
}

struct NamedErrors {
  std::string_view name;
  Errors make;
};

std::vector<NamedErrors> CalmKinds() {
  const auto correlated = [](double phi) {
    return [phi](size_t n, Random* random) { return Correlated(n, phi, random); };
  };
  const auto switching = [](double change) {
    return [change](size_t n, Random* random) { return Switching(n, change, random); };
  };
  const auto bursts = [](size_t length) {
    return [length](size_t n, Random* random) { return Bursts(n, length, random); };
  };
  const auto rounded = [](double tick) {
    return [tick](size_t n, Random* random) { return Rounded(Correlated(n, 0, random), tick); };
  };
  return {
      {"normal", correlated(0)},
      {"heavy-tailed", Heavy},
      {"correlated .3", correlated(0.3)},
      {"correlated .6", correlated(0.6)},
      {"correlated .9", correlated(0.9)},
      {"rounded to 0.5 sigma", rounded(0.005)},
      {"rounded to 2 sigma", rounded(0.02)},
      {"rounded to 4 sigma", rounded(0.04)},
      {"each twice",
       [](size_t n, Random* random) { return EachTwice(Correlated(n / 2, 0, random)); }},
      {"switching, 1 in 2", switching(0.5)},
      {"switching, 1 in 5", switching(0.2)},
      {"switching, 1 in 20", switching(0.05)},
      {"bursts of 4", bursts(4)},
      {"bursts of 8", bursts(8)},
  };
}

std::vector<double> Values(const std::vector<double>& errors) {
  std::vector<double> values;
  for (const double error : errors) values.push_back(100 * std::exp(error));
  return values;
}

void PrintCalm(uint64_t seed) {
  constexpr size_t kLengths[] = {12, 20, 30, 50, 100, 200, 500};
  constexpr size_t kPoints = 20'000;
  absl::PrintF("\nNothing changes: false alarms per 1,000 points, by length\n  %-28s", "");
  for (const size_t n : kLengths) absl::PrintF(" %6d", n);
  absl::PrintF("\n");
  for (const NamedErrors& kind : CalmKinds()) {
    absl::PrintF("  %-28s", kind.name);
    for (const size_t n : kLengths) {
      Random random(seed * 1000 + n);
      size_t alarms = 0;
      for (size_t points = 0; points < kPoints; points += n) {
        alarms += FoundChanges(Values(kind.make(n, &random))).size();
      }
      absl::PrintF(" %6.2f", 1000.0 * static_cast<double>(alarms) / kPoints);
    }
    absl::PrintF("\n");
  }
}

// A step of `percent` with noise of 1 %: in the middle of n points, or with a third of them behind.
void PrintSteps(uint64_t seed) {
  constexpr size_t kLengths[] = {8, 10, 12, 15, 16, 18, 20, 24, 28, 40, 60, 100, 200};
  constexpr size_t kTrials = 200;
  absl::PrintF("\nOne step, noise 1 %%: share found within %d points, by length\n  %-28s", kMargin,
               "");
  for (const size_t n : kLengths) absl::PrintF(" %5d", n);
  absl::PrintF("\n");
  for (const double phi : {0.0, 0.5}) {
    for (const double percent : {2.0, 3.0, 5.0, 10.0}) {
      for (const size_t part : {size_t{2}, size_t{3}}) {
        absl::PrintF("  %-28s", absl::StrFormat("%.0f %%, 1/%d behind%s", percent, part,
                                                phi > 0 ? ", correlated .5" : ""));
        for (const size_t n : kLengths) {
          Random random(seed * 1000 + n + static_cast<size_t>(percent) * 17);
          size_t found = 0;
          const size_t at = n - n / part;
          for (size_t trial = 0; trial < kTrials; ++trial) {
            std::vector<double> errors = Correlated(n, phi, &random);
            for (size_t i = at; i < n; ++i) errors[i] += std::log1p(percent / 100);
            found += static_cast<size_t>(std::ranges::any_of(
                FoundChanges(Values(errors)),
                [at](size_t index) { return index <= at + kMargin && at <= index + kMargin; }));
          }
          absl::PrintF(" %5.2f", static_cast<double>(found) / kTrials);
        }
        absl::PrintF("\n");
      }
    }
  }
}

// A step of 5 % after ten points, then 50 calm ones: of the histories in which it was ever found,
// in how many it is found at every length from then on.
void PrintSurvival(uint64_t seed) {
  constexpr size_t kTrials = 200;
  absl::PrintF(
      "\nOne step after 10 points, then 50 calm ones: found at the end; of those ever found, kept "
      "ever after\n");
  for (const double percent : {3.0, 5.0, 10.0}) {
    Random random(seed * 77 + static_cast<size_t>(percent));
    size_t at_end = 0;
    size_t ever = 0;
    size_t kept = 0;
    for (size_t trial = 0; trial < kTrials; ++trial) {
      std::vector<double> errors = Correlated(60, 0, &random);
      for (size_t i = 10; i < errors.size(); ++i) errors[i] += std::log1p(percent / 100);
      const std::vector<double> values = Values(errors);
      bool seen = false;
      bool lost = false;
      bool now = false;
      for (size_t n = 11; n <= values.size(); ++n) {
        const auto end = values.begin() + static_cast<std::ptrdiff_t>(n);
        now = !FoundChanges({values.begin(), end}).empty();
        seen = seen || now;
        lost = lost || (seen && !now);
      }
      at_end += now;
      ever += seen;
      kept += seen && !lost;
    }
    absl::PrintF("  %3.0f %%: %.2f; %.2f\n", percent, static_cast<double>(at_end) / kTrials,
                 static_cast<double>(kept) / static_cast<double>(std::max<size_t>(1, ever)));
  }
}

}  // namespace

absl::Status PrintRobustness(const std::string& folder, uint64_t seed) {
  BF_RETURN_IF_ERROR(PrintTransforms(folder, seed));
  PrintCalm(seed);
  PrintSteps(seed);
  PrintSurvival(seed);
  return absl::OkStatus();
}

}  // namespace benchfleet::bench
