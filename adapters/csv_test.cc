#include "adapters/csv.h"

#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using Rows = std::vector<std::vector<std::string>>;

Rows AllRows(const std::string& text) {
  CsvReader reader(text);
  Rows rows;
  while (true) {
    const auto row = reader.Next();
    EXPECT_TRUE(row.ok()) << row.status();
    if (!row.ok() || row->empty()) return rows;
    rows.push_back(*row);
  }
}

TEST(CsvTest, FieldsAndRows) {
  EXPECT_EQ(AllRows("a,b\n1,2\n"), (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(AllRows("a,b\r\n\r\n1,\r\n"), (Rows{{"a", "b"}, {"1", ""}}));
  EXPECT_EQ(AllRows("a;b,c\n;\n"), (Rows{{"a;b", "c"}, {";"}}));
  EXPECT_EQ(AllRows("a\tb\n1 , 2\t3"), (Rows{{"a", "b"}, {"1 , 2", "3"}}));
  EXPECT_EQ(AllRows("\"a \"\"b\"\"\",\"c\nd\"\nx,\n"), (Rows{{"a \"b\"", "c\nd"}, {"x", ""}}));
  EXPECT_EQ(AllRows(""), Rows());
}

TEST(CsvTest, LinesAreCountedThroughQuotes) {
  CsvReader reader("a\n\"x\ny\"\n3\n");
  EXPECT_TRUE(reader.Next().ok());
  EXPECT_TRUE(reader.Next().ok());
  EXPECT_EQ(reader.line(), 2u);
  EXPECT_THAT(*reader.Next(), ElementsAre("3"));
  EXPECT_EQ(reader.line(), 4u);
}

TEST(CsvTest, BadQuotesAreNamed) {
  EXPECT_EQ(Message(CsvReader("\"a").Next().status()),
            "line 1: a quote is not closed (is the file cut off?)");
  EXPECT_EQ(Message(CsvReader("\"a\"b,c").Next().status()),
            "line 1: something follows a closing quote");
}

}  // namespace
}  // namespace benchfleet
