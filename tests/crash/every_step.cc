#include "crash/every_step.h"

#include <fmt/format.h>

namespace reprocess::test {
namespace {

constexpr When kBothSides[] = {When::kBefore, When::kAfter};

std::string TextOf(When when, const std::vector<std::string>& steps, int step) {
  return fmt::format("{} step {}, {}", when == When::kBefore ? "before" : "after", step,
                     steps[static_cast<std::size_t>(step - 1)]);
}

// Whoever died in its last moments may have finished all the same.
bool EndsAs(Outcome found, Outcome wanted) {
  return found == wanted || (wanted == Outcome::kComplete && found == Outcome::kAlreadyComplete);
}

}  // namespace

std::vector<std::string> StepsOf(const Scenario& scenario, Outcome end) {
  FakeWorld world;
  scenario(world);
  EXPECT_EQ(world.RunToItsEnd(), end);
  return world.steps();
}

void AtEveryStep(const Scenario& scenario, std::string_view prefix,
                 const std::function<void(FakeWorld&, int step)>& disturbed, Outcome end) {
  const std::vector<std::string> steps = StepsOf(scenario, end);
  for (int step = 1; step <= static_cast<int>(steps.size()); ++step) {
    if (!steps[static_cast<std::size_t>(step - 1)].starts_with(prefix)) continue;
    SCOPED_TRACE(TextOf(When::kBefore, steps, step));
    FakeWorld world;
    scenario(world);
    disturbed(world, step);
    if (::testing::Test::HasFailure()) return;
  }
}

void KillAtEveryStep(const Scenario& scenario, const Kill& kill) {
  FakeWorld undisturbed;
  scenario(undisturbed);
  const FakeWorld::Ended first = undisturbed.RunWorker();
  ASSERT_TRUE(first && *first);
  const std::vector<std::string> steps = undisturbed.steps();
  for (const When when : kBothSides) {
    for (int step = 1; step <= static_cast<int>(steps.size()); step += kill.stride) {
      SCOPED_TRACE(TextOf(when, steps, step));
      FakeWorld world;
      scenario(world);
      world.next().DieAtStep(step, when);
      EXPECT_FALSE(world.RunWorker()) << "it did not die";
      kill.before_next(world);
      Outcome end = world.RunToItsEnd();
      for (int i = 0; i < kill.restarts && end == Outcome::kFailedFiles; ++i) {
        end = world.RunToItsEnd();
      }
      EXPECT_TRUE(EndsAs(end, kill.end)) << "ended as " << static_cast<int>(end);
      kill.check(world);
      if (::testing::Test::HasFailure()) return;
    }
  }
}

void KillTwice(const Scenario& scenario, int stride) {
  const auto steps = static_cast<int>(StepsOf(scenario).size());
  for (const When when : kBothSides) {
    for (int first = 1; first <= steps; first += stride) {
      for (int second = 1 + first % stride;; second += stride) {
        SCOPED_TRACE(fmt::format("{} steps {} and {}", when == When::kBefore ? "before" : "after",
                                 first, second));
        FakeWorld world;
        scenario(world);
        world.next().DieAtStep(first, when);
        EXPECT_FALSE(world.RunWorker());
        world.next().DieAtStep(second, when);
        const bool died = !world.RunWorker();
        world.RunToItsEnd();
        ExactlyOnce(world);
        if (::testing::Test::HasFailure()) return;
        if (!died) break;
      }
    }
  }
}

}  // namespace reprocess::test
