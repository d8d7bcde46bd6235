#include "kafka/alike.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess::kafka {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(TopicsAlike, ASharedWordIsEnoughAlsoInThePlural) {
  EXPECT_THAT(TopicsAlike("bulker-destinations", {"orders", "destination-messages", "in.id.x"}),
              ElementsAre("destination-messages"));
}

TEST(TopicsAlike, AFewWrongLettersAreForgiven) {
  EXPECT_THAT(TopicsAlike("evnts", {"events", "invoices", "EVENTS"}),
              ElementsAre("EVENTS", "events"));
}

TEST(TopicsAlike, TheNearestComesFirst) {
  EXPECT_THAT(TopicsAlike("destination", {"dead-destination-letters", "destinations"}),
              ElementsAre("destinations", "dead-destination-letters"));
}

TEST(TopicsAlike, InternalTopicsAreNeverMeant) {
  EXPECT_THAT(TopicsAlike("consumer_offsets", {"__consumer_offsets"}), IsEmpty());
}

TEST(TopicsAlike, ShortWordsAndNumbersAreSharedByChance) {
  EXPECT_THAT(TopicsAlike("my-destinations-2024", {"my-invoices-of-2024"}), IsEmpty());
}

TEST(TopicsAlike, AtMostFiveAreNamed) {
  EXPECT_THAT(TopicsAlike("events",
                          {"events-a", "events-b", "events-c", "events-d", "events-e", "events-f"}),
              SizeIs(5));
}

}  // namespace
}  // namespace reprocess::kafka
