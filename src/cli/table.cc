#include "cli/table.h"

#include <algorithm>

#include "cli/numbers.h"

namespace reprocess {

namespace {

constexpr std::size_t kBelowIndent = 4, kLeastWidth = 12;

}  // namespace

// The widest column that may shrink gives way first.
void Table::Shrink(std::vector<std::size_t>& widths, std::size_t columns) const {
  if (columns == 0) return;
  std::size_t all = indent_.size() + 2 * (widths.size() - 1);
  for (const std::size_t width : widths) all += width;
  for (; all > columns; --all) {
    std::size_t* widest = nullptr;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (!columns_[i].shrinks || widths[i] <= kLeastWidth) continue;
      if (widest == nullptr || widths[i] > *widest) widest = &widths[i];
    }
    if (widest == nullptr) return;
    --*widest;
  }
}

std::string Table::Render(const Screen& screen) const {
  std::vector<std::string> titles;
  std::vector<std::size_t> widths;
  bool titled = false;
  for (const auto& column : columns_) {
    titles.push_back(column.title);
    widths.push_back(WidthOf(column.title));
    titled = titled || !column.title.empty();
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      widths[i] = std::max(widths[i], WidthOf(row.cells[i]));
    }
  }
  Shrink(widths, screen.columns);
  std::string text = titled ? RenderRow({titles, {}, {}}, widths, {}) : std::string();
  const std::size_t below = indent_.size() + kBelowIndent;
  for (const auto& row : rows_) {
    text += RenderRow(row, widths, screen);
    for (const auto& line : row.below) {
      text += std::string(below, ' ') + Wrapped(line, screen.columns, below) + "\n";
    }
  }
  return text;
}

std::string Table::RenderRow(const Row& row, const std::vector<std::size_t>& widths,
                             const Screen& screen) const {
  std::string line = indent_;
  std::size_t at = indent_.size();
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const Column& column = columns_[i];
    std::string cell = column.shrinks ? PrintableEnd(row.cells[i], widths[i]) : row.cells[i];
    const std::string gap(widths[i] - WidthOf(cell), ' ');
    if (i > 0) line += "  ";
    if (i + 1 == columns_.size() && column.align == Align::kLeft && !column.shrinks) {
      cell = Wrapped(cell, screen.columns, at);
    }
    at += widths[i] + 2;
    if (row.paint.first == i) cell = Painted(std::move(cell), row.paint.second, screen.colour);
    line += column.align == Align::kRight ? gap + cell : cell + gap;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace reprocess
