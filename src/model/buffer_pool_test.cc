#include "model/buffer_pool.h"

#include <optional>

#include <gtest/gtest.h>

namespace reprocess {
namespace {

TEST(BufferPool, HandsOutAgainWhatCameBackLast) {
  BufferPool pool(100);
  std::shared_ptr<Buffer> first = pool.Take(), second = pool.Take();
  EXPECT_EQ(first->capacity(), 100U);
  EXPECT_NE(first.get(), second.get());
  const Buffer* const last = second.get();
  first.reset();
  second.reset();
  EXPECT_EQ(BufferPool(pool).Take().get(), last);
}

TEST(BufferPool, BuffersOutliveIt) {
  std::optional<BufferPool> pool(100);
  const std::shared_ptr<Buffer> out = pool->Take();
  pool->Take().reset();
  pool.reset();
  out->data()[99] = 'x';
  EXPECT_EQ(out->data()[99], 'x');
}

}  // namespace
}  // namespace reprocess
