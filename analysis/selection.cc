#include "analysis/selection.h"

#include <algorithm>

namespace benchfleet {
namespace {

constexpr size_t kSelectionReach = 10;     // Windows beyond which nothing bears on a boundary.
constexpr size_t kCandidatesDecided = 64;  // Candidates that are decided at a time.
constexpr size_t kRememberMax = 1 << 17;

}  // namespace

void ChangeSelection::Reset(const BoundaryOptions& judging) {
  judging_ = judging;
  judged_.clear();
  polished_.clear();
  seen_.clear();
  blocks_.clear();
  decided_.clear();
}

BoundaryEvidence ChangeSelection::Judge(std::span<const double> values, Boundary boundary) {
  // What lies far off has no influence: leaving it out of the key lets it serve as the series
  // grows.
  const size_t reach = kSelectionReach * judging_.window;
  if (boundary.at - boundary.from > reach) boundary.from = boundary.at - reach;
  boundary.to = std::min(boundary.to, boundary.at + reach);
  if (judged_.size() > kRememberMax) judged_.clear();
  const auto [entry, is_new] = judged_.try_emplace(boundary);
  if (is_new) entry->second = JudgeBoundary(values, boundary, judging_);
  return entry->second;
}

std::vector<size_t> ChangeSelection::PrunedWithin(std::span<const double> values, Stretch stretch,
                                                  const std::vector<size_t>& changes) {
  return WithoutWeakest(changes, stretch.from, stretch.to, judging_.critical,
                        [&](const Boundary& boundary) { return Judge(values, boundary).z; });
}

std::vector<size_t> ChangeSelection::WithoutTransients(std::span<const double> values,
                                                       Stretch stretch,
                                                       std::vector<size_t> changes) const {
  for (size_t i = 0; i + 1 < changes.size();) {
    const size_t from = i == 0 ? stretch.from : changes[i - 1];
    const size_t to = i + 2 < changes.size() ? changes[i + 2] : stretch.to;
    if (changes[i + 1] - changes[i] < transient_ &&
        ReturnsToLevel(values, from, changes[i], changes[i + 1], to, judging_)) {
      const auto first = changes.begin() + static_cast<std::ptrdiff_t>(i);
      changes.erase(first, first + 2);
      i = i > 1 ? i - 2 : 0;  // Their neighbours now lie side by side.
    } else {
      ++i;
    }
  }
  return changes;
}

void ChangeSelection::PolishWithin(std::span<const double> values, Stretch stretch,
                                   std::vector<size_t>* changes) {
  for (size_t i = 0; i < changes->size(); ++i) {
    size_t& at = (*changes)[i];
    Boundary boundary{.from = i == 0 ? stretch.from : (*changes)[i - 1],
                      .at = at,
                      .to = i + 1 < changes->size() ? (*changes)[i + 1] : stretch.to};
    if (at - boundary.from > judging_.window) boundary.from = at - judging_.window;
    boundary.to = std::min(boundary.to, at + judging_.window);
    if (polished_.size() > kRememberMax) polished_.clear();
    const auto [entry, is_new] = polished_.try_emplace(boundary);
    if (is_new) entry->second = PolishedPosition(values, boundary, judging_.window, polish_);
    at = entry->second;
  }
}

std::vector<size_t> ChangeSelection::ChooseWithin(std::span<const double> values, Stretch stretch,
                                                  std::vector<size_t> changes) {
  PolishWithin(values, stretch, &changes);
  changes = PrunedWithin(values, stretch, changes);
  changes = PrunedWithin(values, stretch, WithoutTransients(values, stretch, std::move(changes)));
  PolishWithin(values, stretch, &changes);
  return changes;
}

std::vector<size_t> ChangeSelection::Pruned(std::span<const double> values,
                                            const std::vector<size_t>& changes) {
  return PrunedWithin(values, {.from = 0, .to = values.size()}, changes);
}

void ChangeSelection::Polish(std::span<const double> values, std::vector<size_t>* changes) {
  PolishWithin(values, {.from = 0, .to = values.size()}, changes);
}

std::vector<size_t> ChangeSelection::Choose(std::span<const double> values,
                                            const std::vector<size_t>& candidates) {
  const size_t same =
      static_cast<size_t>(std::ranges::mismatch(seen_, candidates).in1 - seen_.begin());
  seen_ = candidates;
  // Block b saw the candidates up to the first one past its view.
  while (!blocks_.empty() && (blocks_.size() + 1) * kCandidatesDecided >= same) blocks_.pop_back();
  Block block = blocks_.empty() ? Block{} : blocks_.back();
  decided_.resize(block.decided);
  const auto part = [&](size_t begin, size_t end) {
    return std::vector<size_t>(candidates.begin() + static_cast<std::ptrdiff_t>(begin),
                               candidates.begin() + static_cast<std::ptrdiff_t>(end));
  };
  size_t begin = blocks_.size() * kCandidatesDecided;
  for (; begin + 2 * kCandidatesDecided < candidates.size(); begin += kCandidatesDecided) {
    const size_t cut = candidates[begin + kCandidatesDecided];
    const Stretch stretch{.from = block.last, .to = candidates[begin + 2 * kCandidatesDecided]};
    for (const size_t change :
         ChooseWithin(values, stretch, part(begin, begin + 2 * kCandidatesDecided))) {
      if (change < cut) decided_.push_back(change);
    }
    if (!decided_.empty()) block.last = decided_.back();
    block.decided = decided_.size();
    blocks_.push_back(block);
  }
  std::vector<size_t> changes = decided_;
  const auto rest = ChooseWithin(values, {.from = block.last, .to = values.size()},
                                 part(begin, candidates.size()));
  changes.insert(changes.end(), rest.begin(), rest.end());
  return changes;
}

}  // namespace benchfleet
