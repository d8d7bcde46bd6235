#include "storage/s3_ranges.h"

#include <atomic>
#include <latch>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/name_time.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

const WallTime kNow = *ParseRfc3339("2026-11-28T00:00:00Z");

// A service: sorted keys, a few an answer.
struct Service {
  std::set<std::string> keys;
  std::size_t page = 10;
  std::atomic<int> asked = 0;

  ListPage After(const std::string& key) {
    ++asked;
    ListPage answer;
    for (auto at = keys.upper_bound(key); at != keys.end(); ++at) {
      if (answer.objects.size() == page) {
        answer.next = answer.objects.back().path;
        break;
      }
      answer.objects.push_back({.path = *at, .last_modified = {}, .version_tag = {}});
    }
    return answer;
  }
  FetchPage Fetch() {
    return [this](const std::string& token, const std::string& start_after) {
      return After(token.empty() ? start_after : token);
    };
  }
};

void Nobody(ListedObject&&) {}

std::string RandomKey(std::mt19937& random) {
  const WallTime time = kNow - std::chrono::minutes(random() % 500'000);
  switch (random() % 10) {
    case 0:
      return fmt::format("logs/other {}", random() % 1'000);
    case 1:
      return fmt::format("logs/{}/a_{}.gz", NameTimeText(time), random() % 1'000);
    case 2:
      return fmt::format("logs/2026_99_99T00_00_00 {}", random() % 1'000);
    default:
      return fmt::format("logs/pod{}_{}.ndjson", random() % 3, NameTimeText(time));
  }
}

TEST(ListRanges, HaveEachKeyOnceWhateverNamesThereAre) {
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    Service service;
    const std::size_t count = 11 + random() % 600;
    while (service.keys.size() < count) service.keys.insert(RandomKey(random));
    const ListPage first = service.After("");
    for (const int streams : {1, 2, 8}) {
      SCOPED_TRACE(testing::Message() << round << ", " << streams << " streams");
      std::multiset<std::string> listed;
      for (const ListedObject& object : first.objects) listed.insert(object.path);
      const auto took = ListRanges(first, service.Fetch(), streams, kNow,
                                   [&](ListedObject&& object) { listed.insert(object.path); });
      ASSERT_TRUE(took) << took.error().ToString();
      ASSERT_EQ(listed, std::multiset(service.keys.begin(), service.keys.end()));
    }
  }
}

TEST(ListRanges, OneStreamAsksForNoMoreThanThePages) {
  Service service;
  for (int i = 0; i < 95; ++i) service.keys.insert(fmt::format("k{:03}", i));
  const ListPage first = service.After("");
  ASSERT_TRUE(ListRanges(first, service.Fetch(), 1, kNow, Nobody));
  EXPECT_EQ(service.asked, 10);
}

TEST(ListRanges, WhatIsTwoPagesLongIsNotHalved) {
  Service service;
  const WallTime begun = kNow + std::chrono::hours(24 - 25);
  for (int i = 1; i <= 25; ++i) {
    service.keys.insert("k" + NameTimeText(begun + std::chrono::hours(i)));
  }
  const ListPage first = service.After("");
  const FetchPage patient = [&](const std::string& token, const std::string& start_after) {
    for (int i = 0; i < 100; ++i) std::this_thread::yield();  // others may look meanwhile
    return service.Fetch()(token, start_after);
  };
  for (int round = 0; round < 5; ++round) {
    service.asked = 1;
    ASSERT_TRUE(ListRanges(first, patient, 8, kNow, Nobody));
    ASSERT_EQ(service.asked, 3);
  }
}

TEST(ListRanges, AnErrorOfOneIsTheErrorOfAll) {
  Service service;
  std::mt19937 random(2);
  while (service.keys.size() < 500) service.keys.insert(RandomKey(random));
  const ListPage first = service.After("");
  std::atomic<int> calls = 0;
  const FetchPage fails = [&](const std::string& token,
                              const std::string& start_after) -> Result<ListPage> {
    if (++calls == 7) return Fatal("list: denied");
    return service.Fetch()(token, start_after);
  };
  const auto listed = ListRanges(first, fails, 4, kNow, Nobody);
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().what, "list: denied");
}

TEST(ListRanges, AServiceThatDoesNotKeepItsOrderOrGetOnIsAnError) {
  Service service;
  for (int i = 0; i < 50; ++i) service.keys.insert(fmt::format("k{:03}", i));
  const ListPage first = service.After("");
  ListPage repeated = first;
  repeated.next = "elsewhere";
  const FetchPage same = [&](const std::string&, const std::string&) { return repeated; };
  EXPECT_THAT(ListRanges(first, same, 2, kNow, Nobody).error().what, testing::HasSubstr("order"));
  EXPECT_EQ(ListRanges(first, same, 2, kNow, Nobody).error().code, Code::kUnsupported);
  const FetchPage stuck = [&](const std::string& token, const std::string&) {
    return ListPage{{}, token};
  };
  EXPECT_THAT(ListRanges(first, stuck, 2, kNow, Nobody).error().what, testing::HasSubstr("get on"));
}

TEST(ListRanges, AServiceThatDoesNotKnowStartAfterIsListedInOneStream) {
  Service service;
  for (int i = 0; i < 50; ++i) {
    service.keys.insert(fmt::format("k{}", NameTimeText(kNow - std::chrono::hours(i))));
  }
  const ListPage first = service.After("");
  std::latch second(1);
  std::once_flag once;
  const FetchPage forgetful = [&](const std::string& token, const std::string& start_after) {
    if (!start_after.empty()) std::call_once(once, [&] { second.count_down(); });
    second.wait();  // for a second stream
    return service.After(token);
  };
  ASSERT_FALSE(ListRanges(first, forgetful, 4, kNow, Nobody)) << "or this tests nothing";
  std::set<std::string> listed;
  const auto took = ListBehind(first, forgetful, 4, kNow,
                               [&](ListedObject&& object) { listed.insert(object.path); });
  ASSERT_TRUE(took) << took.error().ToString();
  EXPECT_EQ(listed.size(), 40u);
}

}  // namespace
}  // namespace reprocess
