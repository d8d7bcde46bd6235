#include "base/log_file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/log.h"

namespace reprocess {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string TextOf(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Puts standard output and error back at its end.
class Streams {
 public:
  Streams() : out_(::dup(STDOUT_FILENO)), err_(::dup(STDERR_FILENO)) {}
  ~Streams() {
    ::dup2(out_.get(), STDOUT_FILENO);
    ::dup2(err_.get(), STDERR_FILENO);
  }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

 private:
  const Descriptor out_, err_;
};

TEST(LogFile, KeepsTheLastLinesAndAsManyBeforeThemAndWhatElseIsWritten) {
  std::string name = (std::filesystem::temp_directory_path() / "log_file_XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  const std::filesystem::path path = folder / "job.log";
  constexpr std::uint64_t kMost = 2'000;
  {
    const Streams streams;
    ASSERT_TRUE(LogInto(path, kMost));
    for (int i = 0; i < 200; ++i) Log(LogLevel::kError, fmt::format("line {} of it", i));
    std::fputs("not of the log\n", stderr);
  }
  const std::string now = TextOf(path), before = TextOf(path.string() + ".1");
  EXPECT_THAT(now, HasSubstr("not of the log"));
  EXPECT_THAT(before + now, HasSubstr("line 199 of it"));
  EXPECT_THAT(before + now, Not(HasSubstr("line 1 of it")));
  EXPECT_LT(now.size(), kMost);
  EXPECT_LT(before.size(), kMost + 200) << "a line more than it takes, at most";
  EXPECT_GE(before.size(), kMost);
  std::filesystem::remove_all(folder);
}

TEST(LogFile, OneThatCannotBeOpenedIsNamed) {
  const Streams streams;
  const auto opened = LogInto("/no/such/folder/job.log", 1'000);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().where, "/no/such/folder/job.log");
}

}  // namespace
}  // namespace reprocess
