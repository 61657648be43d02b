// Which of the candidates that the optimal partition proposes are changes: positions polished, the
// weakest taken out again and again, transients dropped. Remembers what it judged, so that a
// history that grows costs what is new.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "analysis/boundary.h"

namespace benchfleet {

// Single-threaded. All calls between two Resets must give the same values, or more of them behind.
class ChangeSelection {
 public:
  // A stretch shorter than `transient` that returns to its level is no change; a position may move
  // by `polish` points.
  ChangeSelection(size_t transient, size_t polish) : transient_(transient), polish_(polish) {}

  // From here on judged so; forgets everything.
  void Reset(const BoundaryOptions& judging);

  // The changes among ascending candidates. They are decided in blocks of 64 in the order of the
  // values, each with as many to come in view: what is behind is decided for good, and this
  // decision is only taken anew where the candidates that it saw are others. So an appended point
  // costs the newest blocks, and the result depends on values and candidates alone.
  std::vector<size_t> Choose(std::span<const double> values, const std::vector<size_t>& candidates);

  // One step of it: those that stay when the weakest have gone.
  std::vector<size_t> Pruned(std::span<const double> values, const std::vector<size_t>& changes);
  // The positions moved to where they fit best.
  void Polish(std::span<const double> values, std::vector<size_t>* changes);
  BoundaryEvidence Judge(std::span<const double> values, Boundary boundary);

 private:
  // What is decided after a block: so many changes, the last of which is `last`.
  struct Block {
    size_t decided = 0;
    size_t last = 0;
  };
  // Changes within (from, to), which are levels' ends themselves.
  struct Stretch {
    size_t from = 0;
    size_t to = 0;
  };

  std::vector<size_t> ChooseWithin(std::span<const double> values, Stretch stretch,
                                   std::vector<size_t> changes);
  std::vector<size_t> PrunedWithin(std::span<const double> values, Stretch stretch,
                                   const std::vector<size_t>& changes);
  std::vector<size_t> WithoutTransients(std::span<const double> values, Stretch stretch,
                                        std::vector<size_t> changes) const;
  void PolishWithin(std::span<const double> values, Stretch stretch, std::vector<size_t>* changes);

  size_t transient_;
  size_t polish_;
  BoundaryOptions judging_;
  // Nothing in these depends on points yet to come.
  absl::flat_hash_map<Boundary, BoundaryEvidence> judged_;
  absl::flat_hash_map<Boundary, size_t> polished_;

  std::vector<size_t> seen_;     // the candidates of the last time
  std::vector<Block> blocks_;    // decided from them
  std::vector<size_t> decided_;  // the changes of all blocks
};

}  // namespace benchfleet
