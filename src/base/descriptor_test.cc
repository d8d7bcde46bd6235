#include "base/descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

bool IsOpen(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}
int Opened() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

TEST(Descriptor, ClosesItselfOnce) {
  const int fd = Opened();
  {
    Descriptor owner(fd);
    EXPECT_TRUE(owner);
    EXPECT_EQ(owner.get(), fd);
    EXPECT_TRUE(IsOpen(fd));
  }
  EXPECT_FALSE(IsOpen(fd));
}

TEST(Descriptor, NoneIsFalse) {
  EXPECT_FALSE(Descriptor());
  EXPECT_FALSE(Descriptor(-1));
}

TEST(Descriptor, MovingPassesItOn) {
  const int first = Opened(), second = Opened();
  {
    Descriptor a(first), b(second);
    Descriptor c(std::move(a));
    EXPECT_EQ(c.get(), first);
    EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move): that is what is promised
    c = std::move(b);
    EXPECT_EQ(c.get(), second);
    EXPECT_TRUE(IsOpen(second));
  }
  EXPECT_FALSE(IsOpen(first));
  EXPECT_FALSE(IsOpen(second));
}

}  // namespace
}  // namespace reprocess
