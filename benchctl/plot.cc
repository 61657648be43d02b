#include "benchctl/plot.h"

#include <algorithm>
#include <cmath>

#include "analysis/quantile.h"

namespace benchfleet {
namespace {

constexpr double kWildShare = 0.02;   // of the values, at either end, may lie at the edge
constexpr size_t kCellsPerValue = 2;  // at most

// Bits of the Unicode block "Braille Patterns" by column and row of the dot.
constexpr unsigned kDotBits[2][4] = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};

class Canvas {
 public:
  Canvas(size_t width, size_t height) : width_(width), height_(height), cells_(width * height) {}

  size_t columns() const { return width_ * 2; }
  size_t rows() const { return height_ * 4; }

  // Row 0 is the bottom.
  void Dot(size_t column, size_t row) {
    const size_t from_top = rows() - 1 - row;
    cells_[from_top / 4 * width_ + column / 2] |= kDotBits[column % 2][from_top % 4];
  }

  std::vector<std::string> Lines() const {
    std::vector<std::string> lines(height_);
    for (size_t i = 0; i < cells_.size(); ++i) {
      const unsigned point = 0x2800 + cells_[i];
      std::string& line = lines[i / width_];
      line += static_cast<char>(0xE0 | point >> 12);
      line += static_cast<char>(0x80 | (point >> 6 & 0x3F));
      line += static_cast<char>(0x80 | (point & 0x3F));
    }
    return lines;
  }

 private:
  size_t width_;
  size_t height_;
  std::vector<unsigned> cells_;
};

}  // namespace

Plot BraillePlot(std::span<const double> values, std::span<const double> levels, size_t width,
                 size_t height) {
  Plot plot;
  if (values.empty()) return plot;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  plot.low = SortedQuantile(sorted, kWildShare);
  plot.high = SortedQuantile(sorted, 1 - kWildShare);
  for (const double level : levels) {
    plot.low = std::min(plot.low, level);
    plot.high = std::max(plot.high, level);
  }
  Canvas canvas(std::min(width, std::max<size_t>(values.size() * kCellsPerValue, 8)), height);
  const auto column_of = [&](size_t i) {
    return values.size() < 2 ? 0 : i * (canvas.columns() - 1) / (values.size() - 1);
  };
  const auto row_of = [&](double value) {
    const double span = plot.high - plot.low;
    const double share = span > 0 ? std::clamp((value - plot.low) / span, 0.0, 1.0) : 0.5;
    return static_cast<size_t>(std::lround(share * static_cast<double>(canvas.rows() - 1)));
  };
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t column = column_of(i);
    canvas.Dot(column, row_of(values[i]));
    plot.columns.push_back(column / 2);
    const size_t next = i + 1 < values.size() ? column_of(i + 1) : column;
    for (size_t c = column; i < levels.size() && c <= next; ++c) {
      if (c % 4 < 2) canvas.Dot(c, row_of(levels[i]));
    }
  }
  plot.lines = canvas.Lines();
  return plot;
}

}  // namespace benchfleet
