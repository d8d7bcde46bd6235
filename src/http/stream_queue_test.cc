#include "http/stream_queue.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

StreamQueue::Piece Bytes(std::size_t size) {
  return std::make_shared<const std::string>(size, 'x');
}

TEST(StreamQueue, WeighsWhatIsTakenUntilTheNextTime) {
  int woken = 0;
  StreamQueue queue(10, [&] { ++woken; });
  EXPECT_TRUE(queue.Write(Bytes(6)));
  EXPECT_TRUE(queue.Write(Bytes(4)));
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(queue.Take().pieces.size(), 2U);
  EXPECT_TRUE(queue.Take().pieces.empty());
  EXPECT_TRUE(queue.Write(Bytes(10)));
  EXPECT_FALSE(queue.Take().dropped);
  EXPECT_FALSE(queue.Write(Bytes(1))) << "ten are on their way";
  EXPECT_TRUE(queue.Take().dropped);
  EXPECT_FALSE(queue.Write(Bytes(0)));
}

TEST(StreamQueue, TakesOnePieceOfAnySize) {
  StreamQueue queue(10, [] {});
  EXPECT_TRUE(queue.Write(Bytes(1'000)));
  EXPECT_FALSE(queue.Write(Bytes(1)));
}

TEST(StreamQueue, TakesNothingAfterItsEndAndWakesNobodyOnceClosed) {
  int woken = 0;
  StreamQueue queue(10, [&] { ++woken; });
  queue.Write(Bytes(1));
  queue.End();
  EXPECT_FALSE(queue.Write(Bytes(1)));
  const auto taken = queue.Take();
  EXPECT_EQ(taken.pieces.size(), 1U);
  EXPECT_TRUE(taken.ended);
  queue.Close();
  woken = 0;
  queue.End();
  EXPECT_FALSE(queue.Write(Bytes(1)));
  EXPECT_EQ(woken, 0);
}

}  // namespace
}  // namespace reprocess
