// An aligned table of text: two spaces between columns, no lines, nothing behind the last cell.
// Where it would be wider than the terminal, cells of columns that may shrink are cut on the left, and
// text in the last column is broken at spaces.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/console.h"

namespace reprocess {

enum class Align : std::uint8_t { kLeft, kRight };

class Table {
 public:
  struct Column {
    std::string title;
    Align align = Align::kLeft;
    bool shrinks = false;
  };
  explicit Table(std::vector<Column> columns, std::string indent = "")
      : columns_(std::move(columns)), indent_(std::move(indent)) {}

  void Add(std::vector<std::string> cells) { rows_.push_back({std::move(cells), {}}); }
  // Of a cell of the last row.
  void Paint(std::size_t column, Colour colour) { rows_.back().paint = {column, colour}; }
  // A line of its own below the last row, set in; broken at spaces where it is too wide.
  void AddBelow(std::string text) { rows_.back().below.push_back(std::move(text)); }
  bool empty() const { return rows_.empty(); }

  // A title line, when any column has a title, and a line each row.
  std::string Render(const Screen& screen = {}) const;

 private:
  struct Row {
    std::vector<std::string> cells, below;
    std::pair<std::size_t, Colour> paint{0, Colour::kNone};
  };
  std::string RenderRow(const Row& row, const std::vector<std::size_t>& widths,
                        const Screen& screen) const;
  void Shrink(std::vector<std::size_t>& widths, std::size_t columns) const;

  std::vector<Column> columns_;
  std::string indent_;
  std::vector<Row> rows_;
};

}  // namespace reprocess
