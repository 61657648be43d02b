#include "benchctl/progress.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "benchctl/job_text.h"
#include "benchctl/table.h"

namespace benchfleet {
namespace {

const absl::Duration kRateWindow = absl::Seconds(10);

const HostProgress* Find(const JobStatus& job, const std::string& host) {
  for (const HostProgress& candidate : job.hosts) {
    if (candidate.host == host) return &candidate;
  }
  return nullptr;
}

// Eighths of a block make short bars move too.
std::string ProgressBar(uint64_t done, uint64_t all, int width) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const uint64_t cells = static_cast<uint64_t>(width) * 8;
  const uint64_t filled = all == 0 ? 0 : std::min(cells, done * cells / all);
  std::string bar;
  for (uint64_t i = 0; i < filled / 8; ++i) bar += "█";
  bar += kEighths[filled % 8];
  uint64_t used = filled / 8 + (filled % 8 != 0 ? 1 : 0);
  for (; used < static_cast<uint64_t>(width); ++used) bar += "░";
  return bar;
}

std::string Colored(const JobStatus& job, const Style& style) {
  const std::string word(StateName(job.state));
  switch (job.state) {
    case State::kDone:
      return style.Green(word);
    case State::kFailed:
      return style.Red(word);
    case State::kCancelled:
      return style.Yellow(word);
    default:
      return style.Bold(word);
  }
}

}  // namespace

std::string ClockText(absl::Duration duration) {
  const int64_t seconds = std::max<int64_t>(0, absl::ToInt64Seconds(duration));
  if (seconds >= 3600) {
    return absl::StrFormat("%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
  return absl::StrFormat("%d:%02d", seconds / 60, seconds % 60);
}

void Progress::Update(const JobStatus& status, absl::Time now) {
  if (!seen_) {
    seen_ = true;
    first_ = status;
    first_at_ = now;
  }
  status_ = status;
  samples_.emplace_back(now, status.samples);
  while (samples_.size() > 2 && now - samples_[1].first >= kRateWindow) samples_.pop_front();
}

absl::Duration Progress::Elapsed(absl::Time now) const {
  // While the job runs, this host's clock against the coordinator's: never below zero at least.
  if (status_.started_at == absl::InfinitePast()) return absl::ZeroDuration();
  const absl::Time end = status_.finished_at == absl::InfinitePast() ? now : status_.finished_at;
  return std::max(end - status_.started_at, absl::ZeroDuration());
}

std::optional<absl::Duration> Progress::TimeLeft(absl::Time now) const {
  if (IsFinal(status_.state)) return std::nullopt;
  const absl::Duration watched = now - first_at_;
  std::optional<absl::Duration> longest;
  for (const HostProgress& host : status_.hosts) {
    const uint64_t left = host.runs - std::min(host.runs, host.runs_done + host.runs_failed);
    if (left == 0) continue;
    const HostProgress* before = Find(first_, host.host);
    const uint64_t seen =
        host.runs_done - std::min(before == nullptr ? 0 : before->runs_done, host.runs_done);
    absl::Duration pace;
    if (seen > 0 && watched > absl::ZeroDuration()) {
      pace = watched / static_cast<int64_t>(seen);
    } else if (host.runs_done > 0) {
      pace = Elapsed(now) / static_cast<int64_t>(host.runs_done);
    } else {
      return std::nullopt;
    }
    longest = std::max(longest.value_or(absl::ZeroDuration()), pace * static_cast<int64_t>(left));
  }
  return longest;
}

std::optional<double> Progress::SamplesPerSecond(absl::Time now) const {
  if (samples_.size() < 2) return std::nullopt;
  const double seconds = absl::ToDoubleSeconds(now - samples_.front().first);
  if (seconds < 0.5) return std::nullopt;
  const uint64_t newer = samples_.back().second;
  const uint64_t older = std::min(newer, samples_.front().second);
  return static_cast<double>(newer - older) / seconds;
}

std::string Progress::HostLine(const HostProgress& host, size_t name_width, int count_width,
                               int columns, const Style& style) const {
  const int bar_width = std::clamp(columns / 5, 8, 30);
  std::string name = Shorten(Printable(host.host), name_width);
  name.append(name_width - std::min(name_width, DisplayWidth(name)), ' ');
  const std::string counts =
      absl::StrFormat("%*d/%-*d", count_width, host.runs_done, count_width, host.runs);
  std::string note = host.runs_failed > 0 ? absl::StrFormat("%d failed  ", host.runs_failed) : "";
  const size_t used = 2 + name_width + 2 + static_cast<size_t>(bar_width) + 2 + counts.size() + 2;
  const size_t room = static_cast<size_t>(columns) > used ? static_cast<size_t>(columns) - used : 0;
  std::string now = host.now;
  if (!host.connected && host.runs_done < host.runs) now = "away" + (now.empty() ? "" : ": " + now);
  const std::string tail = Shorten(note + Printable(now), room);
  const std::string bar = ProgressBar(host.runs_done, host.runs, bar_width);
  return "  " + name + "  " + (host.connected ? style.Green(bar) : style.Dim(bar)) + "  " + counts +
         "  " + (host.runs_failed > 0 || !host.connected ? style.Yellow(tail) : tail) + "\n";
}

std::string Progress::Picture(absl::Time now, TerminalSize size, const Style& style) const {
  const int columns = std::max(size.columns - 1, 30);  // the last cell makes some terminals wrap
  std::string tail = absl::StrFormat("  %s  %d of %d runs", ClockText(Elapsed(now)),
                                     status_.runs_done, status_.runs);
  if (const auto rate = SamplesPerSecond(now); rate.value_or(0) > 0 && !IsFinal(status_.state)) {
    tail += absl::StrFormat("  %s samples/s", FormatCount(*rate));
  }
  if (const auto left = TimeLeft(now)) {
    tail += absl::StrFormat("  %s left", ClockText(*left));
  }
  const std::string state(StateName(status_.state));
  std::string name = absl::StrFormat("job %d %s", status_.job.value, Printable(status_.name));
  const size_t fixed = state.size() + 2 + tail.size();
  const size_t room =
      static_cast<size_t>(columns) > fixed + 12 ? static_cast<size_t>(columns) - fixed : 12;
  name = Shorten(name, room);
  if (DisplayWidth(name) + fixed > static_cast<size_t>(columns)) {
    tail = Shorten(
        tail, static_cast<size_t>(std::max(0, columns - static_cast<int>(DisplayWidth(name)) - 2 -
                                                  static_cast<int>(state.size()))));
  }
  std::string text = style.Bold(name) + "  " + Colored(status_, style) + tail + "\n";
  if (!status_.message.empty()) {
    text += "  " + Shorten(Printable(status_.message), static_cast<size_t>(columns) - 2) + "\n";
  }
  size_t name_width = 4;
  uint64_t most_runs = 0;
  for (const HostProgress& host : status_.hosts) {
    name_width = std::max(name_width, DisplayWidth(Printable(host.host)));
    most_runs = std::max(most_runs, host.runs);
  }
  const auto count_width = static_cast<int>(absl::StrFormat("%d", most_runs).size());
  name_width = std::min<size_t>(name_width, 24);
  const auto most = static_cast<size_t>(std::max(1, size.rows - 4));
  const size_t shown = status_.hosts.size() <= most ? status_.hosts.size() : most - 1;
  for (size_t i = 0; i < shown; ++i)
    text += HostLine(status_.hosts[i], name_width, count_width, columns, style);
  if (shown < status_.hosts.size()) {
    text += absl::StrFormat("  … and %d more hosts\n", status_.hosts.size() - shown);
  }
  return text;
}

std::string Progress::Line(absl::Time now) const {
  std::string text =
      absl::StrFormat("job %d %s: %s, %d of %d runs", status_.job.value, Printable(status_.name),
                      std::string(StateName(status_.state)), status_.runs_done, status_.runs);
  if (const uint64_t failed = FailedRuns(status_); failed > 0) {
    text += absl::StrFormat(" (%d failed)", failed);
  }
  text += absl::StrFormat(", %s samples", FormatCount(static_cast<double>(status_.samples)));
  if (const auto left = TimeLeft(now)) text += absl::StrFormat(", %s left", ClockText(*left));
  if (!status_.message.empty()) text += " — " + Printable(status_.message);
  return text;
}

}  // namespace benchfleet
