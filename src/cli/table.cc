#include "cli/table.h"

#include <algorithm>

#include "cli/numbers.h"

namespace reprocess {

std::string Table::Render() const {
  std::vector<std::string> titles;
  std::vector<std::size_t> widths;
  bool titled = false;
  for (const auto& column : columns_) {
    titles.push_back(column.title);
    widths.push_back(WidthOf(column.title));
    titled = titled || !column.title.empty();
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], WidthOf(row[i]));
    }
  }
  std::string text = titled ? RenderRow(titles, widths) : std::string();
  for (const auto& row : rows_) text += RenderRow(row, widths);
  return text;
}

std::string Table::RenderRow(const std::vector<std::string>& cells,
                             const std::vector<std::size_t>& widths) const {
  std::string line = indent_;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string gap(widths[i] - WidthOf(cells[i]), ' ');
    if (i > 0) line += "  ";
    line += columns_[i].align == Align::kRight ? gap + cells[i] : cells[i] + gap;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace reprocess
