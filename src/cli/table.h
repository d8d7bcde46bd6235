// An aligned table of text: two spaces between columns, no lines, nothing behind the last cell.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace reprocess {

enum class Align : std::uint8_t { kLeft, kRight };

class Table {
 public:
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };
  explicit Table(std::vector<Column> columns, std::string indent = "")
      : columns_(std::move(columns)), indent_(std::move(indent)) {}

  void Add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }

  // A title line, when any column has a title, and a line each row.
  std::string Render() const;

 private:
  std::string RenderRow(const std::vector<std::string>& cells,
                        const std::vector<std::size_t>& widths) const;

  std::vector<Column> columns_;
  std::string indent_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace reprocess
