#include "analysis/settle.h"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "analysis/multiple.h"
#include "base/text.h"

namespace benchfleet {
namespace {

std::string Percent(double ratio_less_one) {
  return absl::StrFormat("%.2g %%", 100 * ratio_less_one);
}

std::string DetectableText(double effect) {
  return effect > 10 ? "more than 1000 %" : Percent(effect);
}

std::string EffectText(const VerdictOptions& options, const Comparison& result) {
  if (result.on_differences) {
    const Interval& interval = result.difference_interval;
    return absl::StrFormat("%s (%s to %s)", DifferenceText(result.difference, options.unit),
                           DifferenceText(interval.low, options.unit),
                           DifferenceText(interval.high, options.unit));
  }
  return absl::StrFormat("%+.2f %% (%+.2f to %+.2f)", 100 * (result.ratio - 1),
                         100 * (result.ratio_interval.low - 1),
                         100 * (result.ratio_interval.high - 1));
}

std::string ExactText(const VerdictOptions& options, const Comparison& result) {
  return result.on_differences ? DifferenceText(result.difference, options.unit)
                               : absl::StrFormat("%+.4g %%", 100 * (result.ratio - 1));
}

std::string MarginText(const VerdictOptions& options, const Comparison& result) {
  if (result.on_differences) return FormatValue(result.difference_margin, options.unit);
  return Percent(std::expm1(options.equivalence));
}

bool WithinMargin(const VerdictOptions& options, const Comparison& result) {
  if (result.on_differences) {
    return result.difference_interval.low >= -result.difference_margin &&
           result.difference_interval.high <= result.difference_margin;
  }
  return std::log(result.ratio_interval.low) >= -options.equivalence &&
         std::log(result.ratio_interval.high) <= options.equivalence;
}

}  // namespace

const char* VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kUndecided:
      return "undecided";
    case Verdict::kUnchanged:
      return "unchanged";
    case Verdict::kImproved:
      return "improved";
    case Verdict::kRegressed:
      return "regressed";
  }
  return "undecided";
}

std::string DifferenceText(double difference, const std::string& unit) {
  if (!std::isfinite(difference)) return difference < 0 ? "-inf" : "+inf";
  return (difference < 0 ? "-" : "+") + FormatValue(std::abs(difference), unit);
}

Comparison NotJudgeable(Comparison result, std::string reason) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  result.judgeable = false;
  result.verdict = Verdict::kUndecided;
  result.reason = std::move(reason);
  result.ratio_interval = {.low = 0, .high = kInfinity};
  result.difference_interval = {.low = -kInfinity, .high = kInfinity};
  return result;
}

void SettleVerdict(const VerdictOptions& options, Comparison* result) {
  if (!result->judgeable) return;
  const std::string effect = EffectText(options, *result);
  if (result->adjusted_p <= options.alpha && result->maybe_excursion) {
    result->verdict = Verdict::kUndecided;
    result->reason = absl::StrFormat(
        "%s, but earlier single runs of this series strayed as far; repeat it", effect);
  } else if (result->adjusted_p <= options.alpha) {
    const double shift = result->on_differences ? result->difference : result->log_shift;
    const bool worse = (shift > 0) == options.lower_is_better;
    result->verdict = worse ? Verdict::kRegressed : Verdict::kImproved;
    result->reason = result->never_varies
                         ? ExactText(options, *result) + ": neither side ever varies"
                     : result->on_differences
                         ? absl::StrFormat("%s with p = %.2g", effect, result->adjusted_p)
                         : absl::StrFormat("%s is beyond the floor of %s with p = %.2g", effect,
                                           Percent(options.floor), result->adjusted_p);
  } else if (WithinMargin(options, *result)) {
    result->verdict = Verdict::kUnchanged;
    result->reason =
        result->never_varies
            ? ExactText(options, *result) + ": neither side ever varies"
            : absl::StrFormat("%s lies within -+%s", effect, MarginText(options, *result));
  } else {
    result->verdict = Verdict::kUndecided;
    result->reason = absl::StrFormat("%s is neither surely beyond the floor nor surely within -+%s",
                                     effect, MarginText(options, *result));
    if (result->minimum_detectable_effect) {
      result->reason += absl::StrFormat("; with these runs a change of %s would be seen",
                                        DetectableText(*result->minimum_detectable_effect));
    }
  }
}

void AdjustVerdicts(std::span<Comparison> report, const VerdictOptions& options) {
  std::vector<double> p;
  for (const Comparison& comparison : report) {
    if (comparison.judgeable) p.push_back(comparison.p);
  }
  const auto adjusted = AdjustPValues(p, Adjustment::kBenjaminiHochberg);
  if (!adjusted.ok()) return;
  size_t next = 0;
  for (Comparison& comparison : report) {
    if (!comparison.judgeable) continue;
    comparison.adjusted_p = (*adjusted)[next++];
    SettleVerdict(options, &comparison);
  }
}

}  // namespace benchfleet
