#include "cli/console.h"

#include <array>
#include <memory>

#include <gmock/gmock.h>

namespace reprocess {
namespace {

class OnATerminal : public testing::Test {
 protected:
  std::string Shown() {
    std::rewind(err_.get());
    std::array<char, 4096> text{};
    return {text.data(), std::fread(text.data(), 1, text.size(), err_.get())};
  }

  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> err_{std::tmpfile(), std::fclose};
  const Console console_{.in = nullptr, .out = nullptr, .err = err_.get()};
};

TEST_F(OnATerminal, AWarningSteersNoTerminal) {
  PrintWarnings(console_, {"/in/\x1b[2J.gz was written to\nafter it was read"}, false);
  EXPECT_EQ(Shown(), "warning: /in/?[2J.gz was written to\n  after it was read\n");
}

TEST_F(OnATerminal, WhatIsToldBesideSteersNoTerminal) {
  Tell(console_, "of pods that are gone nothing is shown: \x1b[2J");
  EXPECT_EQ(Shown(), "of pods that are gone nothing is shown: ?[2J\n");
}

TEST_F(OnATerminal, AnErrorSteersNoTerminal) {
  PrintError(console_,
             {.what = "read\x1b[2J",
              .where = "\xc2\x9b"
                       "2J",
              .hint = "one\ntwo\xff"},
             false);
  EXPECT_EQ(Shown(), "error: read?[2J\n  where: ??2J\n  hint: one\n  two?\n");
}

}  // namespace
}  // namespace reprocess
