// Tables as people, spreadsheets and pages read them. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/display.h"

namespace benchfleet {

struct Column {
  std::string title;
  bool right = false;  // numbers stand to the right
};

// Cells are UTF-8 as they came; each renderer makes them safe for where they go.
struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  // each as long as `columns`
};

// Aligned columns, two spaces apart, a line a row, no trailing blanks.
std::string RenderText(const Table& table);
// RFC 4180, lines ended by \n, the titles first.
std::string RenderCsv(const Table& table);
// A GitHub table.
std::string RenderMarkdown(const Table& table);
// A <table> element.
std::string RenderHtml(const Table& table);

std::string EscapeHtml(std::string_view text);
// Every digit of a cell for spreadsheets; "" for what is not a finite number.
std::string CsvNumber(double value);

}  // namespace benchfleet
