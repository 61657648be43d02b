#include "benchctl/html.h"

#include "absl/strings/str_format.h"
#include "benchctl/table.h"

namespace benchfleet {
namespace {

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--bg:#fbfbfa;--panel:#fff;--ink:#1c2024;--soft:#646b73;--line:#e3e4e6;
--grid:#eceded;--good:#1a7f4b;--bad:#c0332c;--c0:#2b6cb0;--c1:#b7611a;--c2:#2f855a;--c3:#8b3fa8;
--c4:#b03060;--c5:#4a7a8c;
--c6:#7a6a1f;--c7:#5a5ad0;
--c8:#1f8a8a;--c9:#a34a2a;--c10:#6b8e23;--c11:#8a8f96}
@media (prefers-color-scheme:dark){:root{
--bg:#14171a;--panel:#1b1f23;--ink:#e6e8ea;--soft:#9aa2ab;
--line:#31373d;--grid:#272c31;--good:#5ec48f;--bad:#ff8078;--c0:#6cb1ff;--c1:#f0a35c;--c2:#6fce9b;
--c3:#d193ee;--c4:#ff8fb5;--c5:#86c5da;--c6:#d9c65f;--c7:#a5a5ff;
--c8:#5fd0d0;--c9:#e58f6f;--c10:#b5d05f;--c11:#a8adb3}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,
"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1160px;margin:0 auto;padding:28px 24px 56px}
h1{font-size:24px;line-height:1.25;margin:0 0 4px;font-weight:650}
h2{font-size:17px;margin:36px 0 10px;font-weight:620}
h3{font-size:14.5px;margin:18px 0 6px;font-weight:620}
p{margin:4px 0}
.soft,.foot{color:var(--soft)}
.foot{font-size:13px;margin-top:8px}
.good{color:var(--good);font-weight:600}
.bad{color:var(--bad);font-weight:600}
.panel{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:14px 16px;
margin:10px 0}
.scroll{overflow-x:auto;background:var(--panel);border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th,td{padding:5px 9px;text-align:left;white-space:nowrap;border-bottom:1px solid var(--line)}
tbody tr:last-child td{border-bottom:0}
th{font-weight:600;color:var(--soft);font-size:12.5px}
.r{text-align:right}
td.wrap{white-space:normal;overflow-wrap:break-word;min-width:190px}
figure{margin:0;overflow-x:auto}
figcaption,.legend{position:sticky;left:0}
figcaption{font-weight:600;font-size:14px;margin-bottom:6px}
svg{display:block;width:100%;min-width:780px;height:auto;font:12px system-ui,sans-serif}
svg text{fill:var(--ink)}
svg .tick{fill:var(--soft);font-size:11px}
svg .grid{stroke:var(--grid)}
svg .row{stroke:var(--line)}
svg .median{stroke:var(--ink);stroke-width:2.5}
svg .interval{fill:var(--ink);opacity:.13}
svg .dots{fill:none;stroke-width:4.2;stroke-linecap:round;opacity:.5}
svg .violin{fill-opacity:.3;stroke-width:1}
svg .middle{stroke:var(--ink);stroke-width:4;opacity:.4}
svg .arrow{fill:var(--soft)}
svg .spark{fill:none;stroke:var(--c0);stroke-width:1.5}
svg .last{fill:var(--c0)}
svg .inside{fill:var(--panel);font-size:11px;font-weight:600;text-anchor:middle}
svg .curve{fill:none;stroke-width:2}
svg .dashed{stroke-dasharray:6 4}
svg .whisker{stroke-width:1.5}
svg .band{opacity:.16}
svg .crossing{stroke-width:1.5;stroke-dasharray:3 3}
svg .ring{fill:none;stroke:var(--ink);stroke-width:1.5}
svg .end{text-anchor:end}
svg .small{font-size:11px}
svg .mid{text-anchor:middle}
.answers{margin:14px 0;padding-left:20px;font-size:16px}
.answers li{margin:8px 0}
.answers .soft{font-size:14px}
.facts{display:flex;flex-wrap:wrap;gap:6px 28px;margin:14px 0 0;padding:0}
.facts div{min-width:90px}
.facts dt{color:var(--soft);font-size:12.5px}
.facts dd{margin:0;font-weight:600}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13px;color:var(--soft);margin:2px 0 8px}
.legend i{display:inline-block;width:10px;height:10px;border-radius:50%;margin-right:6px}
details{margin:8px 0}
summary{cursor:pointer;font-weight:600}
@media print{body{background:#fff}.panel,.scroll{break-inside:avoid}}
)css";

}  // namespace

std::string HtmlPage(std::string_view title, std::string_view body) {
  return absl::StrFormat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n<main>\n%s</main>\n</body>\n"
      "</html>\n",
      EscapeHtml(title), kStyle, body);
}

std::string HtmlScroll(std::string_view table) {
  return absl::StrFormat("<div class=\"scroll\">\n%s</div>\n", table);
}

}  // namespace benchfleet
