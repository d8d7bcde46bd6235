// What a worker finds at its start, and what it refuses.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "crash/every_step.h"

namespace reprocess::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

void TwoFiles(FakeWorld& world) {
  world.AddFile("a", "ggbb.gugg");
  world.AddFile("b", ".gnoggLgg");
}

// A shard that a first worker has begun, and not ended.
void Begun(FakeWorld& world) {
  TwoFiles(world);
  world.next().DieAtStep(45, When::kAfter);
  ASSERT_FALSE(world.RunWorker());
  ASSERT_FALSE(world.Delivered().empty());
}

void ExpectRefused(FakeWorld& world, std::string_view why, std::string_view hint = "JOB_ID") {
  const std::string rows = world.database.Dump();
  const auto records = world.broker.records.size();
  const auto checkpoint = world.broker.checkpoint;
  const auto ended = world.RunWorker();
  ASSERT_TRUE(ended);
  ASSERT_FALSE(*ended) << "it was not refused";
  EXPECT_EQ(ended->error().remedy, Remedy::kStop);
  EXPECT_THAT(ended->error().what, HasSubstr(why));
  EXPECT_THAT(ended->error().hint, HasSubstr(hint));
  EXPECT_EQ(world.database.Dump(), rows) << "it wrote all the same";
  EXPECT_EQ(world.broker.records.size(), records);
  EXPECT_EQ(world.broker.checkpoint, checkpoint);
}

TEST(Start, ACompleteShardSendsNothing) {
  FakeWorld world;
  TwoFiles(world);
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  const std::string rows = world.database.Dump();
  world.storage.opened.clear();
  const auto ended = world.RunWorker();
  ASSERT_TRUE(ended && *ended);
  EXPECT_EQ((*ended)->end, Outcome::kAlreadyComplete);
  EXPECT_THAT((*ended)->message, HasSubstr("JOB_ID"));
  EXPECT_EQ((*ended)->checkpoint, world.Committed());
  EXPECT_TRUE(world.storage.opened.empty());
  EXPECT_EQ(world.database.Dump(), rows);
  ExactlyOnce(world);
}

TEST(Start, AnExpiredGroupOfACompleteShardIsStillComplete) {
  FakeWorld world;
  TwoFiles(world);
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  world.broker.checkpoint.reset();
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kAlreadyComplete);
  world.CheckExactlyOnce();
}

TEST(Start, ALostCheckpointIsRefusedNeverASilentStartOver) {
  FakeWorld world;
  Begun(world);
  world.broker.checkpoint.reset();
  ExpectRefused(world, "lost", "--only-missing");
}

TEST(Start, ADamagedCheckpointIsRefused) {
  FakeWorld world;
  Begun(world);
  world.broker.checkpoint->back() ^= 1;
  ExpectRefused(world, "checksum");
}

TEST(Start, AnotherTaskUnderTheSameNameIsRefused) {
  const struct {
    const char* differs;
    std::function<void(FakeWorld&)> change;
  } kRows[] = {
      {"files (2, now 3)", [](FakeWorld& world) { world.AddFile("c", "g"); }},
      {"stream_ids", [](FakeWorld& world) { world.config.stream_ids = {"src"}; }},
      {"connection_ids", [](FakeWorld& world) { world.config.connection_ids = {"x"}; }},
      {"limit", [](FakeWorld& world) { world.config.limit = 5; }},
      {"start_file, start_line (0, now 2)",
       [](FakeWorld& world) {
         world.config.start_file = "a";
         world.config.start_line = 2;
       }},
      {"workers (1, now 2)", [](FakeWorld& world) { world.total = 2; }},
  };
  for (const auto& [differs, change] : kRows) {
    SCOPED_TRACE(differs);
    FakeWorld world;
    Begun(world);
    change(world);
    ExpectRefused(world, fmt::format("begun with other {}", differs));
    world.database.print.reset();  // as an earlier build left it: the shard's fingerprint is enough
    ExpectRefused(world,
                  differs == std::string_view("limit") ? "limits" : "begun with other files");
  }
}

// What two workers of one job see: shard 0 of two has begun, shard 1 starts.
void ShardZeroOfTwoHasBegun(FakeWorld& world) {
  world.total = 2;
  Begun(world);
  world.index = 1;
  world.broker.checkpoint.reset();  // shard 1 has a group of its own
}

TEST(Start, AShardWhoseJobWasBegunWithAnotherListIsRefusedBeforeItFencesAnybody) {
  for (const bool print : {true, false}) {
    SCOPED_TRACE(print);
    FakeWorld world;
    ShardZeroOfTwoHasBegun(world);
    if (!print) world.database.print.reset();
    world.AddFile("c", "g");
    ExpectRefused(world, print ? "files (2, now 3)" : "begun with other files");
    EXPECT_THAT(world.steps(), Not(Contains("sink.Open")));
    EXPECT_EQ(world.database.print.has_value(), print) << "a wrong list is not the job's";
  }
}

TEST(Start, AJobThatAnEarlierBuildBeganGoesOnAndIsBoundFromThenOn) {
  FakeWorld world;
  Begun(world);
  world.database.print.reset();
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  EXPECT_TRUE(world.database.print);
  ExactlyOnce(world);
}

TEST(Start, OfTwoFirstClaimsWithTwoListsTheSecondIsRefused) {
  FakeWorld world;
  world.total = 2;
  TwoFiles(world);
  int stored = 0;
  for (const std::string& name : StepsOf([](FakeWorld& w) { TwoFiles(w); })) {
    ++stored;
    if (name == "database.StorePrint") break;
  }
  world.next().At(stored, When::kBefore, [&] { world.database.print = "workers=2 files=3#other"; });
  ExpectRefused(world, "files (3, now 2)");
}

TEST(Start, WithoutTablesTheOtherShardsOfAJobAreAskedForInKafka) {
  FakeWorld world;
  ShardZeroOfTwoHasBegun(world);
  const std::string of_zero = world.database.shards.at(0).checkpoint;
  world.database.shards.clear();
  world.database.print.reset();
  world.database.has_tables = false;
  std::vector<int> asked;
  world.read_shard = [&](int shard) -> Result<std::optional<std::string>> {
    asked.push_back(shard);
    return shard == 0 ? std::optional(of_zero) : std::nullopt;
  };
  world.AddFile("c", "g");
  ExpectRefused(world, "begun with other files");
  EXPECT_THAT(asked, testing::ElementsAre(0));
}

TEST(Start, ADryRunNeitherKeepsNorComparesAPrint) {
  FakeWorld world;
  world.destination = Destination::kNone;
  TwoFiles(world);
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  EXPECT_FALSE(world.database.print);
  world.AddFile("c", "g");
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
}

TEST(Start, BatchSizeAndRetriesMayChangeBetweenRuns) {
  FakeWorld world;
  Begun(world);
  world.config.batch_size = 7;
  world.config.retry_attempts = 9;
  world.settings.batch_bytes = 100;
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExactlyOnce(world);
}

TEST(Start, DeliveryIsDecidedAtTheFirstClaimAndForGood) {
  const struct {
    DeliveryChoice first, then;
    bool refused;
  } kRows[] = {
      {DeliveryChoice::kExactlyOnce, DeliveryChoice::kAtLeastOnce, true},
      {DeliveryChoice::kAuto, DeliveryChoice::kAtLeastOnce, true},
      {DeliveryChoice::kAtLeastOnce, DeliveryChoice::kExactlyOnce, true},
      {DeliveryChoice::kAtLeastOnce, DeliveryChoice::kAuto, false},
      {DeliveryChoice::kExactlyOnce, DeliveryChoice::kAuto, false},
      {DeliveryChoice::kAuto, DeliveryChoice::kExactlyOnce, false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(testing::Message() << NameOf(row.first) << ", then " << NameOf(row.then));
    FakeWorld world;
    world.config.delivery = row.first;
    Begun(world);
    const Mode mode = world.database.shards.at(0).mode;
    world.config.delivery = row.then;
    if (row.refused) {
      ExpectRefused(world, "delivery");
      continue;
    }
    EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
    EXPECT_EQ(world.database.shards.at(0).mode, mode);
    ExactlyOnce(world);
  }
}

Error MissingRight(Code code) {
  return {.what = "open Kafka: not authorised", .hint = "grant Write", .code = code};
}

TEST(Start, AutoFallsBackOnMissingRightsAndOldBrokersOnly) {
  const struct {
    Code code;
    DeliveryChoice delivery;
    bool falls_back;
  } kRows[] = {{Code::kNotAuthorized, DeliveryChoice::kAuto, true},
               {Code::kUnsupported, DeliveryChoice::kAuto, true},
               {Code::kTimedOut, DeliveryChoice::kAuto, false},
               {Code::kOther, DeliveryChoice::kAuto, false},
               {Code::kNotAuthorized, DeliveryChoice::kExactlyOnce, false}};
  for (const auto& row : kRows) {
    SCOPED_TRACE(static_cast<int>(row.code));
    FakeWorld world;
    TwoFiles(world);
    world.config.delivery = row.delivery;
    world.broker.open_fails = MissingRight(row.code);
    const auto ended = world.RunWorker();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->has_value(), row.falls_back);
    if (!row.falls_back) continue;
    EXPECT_EQ((*ended)->mode, Mode::kAtLeastOnce);
    ExactlyOnce(world);
  }
}

TEST(Start, AShardThatBeganExactlyOnceNeverFallsBack) {
  FakeWorld world;
  Begun(world);
  world.broker.open_fails = MissingRight(Code::kNotAuthorized);
  const auto ended = world.RunWorker();
  ASSERT_TRUE(ended && !*ended);
  EXPECT_THAT(ended->error().hint, HasSubstr("grant Write"));
  world.broker.open_fails.reset();
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExactlyOnce(world);
}

TEST(Start, ADryRunAndARealRunDoNotShareAJob) {
  FakeWorld dry;
  TwoFiles(dry);
  dry.destination = Destination::kNone;
  EXPECT_EQ(dry.RunToItsEnd(), Outcome::kComplete);
  dry.destination = Destination::kKafka;
  ExpectRefused(dry, "dry run");
  FakeWorld real;
  Begun(real);
  real.destination = Destination::kNone;
  ExpectRefused(real, "dry run");
  real.destination = Destination::kFiles;
  ExpectRefused(real, "another kind of destination");
}

TEST(Start, AResetShardBeginsAnew) {
  FakeWorld world;
  Begun(world);
  Checkpoint reset;
  reset.owner = "reset";
  reset.generation = 7;
  world.broker.checkpoint = Encode(reset);
  world.broker.records.clear();
  world.database.shards.at(0).checkpoint = Encode(reset);
  world.database.shards.at(0).owner = {"reset", "host", 7};
  ASSERT_TRUE(world.database.Clear({"job", 0}));
  world.database.print.reset();
  world.AddFile("c", "g");
  world.config.delivery = DeliveryChoice::kAtLeastOnce;  // nothing of the old run binds it
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  EXPECT_EQ(world.database.shards.at(0).owner.generation, 8u);
  ExactlyOnce(world);
}

TEST(Start, EachClaimHasTheNextGenerationAndIsPaddedToTheLongestText) {
  FakeWorld world;
  TwoFiles(world);
  std::vector<std::uint64_t> generations;
  int claimed = 0;
  for (const std::string& name : StepsOf(TwoFiles)) {
    ++claimed;
    if (name == "observer.Claimed") break;
  }
  for (int worker = 0; worker < 3; ++worker) {
    world.clock.Advance(Milliseconds(60'000));  // its predecessor is dead for certain
    world.next().At(claimed, When::kBefore, [&] {
      generations.push_back(world.Committed().generation);
      EXPECT_EQ(world.broker.checkpoint->size(), kMaxCheckpointBytes);
    });
    world.next().DieAtStep(claimed, When::kAfter);
    EXPECT_FALSE(world.RunWorker());
  }
  EXPECT_THAT(generations, testing::ElementsAre(1, 2, 3));
}

}  // namespace
}  // namespace reprocess::test
