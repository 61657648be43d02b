#include "benchctl/table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"

namespace benchfleet {
namespace {

constexpr size_t kLongCell = 28;  // from there on a cell of a page may be broken into lines

std::string Pad(std::string_view text, size_t width, bool right) {
  const size_t used = DisplayWidth(text);
  const std::string blanks(width > used ? width - used : 0, ' ');
  return right ? blanks + std::string(text) : std::string(text) + blanks;
}

std::string CsvCell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string cell = "\"";
  for (const char c : text) {
    if (c == '"') cell += '"';
    cell += c;
  }
  return cell + '"';
}

std::string MarkdownCell(std::string_view text) {
  std::string cell;
  for (const char c : Printable(text)) {
    if (std::string_view("\\|*_`<>[]").find(c) != std::string_view::npos) cell += '\\';
    cell += c;
  }
  return cell;
}

}  // namespace

std::string CsvNumber(double value) {
  return std::isfinite(value) ? absl::StrFormat("%.17g", value) : "";
}

std::string EscapeHtml(std::string_view text) {
  std::string safe;
  for (const char c : Printable(text)) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string RenderText(const Table& table) {
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : table.columns) lines[0].push_back(column.title);
  for (const auto& row : table.rows) {
    lines.emplace_back();
    for (const std::string& cell : row) lines.back().push_back(Printable(cell));
  }
  std::vector<size_t> widths(table.columns.size());
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(line[i]));
  }
  std::string text;
  for (const auto& line : lines) {
    std::string out;
    for (size_t i = 0; i < line.size(); ++i) {
      if (i > 0) out += "  ";
      out += Pad(line[i], widths[i], table.columns[i].right);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    text += out + '\n';
  }
  return text;
}

std::string RenderCsv(const Table& table) {
  std::string text;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    text += (i > 0 ? "," : "") + CsvCell(table.columns[i].title);
  }
  text += '\n';
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) text += (i > 0 ? "," : "") + CsvCell(row[i]);
    text += '\n';
  }
  return text;
}

std::string RenderMarkdown(const Table& table) {
  std::string titles = "|";
  std::string rules = "|";
  for (const Column& column : table.columns) {
    titles += " " + MarkdownCell(column.title) + " |";
    rules += column.right ? " ---: |" : " --- |";
  }
  std::string text = titles + "\n" + rules + "\n";
  for (const auto& row : table.rows) {
    text += '|';
    for (const std::string& cell : row) text += " " + MarkdownCell(cell) + " |";
    text += '\n';
  }
  return text;
}

std::string RenderHtml(const Table& table) {
  std::string text = "<table>\n<thead><tr>";
  const auto open = [&](const char* tag, size_t i, const std::string& cell) {
    const char* style = table.columns[i].right           ? " class=\"r\">"
                        : DisplayWidth(cell) > kLongCell ? " class=\"wrap\">"
                                                         : ">";
    return std::string("<") + tag + style;
  };
  for (size_t i = 0; i < table.columns.size(); ++i) {
    text += open("th", i, "") + EscapeHtml(table.columns[i].title) + "</th>";
  }
  text += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    text += "<tr>";
    for (size_t i = 0; i < row.size(); ++i)
      text += open("td", i, row[i]) + EscapeHtml(row[i]) + "</td>";
    text += "</tr>\n";
  }
  return text + "</tbody>\n</table>\n";
}

}  // namespace benchfleet
