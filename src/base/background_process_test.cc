#include "base/background_process.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/descriptor.h"

namespace reprocess {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class BackgroundProcesses : public ::testing::Test {
 protected:
  BackgroundProcesses() {
    std::string name = (std::filesystem::temp_directory_path() / "background_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~BackgroundProcesses() override { std::filesystem::remove_all(folder_); }

  Descriptor Open(const char* name) const {
    return Descriptor(
        ::open((folder_ / name).c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  }
  // What a shell prints, until it has ended.
  std::string OutputOf(const std::string& script, int kept) {
    const Descriptor output = Open("output");
    const auto pid = StartInBackground({.program = "/bin/sh",
                                        .arguments = {"sh", "-c", script},
                                        .environment = {"GIVEN=it", "PATH=/usr/bin:/bin"},
                                        .output = output.get(),
                                        .kept = kept});
    EXPECT_TRUE(pid);
    while (!(exit_ = ExitOfChild(*pid))) std::this_thread::yield();
    std::ifstream file(folder_ / "output");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  std::filesystem::path folder_;
  std::optional<int> exit_;
};

TEST_F(BackgroundProcesses, OneHasItsOwnSessionAndWhatItIsGivenAndNothingOfOurs) {
  const Descriptor kept = Open("kept");
  ::setenv("OF_OURS", "secret", 1);
  const Descriptor open_to_children(::dup(kept.get()));
  const std::string told = OutputOf(
      "env; ps -o sid= -p $$ | tr -d ' ' | sed \"s/^$$\\$/leads its session/\"; ls -m /proc/$$/fd; "
      "echo to stderr >&2; exit 7",
      kept.get());
  EXPECT_EQ(exit_, 7);
  EXPECT_THAT(told, HasSubstr("GIVEN=it"));
  EXPECT_THAT(told, HasSubstr("leads its session"));
  EXPECT_THAT(told, HasSubstr("\n0, 1, 2, 3\n"));
  EXPECT_THAT(told, HasSubstr("to stderr"));
  EXPECT_THAT(told, Not(HasSubstr("secret")));
}

TEST_F(BackgroundProcesses, ItKeepsALockThatItIsGivenForAsLongAsItLives) {
  Descriptor lock = Open("lock");
  ASSERT_EQ(::flock(lock.get(), LOCK_EX | LOCK_NB), 0);
  const Descriptor output = Open("output");
  const auto pid = StartInBackground({.program = "/bin/sh",
                                      .arguments = {"sh", "-c", "read line <&3; kill -9 $$"},
                                      .environment = {},
                                      .output = output.get(),
                                      .kept = lock.get()});
  ASSERT_TRUE(pid) << pid.error().ToString();
  lock = Descriptor();
  const Descriptor other = Open("lock");
  while (::flock(other.get(), LOCK_EX | LOCK_NB) != 0) std::this_thread::yield();
  std::optional<int> exit;
  while (!(exit = ExitOfChild(*pid))) std::this_thread::yield();
  EXPECT_EQ(exit, 128 + SIGKILL);
}

TEST_F(BackgroundProcesses, WhatCannotBeStartedIsNamed) {
  const Descriptor any = Open("any");
  const auto pid = StartInBackground({.program = "/no/such/program",
                                      .arguments = {"program"},
                                      .environment = {},
                                      .output = any.get(),
                                      .kept = any.get()});
  ASSERT_FALSE(pid);
  EXPECT_THAT(pid.error().ToString(), HasSubstr("/no/such/program"));
}

}  // namespace
}  // namespace reprocess
