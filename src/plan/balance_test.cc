#include "plan/balance.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using testing::ElementsAre;

WallTime Hour(int hour) {
  return WallTime(std::chrono::hours(hour));
}

std::vector<Weight> RandomFiles(std::size_t count, std::mt19937_64& random) {
  std::lognormal_distribution<double> sizes(std::uniform_int_distribution(2, 14)(random), 1.5);
  std::vector<Weight> files(count);
  for (Weight& file : files) {
    file.bytes = static_cast<std::uint64_t>(sizes(random));
    if (random() % 4 > 0) file.time = Hour(static_cast<int>(random() % 50));
  }
  return files;
}

std::uint64_t HeaviestOf(const std::vector<Weight>& files, const std::vector<std::size_t>& order,
                         std::size_t shares) {
  std::vector<std::uint64_t> bytes(shares);
  for (std::size_t at = 0; at < order.size(); ++at) bytes[at % shares] += files[order[at]].bytes;
  return std::ranges::max(bytes);
}

// By trying everything.
std::uint64_t Optimum(const std::vector<Weight>& files, std::vector<std::uint64_t>& bytes,
                      std::vector<std::size_t>& room, std::size_t at = 0) {
  if (at == files.size()) return std::ranges::max(bytes);
  std::uint64_t best = UINT64_MAX;
  for (std::size_t i = 0; i < room.size(); ++i) {
    const bool twin = i > 0 && room[i] == room[i - 1] && bytes[i] == bytes[i - 1];
    if (room[i] == 0 || twin) continue;
    --room[i];
    bytes[i] += files[at].bytes;
    best = std::min(best, Optimum(files, bytes, room, at + 1));
    bytes[i] -= files[at].bytes;
    ++room[i];
  }
  return best;
}

TEST(BalancedOrder, HasEachFileOnceAndEachShareOldestFirst) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 100; ++round) {
    const auto files = RandomFiles(1 + random() % 200, random);
    const std::size_t shares = 1 + random() % std::min<std::size_t>(files.size(), 20);
    SCOPED_TRACE(testing::Message() << files.size() << " files, " << shares << " shares");
    const auto order = BalancedOrder(files, shares);
    ASSERT_EQ(order.size(), files.size());
    ASSERT_EQ(std::set(order.begin(), order.end()).size(), files.size());
    for (std::size_t at = shares; at < order.size(); ++at) {
      const Weight &before = files[order[at - shares]], &file = files[order[at]];
      if (file.time) {
        ASSERT_TRUE(before.time && *before.time <= *file.time);
      }
      if (before.time == file.time) {
        ASSERT_LT(order[at - shares], order[at]);
      }
    }
  }
}

TEST(BalancedOrder, OfAShortListIsWithinOnePercentOfTheBestThereIs) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 50; ++round) {
    const auto files = RandomFiles(1 + random() % 8, random);
    for (std::size_t shares = 1; shares <= files.size(); ++shares) {
      std::vector<std::uint64_t> bytes(shares);
      std::vector<std::size_t> room(shares, files.size() / shares);
      for (std::size_t i = 0; i < files.size() % shares; ++i) ++room[i];
      const std::uint64_t best = Optimum(files, bytes, room);
      ASSERT_LE(static_cast<double>(HeaviestOf(files, BalancedOrder(files, shares), shares)),
                static_cast<double>(best) * 1.01);
    }
  }
}

TEST(BalancedOrder, OfManyFilesIsWithinOnePercentOfEven) {
  std::mt19937_64 random(3);
  const auto files = RandomFiles(100'000, random);
  double all = 0;
  for (const Weight& file : files) all += static_cast<double>(file.bytes);
  const auto heaviest = HeaviestOf(files, BalancedOrder(files, 100), 100);
  EXPECT_LE(static_cast<double>(heaviest), all / 100 * 1.01);
}

TEST(BalancedOrder, SwapsWhereDealingOutIsNotEnough) {
  // Dealt out: 9 + 5 + 5 and 8 + 7 + 1.
  std::vector<Weight> files;
  for (int copies = 0; copies < 20; ++copies) {
    for (const std::uint64_t bytes : {9, 8, 7, 5, 5, 1}) files.push_back({bytes * 1'000});
  }
  EXPECT_LE(HeaviestOf(files, BalancedOrder(files, 40), 40), 18'000u);
}

TEST(BalancedOrder, OfOneShareIsByTimeAndThenAsGiven) {
  const std::vector<Weight> files = {{1, {}}, {2, Hour(3)}, {3, Hour(1)}, {4, {}}, {5, Hour(3)}};
  EXPECT_THAT(BalancedOrder(files, 1), ElementsAre(2, 1, 4, 0, 3));
}

TEST(BalancedOrder, OfEqualFilesIsTheOrderGiven) {
  const std::vector<Weight> files(7, {10, Hour(1)});
  EXPECT_THAT(BalancedOrder(files, 3), ElementsAre(0, 1, 2, 3, 4, 5, 6));
  EXPECT_TRUE(BalancedOrder({}, 3).empty());
}

}  // namespace
}  // namespace reprocess
