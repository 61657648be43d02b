// The sentences of a proving report; proving_text.cc has its tables.
#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "benchctl/proving_text.h"
#include "benchctl/report_text.h"

namespace benchfleet {
namespace {

std::string Power(double log2_size) {
  std::string text = absl::StrFormat("%.1f", log2_size);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return "2^" + text;
}

std::string Marked(const std::string& name, NameMarks marks) {
  const std::string safe = Printable(name);
  return marks == NameMarks::kBackticks ? "`" + safe + "`" : safe;
}

// "over wan", and whether the connection is kept: "" for the network as it is.
std::string Over(const ProvingSetting& setting, NameMarks marks) {
  std::string text;
  if (setting.network != "none") text += " over " + Marked(setting.network, marks);
  if (!setting.connection.empty())
    text += " (connection " + Marked(setting.connection, marks) + ")";
  return text;
}

int DecimalsFor(double ratio) {
  if (ratio >= 30) return 0;
  return std::fabs(ratio - 1) < 0.1 ? 2 : 1;
}

// "1.4 (1.3–1.5) times"
std::string TimesWithInterval(double ratio, const std::optional<Interval>& interval) {
  if (!interval) return TimesText(ratio) + " times";
  int decimals =
      std::max({DecimalsFor(ratio), DecimalsFor(interval->low), DecimalsFor(interval->high)});
  const auto text = [&decimals](double value) { return absl::StrFormat("%.*f", decimals, value); };
  if (text(interval->low) == text(interval->high)) ++decimals;
  return absl::StrFormat("%.*f (%.*f–%.*f) times", decimals, ratio, decimals, interval->low,
                         decimals, interval->high);
}

RatioEstimate Inverse(const RatioEstimate& ratio) {
  RatioEstimate inverse = {1 / ratio.value, std::nullopt};
  if (ratio.interval) {
    inverse.interval = Interval{.low = 1 / ratio.interval->high, .high = 1 / ratio.interval->low};
  }
  return inverse;
}

// Who wins, and who loses.
struct Names {
  std::string remote;
  std::string local;
  std::string at_home;  // `local` at the beginning of what it does
  std::string over;
};

Names NamesOf(const ProvingComparison& comparison, NameMarks marks) {
  const std::string server = Marked(comparison.remote.sides.server, marks);
  const std::string client = Marked(comparison.remote.sides.client, marks);
  const std::string over = Over(comparison.remote, marks);
  if (!comparison.across_provers()) return {server, client, "local on " + client, over};
  const std::string local = Marked(comparison.local_prover, marks) + " on " + client;
  return {Marked(comparison.subject.prover, marks) + " on " + server, local, local, over};
}

// What the sentence is about: "ultrahonk-bb chain: "; where provers differ the sentence names them.
std::string Beginning(const ProvingComparison& comparison, const std::string& circuit) {
  if (comparison.across_provers()) return Printable(circuit) + ": ";
  return Printable(comparison.subject.prover) + " " + Printable(circuit) + ": ";
}

std::string SingleSize(const ProvingComparison& comparison, const Names& names) {
  const RatioEstimate& ratio = comparison.sizes[0].speed_up;
  const std::string at = comparison.sizes[0].subject.size.empty() ? "" : "at this size ";
  if (!ratio.interval) {
    return absl::StrFormat("%s%s takes %s of the time of %s%s, from a single sample: undecided", at,
                           names.remote, absl::StrFormat("%.0f%%", 100 / ratio.value), names.local,
                           names.over);
  }
  if (ratio.interval->low > 1) {
    return absl::StrFormat("%s%s is %s faster than %s%s", at, names.remote,
                           TimesWithInterval(ratio.value, ratio.interval), names.local, names.over);
  }
  const RatioEstimate inverse = Inverse(ratio);
  if (ratio.interval->high < 1) {
    return absl::StrFormat("%s%s is %s slower than %s%s", at, names.remote,
                           TimesWithInterval(inverse.value, inverse.interval), names.local,
                           names.over);
  }
  return absl::StrFormat("%s%s and %s cannot be told apart%s: the one is %s as fast as the other",
                         at, names.remote, names.local, names.over,
                         TimesWithInterval(ratio.value, ratio.interval));
}

// "3.1 times faster at 2^10 and 1.8 times at 2^14"
std::string AtBothEnds(const ProvingComparison& comparison, bool local_wins) {
  const auto times = [&](const ComparedSize& size) {
    return TimesText(local_wins ? 1 / size.speed_up.value : size.speed_up.value);
  };
  const ComparedSize& first = comparison.sizes.front();
  const ComparedSize& last = comparison.sizes.back();
  return absl::StrFormat("%s times faster at 2^%s and %s times at 2^%s", times(first),
                         first.subject.size, times(last), last.subject.size);
}

std::string CrossingRange(const Interval& interval) {
  if (std::isinf(interval.low)) return "at most " + Power(interval.high);
  if (std::isinf(interval.high)) return "at least " + Power(interval.low);
  return Power(interval.low) + " to " + Power(interval.high);
}

std::string Crossing(const BreakEvenSize& found, const Names& names) {
  const std::string range = CrossingRange(*found.interval);
  if (found.faster_above) {
    return absl::StrFormat("from about %s constraints on, %s beats %s%s (%s)",
                           Power(*found.log2_size), names.remote, names.local, names.over, range);
  }
  return absl::StrFormat("up to about %s constraints, %s beats %s%s (%s); beyond, %s is faster",
                         Power(*found.log2_size), names.remote, names.local, names.over, range,
                         names.local);
}

// The size at which bandwidth and round trip say the most: the largest that has an answer.
const ComparedSize* TellingSize(const ProvingComparison& comparison) {
  for (auto size = comparison.sizes.rbegin(); size != comparison.sizes.rend(); ++size) {
    if (size->rate.outcome == LimitOutcome::kFound || size->rate.outcome == LimitOutcome::kNever) {
      return &*size;
    }
  }
  return nullptr;
}

std::string LimitText(const NetworkLimit& limit, double factor, std::string_view unit,
                      const char* from, const char* on) {
  if (limit.outcome != LimitOutcome::kFound) return limit.reason;
  std::string range;
  if (limit.interval) {
    Interval shown = {.low = limit.interval->low * factor, .high = limit.interval->high * factor};
    if (std::isinf(shown.high)) {
      range = absl::StrFormat("at least %s", FormatValue(shown.low, unit));
    } else if (shown.low <= 0) {
      range = absl::StrFormat("at most %s", FormatValue(shown.high, unit));
    } else {
      range = FormatRange(shown, unit);
    }
  }
  std::string text = std::string(from) + FormatValue(limit.value * factor, unit) + on;
  if (!range.empty()) text += " (" + range + (limit.extrapolated ? "; extrapolated" : "") + ")";
  return text;
}

void AddNetworkDetail(const ProvingComparison& comparison, std::vector<std::string>* details) {
  const ComparedSize* size = TellingSize(comparison);
  if (size == nullptr) return;
  const std::string circuit = size->subject.CircuitText();
  if (size->rate.outcome == LimitOutcome::kNever) {
    details->push_back(
        absl::StrFormat("%s: no bandwidth makes it faster: %s", circuit, size->rate.reason));
    return;
  }
  std::string text = absl::StrFormat("%s: faster remotely %s", circuit, RateText(size->rate));
  if (size->round_trip.outcome == LimitOutcome::kFound) {
    text += ", and " + RoundTripText(size->round_trip);
  }
  details->push_back(text);
}

}  // namespace

std::string TimesText(double ratio) { return absl::StrFormat("%.*f", DecimalsFor(ratio), ratio); }

std::string SpeedUpText(const std::optional<RatioEstimate>& speed_up) {
  if (!speed_up) return "";
  if (!speed_up->interval) return absl::StrFormat("%.2fx", speed_up->value);
  return absl::StrFormat("%.2fx (%.2f–%.2f)", speed_up->value, speed_up->interval->low,
                         speed_up->interval->high);
}

std::string RateText(const NetworkLimit& rate) {
  return LimitText(rate, 8, "bit/s", "from ", " on");
}

std::string RoundTripText(const NetworkLimit& round_trip) {
  return LimitText(round_trip, 1, "ns", "up to a round trip of ", "");
}

std::string BreakEvenSentence(const ProvingComparison& comparison, NameMarks marks) {
  const Names names = NamesOf(comparison, marks);
  const std::string subject = Beginning(comparison, comparison.subject.circuit);
  if (comparison.sizes.empty()) {
    return subject + absl::StrFormat("no size was measured both on %s and with %s%s", names.local,
                                     names.remote, names.over);
  }
  const BreakEvenSize& found = comparison.break_even;
  switch (found.outcome) {
    case SizeOutcome::kCrossing:
      return subject + Crossing(found, names);
    case SizeOutcome::kAlwaysFaster:
      return subject +
             absl::StrFormat("no break-even in the measured range: %s beats %s%s throughout, %s",
                             names.remote, names.local, names.over, AtBothEnds(comparison, false));
    case SizeOutcome::kAlwaysSlower:
      return subject + absl::StrFormat("no break-even in the measured range%s: %s is %s than %s",
                                       names.over, names.at_home, AtBothEnds(comparison, true),
                                       names.remote);
    case SizeOutcome::kUndecided:
      return subject + absl::StrFormat("undecided between %s and %s%s: %s", names.remote,
                                       names.local, names.over, found.reason);
    case SizeOutcome::kSingleSize:
      break;
  }
  return Beginning(comparison, comparison.sizes[0].subject.CircuitText()) +
         SingleSize(comparison, names);
}

std::vector<std::string> BreakEvenDetails(const ProvingComparison& comparison) {
  std::vector<std::string> details;
  const BreakEvenSize& found = comparison.break_even;
  if (found.interval && found.outcome == SizeOutcome::kCrossing) {
    if (std::isinf(found.interval->low)) {
      details.push_back("the break-even may lie below the smallest size that was measured");
    }
    if (std::isinf(found.interval->high)) {
      details.push_back("the break-even may lie above the largest size that was measured");
    }
  }
  if (found.crossings > 1) {
    details.push_back(absl::StrFormat(
        "the two cross %d times in the measured range; the last crossing is the one named",
        found.crossings));
  }
  AddNetworkDetail(comparison, &details);
  if (comparison.single_run) {
    details.push_back(
        "some figures are of a single run: what differs from run to run is not in the intervals");
  }
  for (const std::string& size : comparison.one_sided) {
    details.push_back(Printable(size) + " was measured, and is not compared");
  }
  return details;
}

}  // namespace benchfleet
