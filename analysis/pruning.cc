#include <limits>
#include <queue>

#include "analysis/boundary.h"

namespace benchfleet {
namespace {

constexpr size_t kNone = std::numeric_limits<size_t>::max();

struct Entry {
  double z = 0;
  size_t at = 0;  // position in the list of changes
  Boundary boundary;
  bool operator>(const Entry& other) const { return z != other.z ? z > other.z : at > other.at; }
};

// The changes as a list from which any can be taken out.
class Chain {
 public:
  Chain(const std::vector<size_t>& changes, size_t from, size_t to)
      : changes_(changes), from_(from), to_(to), gone_(changes.size(), false) {
    for (size_t i = 0; i < changes.size(); ++i) {
      previous_.push_back(i == 0 ? kNone : i - 1);
      next_.push_back(i + 1 == changes.size() ? kNone : i + 1);
    }
  }
  Boundary At(size_t i) const {
    return {.from = previous_[i] == kNone ? from_ : changes_[previous_[i]],
            .at = changes_[i],
            .to = next_[i] == kNone ? to_ : changes_[next_[i]]};
  }
  bool gone(size_t i) const { return gone_[i]; }
  size_t previous(size_t i) const { return previous_[i]; }
  size_t next(size_t i) const { return next_[i]; }
  void TakeOut(size_t i) {
    gone_[i] = true;
    if (previous_[i] != kNone) next_[previous_[i]] = next_[i];
    if (next_[i] != kNone) previous_[next_[i]] = previous_[i];
  }

 private:
  const std::vector<size_t>& changes_;
  size_t from_;
  size_t to_;
  std::vector<bool> gone_;
  std::vector<size_t> previous_;
  std::vector<size_t> next_;
};

}  // namespace

std::vector<size_t> WithoutWeakest(const std::vector<size_t>& changes, size_t from, size_t to,
                                   double critical,
                                   const std::function<double(const Boundary&)>& judge) {
  Chain chain(changes, from, to);
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> weakest;
  const auto push = [&](size_t i) {
    if (i == kNone) return;
    const Boundary boundary = chain.At(i);
    weakest.push({.z = judge(boundary), .at = i, .boundary = boundary});
  };
  for (size_t i = 0; i < changes.size(); ++i) push(i);
  while (!weakest.empty() && weakest.top().z < critical) {
    const Entry entry = weakest.top();
    weakest.pop();
    // Taken out, or judged anew since?
    if (chain.gone(entry.at) || !(entry.boundary == chain.At(entry.at))) continue;
    chain.TakeOut(entry.at);
    push(chain.previous(entry.at));
    push(chain.next(entry.at));
  }
  std::vector<size_t> kept;
  for (size_t i = 0; i < changes.size(); ++i) {
    if (!chain.gone(i)) kept.push_back(changes[i]);
  }
  return kept;
}

}  // namespace benchfleet
