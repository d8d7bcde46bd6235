#include "cli/numbers.h"

#include <gtest/gtest.h>

#include "cli/table.h"

namespace reprocess {
namespace {

TEST(Numbers, AreWrittenForPeople) {
  EXPECT_EQ(Thousands(0), "0");
  EXPECT_EQ(Thousands(999), "999");
  EXPECT_EQ(Thousands(1000), "1,000");
  EXPECT_EQ(Thousands(UINT64_MAX), "18,446,744,073,709,551,615");
  EXPECT_EQ(HumanBytes(999), "999 B");
  EXPECT_EQ(HumanBytes(1500), "1.5 kB");
  EXPECT_EQ(HumanBytes(999'960), "1.0 MB");
  EXPECT_EQ(HumanBytes(87'000'000), "87.0 MB");
  EXPECT_EQ(HumanDuration(0.44), "0.4 s");
  EXPECT_EQ(HumanDuration(59.99), "1m 00s");
  EXPECT_EQ(HumanDuration(245), "4m 05s");
  EXPECT_EQ(HumanDuration(7380), "2h 03m");
  EXPECT_EQ(Plural(1, "file"), "1 file");
  EXPECT_EQ(Plural(2000, "file"), "2,000 files");
}

TEST(Printable, CutsAndNeverLetsAControlCharacterThrough) {
  EXPECT_EQ(Printable("abc", 3), "abc");
  EXPECT_EQ(Printable("abcd", 3), "ab…");
  EXPECT_EQ(Printable("ääää", 3), "ää…");
  EXPECT_EQ(Printable("\x1b[2J\n\t\xff", 20), "?[2J? ?");
  EXPECT_EQ(Printable("\xc2\x9b", 9), "??");  // a terminal's 8-bit escape
  EXPECT_EQ(Printable("\xe4\xb8", 9), "??");  // cut in the middle
}

TEST(Table, AlignsByCharactersAndLeavesNothingBehindTheLastCell) {
  Table table({{"name"}, {"lines", Align::kRight}, {"why"}}, "  ");
  table.Add({"ä", "1,000", ""});
  table.Add({"longer", "2", "because"});
  EXPECT_EQ(table.Render(),
            "  name    lines  why\n"
            "  ä       1,000\n"
            "  longer      2  because\n");
}

TEST(Table, BreaksTheLastColumnAtSpacesWhereTheTerminalEnds) {
  Table table({{}, {}}, "  ");
  table.Add({"filters", "only connections c1 and c2"});
  table.Add({"to", "files"});
  EXPECT_EQ(table.Render(Screen{.columns = 28, .colour = false}),
            "  filters  only connections\n"
            "           c1 and c2\n"
            "  to       files\n");
}

}  // namespace
}  // namespace reprocess
