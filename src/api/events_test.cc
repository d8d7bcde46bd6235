#include "api/events.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "api/service_for_tests.h"

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::Not;

class EventStreams : public ServiceTest {
 protected:
  EventStreams() { (void)Planned(); }

  std::shared_ptr<KeptOutlet> Listen(const std::string& last_id = {},
                                     const std::string& session = {}) {
    auto outlet = std::make_shared<KeptOutlet>();
    api_->events.Add({"job", session, last_id}, outlet);
    return outlet;
  }
  // A change that the next reading sees.
  void Pause(bool paused) { ASSERT_TRUE(queries_->SetControls("job", {.paused = paused})); }
  static std::string IdOf(const std::string& events) {
    const auto at = events.rfind("id: ") + 4;
    return events.substr(at, events.find('\n', at) - at);
  }
};

TEST_F(EventStreams, BeginWithASnapshotAndGoOnWithChanges) {
  const auto outlet = Listen();
  EXPECT_THAT(outlet->Until("event: snapshot"), HasSubstr(R"("id":"job")"));
  Pause(true);
  EXPECT_THAT(outlet->Until("event: change"), HasSubstr(R"("path":"/paused","value":true)"));
}

TEST_F(EventStreams, GoOnBehindTheEventThatWasSeenLast) {
  const auto outlet = Listen();
  const std::string seen = IdOf(outlet->Until("event: snapshot"));
  Pause(true);
  (void)outlet->Until("event: change");
  const std::string missed = Listen(seen)->Until("event: change");
  EXPECT_THAT(missed, Not(HasSubstr("event: snapshot")));
  for (const std::string& unknown : {std::string("another-1"), seen + "9"}) {
    EXPECT_THAT(Listen(unknown)->Until("event: snapshot"), HasSubstr("event: snapshot"));
  }
}

TEST_F(EventStreams, AnEventOfAnotherStreamIsNoneOfThis) {
  const auto list = std::make_shared<KeptOutlet>();
  api_->events.Add({"", {}, {}}, list);
  const std::string seen = IdOf(list->Until("event: snapshot"));
  EXPECT_THAT(Listen(seen)->Until("event: snapshot"), HasSubstr("event: snapshot"));
}

TEST_F(EventStreams, EndWithTheirSession) {
  const auto mine = Listen({}, "mine"), other = Listen({}, "other");
  (void)mine->Until("event: snapshot");
  (void)other->Until("event: snapshot");
  api_->events.EndSession("mine");
  EXPECT_FALSE(mine->open());
  EXPECT_TRUE(other->open());
  EXPECT_EQ(api_->events.listeners(), 1u);
}

TEST_F(EventStreams, WhoHasLeftIsForgotten) {
  const auto outlet = Listen(), other = Listen();
  (void)outlet->Until("event: snapshot");
  (void)other->Until("event: snapshot");
  outlet->Leave();
  Pause(true);
  (void)other->Until("event: change");
  Pause(false);
  (void)other->Until(R"("path":"/paused","value":false)");
  EXPECT_EQ(api_->events.listeners(), 1u);
}

}  // namespace
}  // namespace reprocess
