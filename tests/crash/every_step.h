// Loops over the steps of an undisturbed run: the same world again and again, disturbed one step
// further each time.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "crash/fake_world.h"

namespace reprocess::test {

// Sets a new world up.
using Scenario = std::function<void(FakeWorld&)>;
// Looks at it in the end.
using Check = std::function<void(const FakeWorld&)>;

inline void ExactlyOnce(const FakeWorld& world) {
  world.CheckExactlyOnce();
  world.CheckBooks();
}

// The steps that a worker takes when nothing disturbs it; it must end as `end`.
std::vector<std::string> StepsOf(const Scenario& scenario, Outcome end = Outcome::kComplete);

// Calls `disturbed` with a new world for each step whose name begins with `prefix`, until a test
// has failed: one failure is enough.
void AtEveryStep(const Scenario& scenario, std::string_view prefix,
                 const std::function<void(FakeWorld&, int step)>& disturbed,
                 Outcome end = Outcome::kComplete);

// A worker is killed at each step, before and after its effect; the next one must bring the shard
// to `end`, and `check` must find all there. `before_next` mends what the scenario broke.
struct Kill {
  Outcome end = Outcome::kComplete;
  Check check = ExactlyOnce;
  Scenario before_next = [](FakeWorld&) {};
  int restarts = 0;  // more of them, while files have failed
  int stride = 1;    // where each step would take too long
};
void KillAtEveryStep(const Scenario& scenario, const Kill& kill = {});

// Two workers die, the second at each of every `stride`-th step of its own.
void KillTwice(const Scenario& scenario, int stride);

}  // namespace reprocess::test
