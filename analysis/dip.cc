#include "analysis/dip.h"

#include <algorithm>
#include <vector>

namespace benchfleet {
namespace {

// Hartigan's algorithm (AS 217, with its published correction of 2003). All heights are counts of
// values, so that steps of the empirical distribution are 1 high; places count from 1.
class DipSearch {
 public:
  explicit DipSearch(std::span<const double> sorted) : n_(sorted.size()), x_{0} {
    x_.insert(x_.end(), sorted.begin(), sorted.end());
    FindTouching();
  }

  // Narrows the interval of the mode until no deviation beside it exceeds that within it.
  double Run() {
    double dip = 1;
    size_t low = 1;
    size_t high = n_;
    while (x_[high] > x_[low]) {
      ListHulls(low, high);
      const Gap gap = WidestGap();
      if (gap.height < dip) break;
      dip = std::max({dip, BelowMinorant(gap.minorant), AboveMajorant(gap.majorant)});
      const size_t new_low = minorant_[gap.minorant];
      const size_t new_high = majorant_[gap.majorant];
      if (low == new_low && high == new_high) break;
      low = new_low;
      high = new_high;
    }
    return dip / (2 * static_cast<double>(n_));
  }

 private:
  // Where, within the interval, the hulls lie furthest apart: places in their lists.
  struct Gap {
    double height = 0;
    size_t minorant = 0;
    size_t majorant = 0;
  };

  double Count(size_t from, size_t to) const {
    return static_cast<double>(to) - static_cast<double>(from);
  }

  // For every place, the one before it on the greatest convex minorant of what lies left of it, and
  // the one after it on the least concave majorant of what lies right of it.
  void FindTouching() {
    before_.assign(n_ + 1, 1);
    for (size_t j = 2; j <= n_; ++j) {
      before_[j] = j - 1;
      while (before_[j] != 1) {
        const size_t near = before_[j];
        const size_t far = before_[near];
        if ((x_[j] - x_[near]) * Count(far, near) < (x_[near] - x_[far]) * Count(near, j)) break;
        before_[j] = far;
      }
    }
    after_.assign(n_ + 1, n_);
    for (size_t k = n_ - 1; k >= 1; --k) {
      after_[k] = k + 1;
      while (after_[k] != n_) {
        const size_t near = after_[k];
        const size_t far = after_[near];
        if ((x_[near] - x_[k]) * Count(near, far) < (x_[far] - x_[near]) * Count(k, near)) break;
        after_[k] = far;
      }
    }
  }

  // The minorant from `high` down to `low`, the majorant from `low` up to `high`.
  void ListHulls(size_t low, size_t high) {
    minorant_.assign(1, high);
    while (minorant_.back() > low) minorant_.push_back(before_[minorant_.back()]);
    majorant_.assign(1, low);
    while (majorant_.back() < high) majorant_.push_back(after_[majorant_.back()]);
  }

  // Walks both hulls upwards at once.
  Gap WidestGap() const {
    const size_t last_minorant = minorant_.size() - 1;
    const size_t last_majorant = majorant_.size() - 1;
    if (last_minorant == 1 && last_majorant == 1) {
      return {.height = 1, .minorant = 1, .majorant = 1};
    }
    Gap widest{.height = 0, .minorant = last_minorant, .majorant = last_majorant};
    size_t i = last_minorant - 1;  // the next of the minorant
    size_t j = 1;                  // the next of the majorant
    do {
      const size_t below = minorant_[i];
      const size_t above = majorant_[j];
      if (below > above) {
        const size_t from = minorant_[i + 1];
        const double line = (x_[above] - x_[from]) * Count(from, below) / (x_[below] - x_[from]);
        const double height = Count(from, above) + 1 - line;
        ++j;
        if (height >= widest.height)
          widest = {.height = height, .minorant = i + 1, .majorant = j - 1};
      } else {
        const size_t from = majorant_[j - 1];
        const double line = (x_[below] - x_[from]) * Count(from, above) / (x_[above] - x_[from]);
        const double height = line - Count(from, below) + 1;
        if (i > 0) --i;
        if (height >= widest.height) widest = {.height = height, .minorant = i + 1, .majorant = j};
      }
      j = std::min(j, last_majorant);
    } while (minorant_[i] != majorant_[j]);
    return widest;
  }

  // How far the distribution rises above the minorant left of the mode's interval.
  double BelowMinorant(size_t first) const {
    double most = 0;
    for (size_t i = first; i + 1 < minorant_.size(); ++i) {
      const size_t from = minorant_[i + 1];
      const size_t to = minorant_[i];
      most = std::max(most, 1.0);
      if (to - from <= 1 || x_[to] == x_[from]) continue;
      const double slope = Count(from, to) / (x_[to] - x_[from]);
      for (size_t k = from; k <= to; ++k) {
        most = std::max(most, Count(from, k) + 1 - (x_[k] - x_[from]) * slope);
      }
    }
    return most;
  }

  // How far it falls below the majorant right of it.
  double AboveMajorant(size_t first) const {
    double most = 0;
    for (size_t i = first; i + 1 < majorant_.size(); ++i) {
      const size_t from = majorant_[i];
      const size_t to = majorant_[i + 1];
      most = std::max(most, 1.0);
      if (to - from <= 1 || x_[to] == x_[from]) continue;
      const double slope = Count(from, to) / (x_[to] - x_[from]);
      for (size_t k = from; k <= to; ++k) {
        most = std::max(most, (x_[k] - x_[from]) * slope - Count(from, k) + 1);
      }
    }
    return most;
  }

  size_t n_;
  std::vector<double> x_;
  std::vector<size_t> before_;
  std::vector<size_t> after_;
  std::vector<size_t> minorant_;
  std::vector<size_t> majorant_;
};

}  // namespace

double Dip(std::span<const double> sorted) { return DipSearch(sorted).Run(); }

}  // namespace benchfleet
