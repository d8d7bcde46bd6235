#include "base/result.h"

#include <memory>

#include <gtest/gtest.h>

namespace reprocess {
namespace {

TEST(Error, SaysWhatWhereAndWhatToDo) {
  const struct {
    const char *what, *where, *hint, *text;
  } kRows[] = {{"inflate: crc mismatch", "", "", "inflate: crc mismatch"},
               {"inflate: crc mismatch", "a.gz:7", "", "inflate: crc mismatch (a.gz:7)"},
               {"inflate", "", "fetch it again", "inflate; fetch it again"},
               {"open", "a", "wait", "open (a); wait"}};
  for (const auto& [what, where, hint, text] : kRows) {
    EXPECT_EQ(Fatal(what, where, hint).error().ToString(), text);
  }
}

TEST(Error, AFatalOneHasNoRemedy) {
  const Error error = Fatal("read", "here", "do", Code::kNotFound).error();
  EXPECT_EQ(error.remedy, Remedy::kStop);
  EXPECT_EQ(error.code, Code::kNotFound);
  EXPECT_EQ(error.ToString(), "read (here); do");
}

TEST(Error, EachKindSaysWhatToDoAboutIt) {
  const struct {
    Error error;
    Remedy remedy;
    Code code;
    const char* text;
  } kRows[] = {
      {Invalid("read --from", "x", "give a date").error(), Remedy::kStop, Code::kInvalid,
       "read --from (x); give a date"},
      {Stopped("deliver").error(), Remedy::kStop, Code::kStopped, "deliver: asked to stop"},
      {FileError("open: gone", "a", "look", Code::kNotFound).error(), Remedy::kCount,
       Code::kNotFound, "open: gone (a); look"}};
  for (const auto& [error, remedy, code, text] : kRows) {
    EXPECT_EQ(error.remedy, remedy) << text;
    EXPECT_EQ(error.code, code) << text;
    EXPECT_EQ(error.ToString(), text);
  }
}

TEST(Error, ContextComesFirstAndChangesNothingElse) {
  const Error error = WithContext("claim", {.remedy = Remedy::kWait,
                                            .what = "connect",
                                            .where = "db",
                                            .hint = "wait",
                                            .code = Code::kTimedOut});
  EXPECT_EQ(error.ToString(), "claim: connect (db); wait");
  EXPECT_EQ(error.remedy, Remedy::kWait);
  EXPECT_EQ(error.code, Code::kTimedOut);
}

Result<std::unique_ptr<int>> Made(int& calls, bool good) {
  ++calls;
  if (!good) return Fatal("make", {}, {}, Code::kConflict);
  return std::make_unique<int>(7);
}

Result<int> Use(int& calls, bool good, int& after) {
  TRY(const std::unique_ptr<int> made, Made(calls, good));
  ++after;
  return *made;
}

TEST(Try, TakesTheValueOutOrReturnsTheErrorUnchanged) {
  int calls = 0, after = 0;
  EXPECT_EQ(Use(calls, true, after), 7);
  const Result<int> failed = Use(calls, false, after);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kConflict);
  EXPECT_EQ(calls, 2) << "each call is made once";
  EXPECT_EQ(after, 1) << "what follows a failure is not done";
}

Result<void> Check(bool good) {
  if (good) return {};
  return Fatal("check");
}

Result<int> UseOk(bool good) {
  if (good) TRY_OK(Check(true));  // one statement: no braces needed
  TRY_OK(Check(good));
  return 1;
}

TEST(TryOk, ReturnsTheErrorIfAny) {
  EXPECT_EQ(UseOk(true), 1);
  EXPECT_FALSE(UseOk(false));
}

}  // namespace
}  // namespace reprocess
