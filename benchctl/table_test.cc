#include "benchctl/table.h"

#include "gtest/gtest.h"

namespace benchfleet {
namespace {

TEST(TableTest, ColumnsStandUnderEachOtherWhateverTheScript) {
  const Table table{{{"name"}, {"n", true}, {"note"}},
                    {{"plain", "1", "a"}, {"großer", "22", ""}, {"日本", "333", "b"}}};
  EXPECT_EQ(RenderText(table),
            "name      n  note\n"
            "plain     1  a\n"
            "großer   22\n"
            "日本    333  b\n");
}

TEST(TableTest, WidthsAreThoseOfATerminal) {
  EXPECT_EQ(DisplayWidth(""), 0u);
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("é"), 1u);
  EXPECT_EQ(DisplayWidth("e\xcc\x81"), 1u);  // with a combining accent
  EXPECT_EQ(DisplayWidth("漢字"), 4u);
  EXPECT_EQ(DisplayWidth("🚀"), 2u);
  EXPECT_EQ(DisplayWidth("\xff\xfe"), 2u);
}

TEST(TableTest, ShorteningCutsWholeCharacters) {
  EXPECT_EQ(Shorten("abcdef", 6), "abcdef");
  EXPECT_EQ(Shorten("abcdef", 4), "abc…");
  EXPECT_EQ(Shorten("漢字漢字", 4), "漢…");
  EXPECT_EQ(Shorten("äöüß", 3), "äö…");
  EXPECT_EQ(Shorten("abc", 0), "");
  EXPECT_EQ(Shorten("", 0), "");
}

TEST(TableTest, NothingSteersTheTerminal) {
  EXPECT_EQ(Printable("a\x1b[2J\x07"
                      "b"),
            "a?[2J?b");
  EXPECT_EQ(Printable("a\tb\nc"), "a b c");
  EXPECT_EQ(Printable("x\xff\xc3"), "x??");
  EXPECT_EQ(Printable("a\xe2\x80\xae"
                      "b"),
            "a?b");  // right-to-left override
  EXPECT_EQ(Printable("a\xc2\x9b"
                      "b"),
            "a?b");  // a C1 control
  EXPECT_EQ(Printable("ä漢🚀"), "ä漢🚀");
}

TEST(TableTest, CsvQuotesWhatItHasTo) {
  const Table table{{{"a"}, {"b"}}, {{"x,y", "say \"hi\""}, {"two\nlines", ""}}};
  EXPECT_EQ(RenderCsv(table), "a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"two\nlines\",\n");
}

TEST(TableTest, MarkdownEscapes) {
  const Table table{{{"a"}, {"b", true}}, {{"x|y", "<b>"}}};
  EXPECT_EQ(RenderMarkdown(table), "| a | b |\n| --- | ---: |\n| x\\|y | \\<b\\> |\n");
}

TEST(TableTest, HtmlEscapes) {
  const Table table{{{"a"}, {"b", true}}, {{"<script>", "\"&'"}}};
  EXPECT_EQ(RenderHtml(table),
            "<table>\n<thead><tr><th>a</th><th class=\"r\">b</th></tr></thead>\n<tbody>\n"
            "<tr><td>&lt;script&gt;</td><td class=\"r\">&quot;&amp;&#39;</td></tr>\n"
            "</tbody>\n</table>\n");
}

}  // namespace
}  // namespace benchfleet
