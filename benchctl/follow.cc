#include "benchctl/follow.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "benchctl/json_out.h"
#include "benchctl/progress.h"

namespace benchfleet {
namespace {

const absl::Duration kLineInterval = absl::Seconds(10);
const absl::Duration kRetryInterval = absl::Milliseconds(500);

// The one place that writes while a job is followed.
class View {
 public:
  View(const FollowOptions& options, const Console& console)
      : options_(options), console_(console), moving_(console.err_is_terminal && !options.json) {}

  void Show(const JobStatus& status) {
    const absl::Time now = console_.clock->Now();
    const bool news = !seen_ || status.state != progress_.status().state ||
                      status.message != progress_.status().message;
    progress_.Update(status, now);
    seen_ = true;
    away_.clear();
    if (options_.json) {
      console_.out(JobJsonLine(status));
    } else if (moving_) {
      Draw(now);
    } else if (news || now - line_at_ >= kLineInterval) {
      PrintLine(now);
    }
  }

  // Between statuses: clocks move on.
  void Tick() {
    const absl::Time now = console_.clock->Now();
    if (seen_ && moving_ && now - drawn_at_ >= absl::Milliseconds(250)) Draw(now);
  }

  void Away(const absl::Status& why) {
    const bool first = away_.empty();
    away_ = Message(why);
    if (options_.json) return;
    if (moving_) {
      Draw(console_.clock->Now());
    } else if (first) {
      console_.err(away_ + "; waiting for it\n");
    }
  }

  const JobStatus& last() const { return progress_.status(); }
  bool seen() const { return seen_; }

 private:
  void PrintLine(absl::Time now) {
    line_at_ = now;
    console_.err(progress_.Line(now) + "\n");
  }

  void Draw(absl::Time now) {
    drawn_at_ = now;
    const TerminalSize size = console_.size();
    std::string picture = seen_ ? progress_.Picture(now, size, options_.style) : "";
    if (!away_.empty())
      picture += options_.style.Yellow("  the coordinator is away; waiting") + "\n";
    std::string text;
    if (lines_ > 0) text = absl::StrFormat("\x1b[%dA", lines_);
    text += "\r\x1b[J" + picture;
    lines_ = static_cast<int>(std::count(picture.begin(), picture.end(), '\n'));
    console_.err(text);
  }

  const FollowOptions& options_;
  const Console& console_;
  const bool moving_;
  Progress progress_;
  bool seen_ = false;
  std::string away_;
  int lines_ = 0;  // of the picture that stands on the terminal
  absl::Time drawn_at_ = absl::InfinitePast();
  absl::Time line_at_ = absl::InfinitePast();
};

}  // namespace

absl::StatusOr<FollowResult> Follow(Client& client, JobId job, const FollowOptions& options,
                                    const Console& console) {
  console.catch_interrupts();
  View view(options, console);
  absl::Time heard_at = console.clock->Now();
  while (true) {
    const absl::Status ended = client.Watch(job, [&](const JobStatus* status) {
      if (status != nullptr) {
        heard_at = console.clock->Now();
        view.Show(*status);
      } else {
        view.Tick();
      }
      return !console.interrupted();
    });
    if (console.interrupted()) return FollowResult{view.last(), true};
    if (view.seen() && IsFinal(view.last().state)) return FollowResult{view.last(), false};
    // A stream that ends well before the job does is a coordinator that shuts down.
    const absl::Status why =
        ended.ok() ? absl::UnavailableError("the coordinator ended the watch") : ended;
    const bool patient = view.seen() && console.clock->Now() - heard_at < options.patience;
    const bool away = absl::IsUnavailable(why) || absl::IsCancelled(why);
    if (!away || !patient) return why;
    view.Away(why);
    console.sleep(kRetryInterval);
  }
}

}  // namespace benchfleet
