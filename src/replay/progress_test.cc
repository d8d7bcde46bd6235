#include "replay/progress.h"

#include <gmock/gmock.h>

namespace reprocess {
namespace {

using ::testing::ElementsAre;

// Notes what it is told, and by whose ears.
class Noting final : public ProgressObserver {
 public:
  Noting(std::string name, std::vector<std::string>& told) : name_(std::move(name)), told_(told) {}
  void Committed(const Checkpoint& checkpoint, std::string_view text) override {
    EXPECT_EQ(checkpoint.generation, 7u);
    told_.push_back(name_ + " committed " + std::string(text));
  }
  void Waiting(const std::string& why) override { told_.push_back(name_ + " waiting " + why); }

 private:
  const std::string name_;
  std::vector<std::string>& told_;
};

TEST(ProgressFanOut, EachIsToldInTheOrderInWhichTheyWereAdded) {
  std::vector<std::string> told;
  Noting first("first", told), second("second", told);
  Checkpoint checkpoint;
  checkpoint.generation = 7;
  ProgressFanOut progress;
  progress.Committed(checkpoint, "nobody hears it");
  progress.Add(first);
  progress.Waiting("Kafka");
  progress.Add(second);
  progress.Committed(checkpoint, "rp1");
  progress.Rewound();  // neither cares
  EXPECT_THAT(told,
              ElementsAre("first waiting Kafka", "first committed rp1", "second committed rp1"));
}

}  // namespace
}  // namespace reprocess
