// What every store of books promises to its callers (model/stores.h).
#include <chrono>
#include <functional>
#include <limits>

#include <gmock/gmock.h>

#include "contract/stores_fixture.h"

namespace reprocess {
namespace {

using namespace std::string_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::IsEmpty;
using ::testing::Lt;

INSTANTIATE_TEST_SUITE_P(Over, StoresContract,
                         ::testing::Values(Backend::kSqlite, Backend::kPostgres),
                         [](const auto& over) {
                           return over.param == Backend::kSqlite ? "Sqlite"s : "Postgres"s;
                         });

template <class T>
Remedy RemedyOf(const Result<T>& result) {
  return result ? Remedy::kCount : result.error().remedy;
}

// ---- shards

TEST_P(StoresContract, AShardThatNobodyClaimedHasNoRow) {
  EXPECT_TRUE(books_->Available());
  const auto row = books_->Find(shard_);
  ASSERT_OK(row);
  EXPECT_FALSE(row->has_value());
}

TEST_P(StoresContract, AClaimIsFoundAsItWasMade) {
  ASSERT_OK(books_->Claim(shard_, Mode::kAtLeastOnce, OwnerOf("a", 1), "rp1 x", {5, 0, 9}));
  ASSERT_OK(books_->StoreEnd(shard_, OwnerOf("a", 1), {15, 10, 19}));
  const auto found = books_->Find(shard_);
  ASSERT_OK(found);
  const ShardRow row = found->value();
  EXPECT_EQ(row.mode, Mode::kAtLeastOnce);
  EXPECT_EQ(row.owner.id, "a");
  EXPECT_EQ(row.owner.host, "host-a");
  EXPECT_EQ(row.owner.generation, 1u);
  EXPECT_EQ(row.checkpoint, "rp1 x");
  EXPECT_THAT(row.start_offsets, ElementsAre(5, 0, 9));
  EXPECT_THAT(row.end_offsets, ElementsAre(15, 10, 19));
  EXPECT_THAT(row.heartbeat_age.count(), AllOf(Gt(-1), Lt(5000)));
  const auto wall = std::chrono::system_clock::now().time_since_epoch() / Milliseconds(1);
  EXPECT_NEAR(static_cast<double>(row.heartbeat_ms), static_cast<double>(wall), 5000);
}

TEST_P(StoresContract, AClaimForgetsWhereAnEarlierOneEnded) {
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, OwnerOf("a", 1), "rp1 x", {5}));
  ASSERT_OK(books_->StoreEnd(shard_, OwnerOf("a", 1), {15}));
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, OwnerOf("b", 2), "rp1 y", {15}));
  const auto row = books_->Find(shard_);
  ASSERT_OK(row);
  EXPECT_THAT((*row)->start_offsets, ElementsAre(5));
  EXPECT_THAT((*row)->end_offsets, IsEmpty());
}

TEST_P(StoresContract, AClaimNeedsAHigherGenerationOrTheSameOwner) {
  const struct {
    const char* owner;
    std::uint64_t generation;
    bool taken;
  } kRows[] = {
      {"a", 3, true}, {"b", 3, false}, {"b", 2, false}, {"a", 2, false},
      {"a", 3, true}, {"b", 4, true},  {"a", 4, false}, {"a", 5, true},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(std::string(row.owner) + std::to_string(row.generation));
    const auto claim =
        books_->Claim(shard_, Mode::kExactlyOnce, OwnerOf(row.owner, row.generation), "c", {1});
    EXPECT_EQ(claim.has_value(), row.taken);
    EXPECT_EQ(RemedyOf(claim), row.taken ? Remedy::kCount : Remedy::kFenced);
  }
}

TEST_P(StoresContract, StartOffsetsAreKeptFromTheFirstClaimThatKnewThem) {
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, OwnerOf("a", 1), "c", {}));
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, OwnerOf("a", 1), "c", {7}));
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, OwnerOf("b", 2), "c", {8}));
  EXPECT_THAT(books_->Find(shard_)->value().start_offsets, ElementsAre(7));
}

TEST_P(StoresContract, OnlyItsOwnerMovesAShardsRow) {
  ASSERT_OK(books_->Claim(shard_, Mode::kAtLeastOnce, OwnerOf("a", 1), "first", {}));
  ASSERT_OK(books_->StoreCheckpoint(shard_, OwnerOf("a", 1), "second"));
  ASSERT_OK(books_->Claim(shard_, Mode::kAtLeastOnce, OwnerOf("b", 2), "third", {}));
  const Owner zombie = OwnerOf("a", 1);
  EXPECT_EQ(RemedyOf(books_->StoreCheckpoint(shard_, zombie, "late")), Remedy::kFenced);
  EXPECT_EQ(RemedyOf(books_->Heartbeat(shard_, zombie)), Remedy::kFenced);
  EXPECT_EQ(RemedyOf(books_->StoreEnd(shard_, zombie, {1})), Remedy::kFenced);
  EXPECT_EQ(RemedyOf(books_->StoreCheckpoint(shard_, OwnerOf("b", 1), "x")), Remedy::kFenced);
  EXPECT_EQ(RemedyOf(books_->StoreCheckpoint({"job", 3}, zombie, "x")), Remedy::kFenced);
  EXPECT_EQ(books_->Find(shard_)->value().checkpoint, "third");
}

// A DELETE, and a failover that lost the claim.
TEST_P(StoresContract, ARowThatWasLostIsPutInAgainByWhoeverClaimedTheShard) {
  const Owner owner = OwnerOf("b", 5);
  const std::function<Result<void>()> writes[] = {
      [&] { return books_->Heartbeat(shard_, owner); },
      [&] { return books_->StoreEnd(shard_, owner, {9}); },
      [&] { return books_->StoreSigns(shard_, owner, {.stored_bytes = 7}); },
      [&] { return books_->GiveBack(shard_, owner); },
      [&] { return books_->StoreCheckpoint(shard_, owner, "second"); },
  };
  ASSERT_OK(books_->Claim(shard_, Mode::kAtLeastOnce, owner, "first", {7}));
  ASSERT_OK(books_->StoreCheckpoint(shard_, owner, "second"));
  for (const char* loss :
       {"DELETE FROM reprocessing_shards",
        "UPDATE reprocessing_shards SET owner = 'a', generation = 4, checkpoint = 'first'"}) {
    for (const auto& write : writes) {
      SCOPED_TRACE(loss);
      database_.Run(loss);
      ASSERT_OK(write());
      const ShardRow row = books_->Find(shard_)->value();
      EXPECT_EQ(row.mode, Mode::kAtLeastOnce);
      EXPECT_EQ(row.owner.id, "b");
      EXPECT_EQ(row.owner.host, "host-b");
      EXPECT_EQ(row.owner.generation, 5u);
      EXPECT_EQ(row.checkpoint, "second");
      EXPECT_THAT(row.start_offsets, ElementsAre(7));
    }
    EXPECT_THAT(books_->Find(shard_)->value().end_offsets, IsEmpty());
    ASSERT_OK(books_->StoreEnd(shard_, owner, {9}));
  }
  EXPECT_THAT(books_->Find(shard_)->value().end_offsets, ElementsAre(9));
}

TEST_P(StoresContract, ALostRowIsNotPutInAgainOverANewerOwners) {
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, OwnerOf("a", 4), "c", {}));
  database_.Run("DELETE FROM reprocessing_shards");
  ASSERT_OK(Open()->Claim(shard_, Mode::kExactlyOnce, OwnerOf("b", 5), "d", {}));
  EXPECT_EQ(RemedyOf(books_->Heartbeat(shard_, OwnerOf("a", 4))), Remedy::kFenced);
  EXPECT_EQ(books_->Find(shard_)->value().owner.id, "b");
}

TEST_P(StoresContract, AHeartbeatMoves) {
  const Owner owner = OwnerOf("a", 1);
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, owner, "c", {}));
  database_.Run("UPDATE reprocessing_shards SET heartbeat_ms = heartbeat_ms - 60000");
  const ShardRow old = books_->Find(shard_)->value();
  EXPECT_THAT(old.heartbeat_age.count(), AllOf(Gt(59'000), Lt(70'000)));
  ASSERT_OK(books_->Heartbeat(shard_, owner));
  EXPECT_GT(books_->Find(shard_)->value().heartbeat_ms, old.heartbeat_ms);
}

TEST_P(StoresContract, CheckpointsOfAJobsShardsAreThoseOfRealRuns) {
  ASSERT_OK(books_->Claim({"job", 0}, Mode::kExactlyOnce, OwnerOf("a", 1), "zero", {}));
  ASSERT_OK(books_->Claim({"job", 2}, Mode::kAtLeastOnce, OwnerOf("b", 1), "two", {}));
  ASSERT_OK(books_->Claim({"job", 3}, Mode::kDryRun, OwnerOf("c", 1), "dry", {}));
  ASSERT_OK(books_->Claim({"other", 1}, Mode::kExactlyOnce, OwnerOf("d", 1), "other", {}));
  const auto checkpoints = books_->Checkpoints("job");
  ASSERT_OK(checkpoints);
  EXPECT_EQ(*checkpoints, (std::map<int, std::string>{{0, "zero"}, {2, "two"}}));
}

TEST_P(StoresContract, AJobKeepsTheFirstPrint) {
  EXPECT_EQ(*books_->FindPrint("job"), std::nullopt);
  ASSERT_OK(books_->StorePrint("job", "workers=2 files=4#0"));
  ASSERT_OK(books_->StorePrint("job", "workers=3 files=4#0"));
  ASSERT_OK(books_->StorePrint("other", "workers=4"));
  EXPECT_EQ(*books_->FindPrint("job"), "workers=2 files=4#0");
}

// ---- ledger

TEST_P(StoresContract, AFilesRowComesBackExactly) {
  FileRow row = FileAt(7, FileState::kFailed, 88'213);
  row.path = "s3://bucket/a b\xFF\n\\x41\0c"s;
  row.size = std::numeric_limits<std::int64_t>::max();
  row.failure = "inflate: \xC3 bad";
  row.place = {88'213, 1'041, {4'000, 80'000}, {UINT64_MAX, 0, 4'096, 1}};
  row.uncounted_bytes = 12;
  row.key_path = "/a \xFF";
  row.counters = {.lines = 10,
                  .bytes = 500,
                  .success = 4,
                  .success_bytes = 200,
                  .skipped_bytes = 100,
                  .error_bytes = 200,
                  .not_utf8 = 1,
                  .by_reason = {}};
  row.counters[Reason::kBlank] = 1;
  row.counters[Reason::kDate] = 2;
  row.counters[Reason::kInvalidJson] = 2;
  row.counters[Reason::kUnreadable] = 1;
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 0), {}, std::span(&row, 1)));
  const auto failed = books_->FailedFiles(shard_, 0, 1);
  ASSERT_OK(failed);
  EXPECT_THAT(*failed, ElementsAre(row));
  EXPECT_EQ(*books_->SumOfFiles(shard_), (FilesSum{row.counters, 1}));
  EXPECT_EQ(Text("SELECT skipped_by_reason FROM reprocessing_files"), R"({"blank":1,"date":2})");
  EXPECT_EQ(Text("SELECT errors FROM reprocessing_files"), "3");
}

TEST_P(StoresContract, RowsOfOneStoreMayBeAlikeInAnything) {
  std::vector<FileRow> rows;
  for (int i = 0; i < 4; ++i) rows.push_back(FileAt(2 * i, FileState::kDone, 88));
  rows[2].state = FileState::kFailed;
  rows[2].failure = R"(a "quoted" \ {text}, NULL)";
  rows[3].place.byte = 99;
  rows[3].counters.lines = rows[3].counters.success = 3;
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 0), {}, rows));
  const auto files = OpenQueryObject()->Files(shard_.job_id, {});
  ASSERT_OK(files);
  ASSERT_EQ(files->size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ((*files)[i].list_position, rows[i].list_position);
    EXPECT_EQ((*files)[i].state, rows[i].state);
    EXPECT_EQ((*files)[i].failure, rows[i].failure);
    EXPECT_EQ((*files)[i].place.byte, rows[i].place.byte);
    EXPECT_EQ((*files)[i].counters, rows[i].counters);
  }
}

TEST_P(StoresContract, TheSumIsOfAllFilesHoweverMany) {
  std::vector<FileRow> rows;
  for (int i = 0; i < 2'500; ++i) {
    FileRow row = FileAt(2 * i, FileState::kDone, 0);
    row.counters.lines = row.counters.success = 3;
    rows.push_back(row);
  }
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 0), {}, rows));
  EXPECT_EQ(books_->SumOfFiles(shard_)->counters.lines, 7'500u);
  EXPECT_EQ(books_->SumOfFiles(ShardRef{shard_.job_id, shard_.index + 1})->counters.lines, 0u);
}

TEST_P(StoresContract, AFileHasAStartAndAnEnd) {
  const auto times = [&] {
    return Text(
        "SELECT CASE WHEN started_at IS NULL THEN '-' ELSE 'started' END || "
        "CASE WHEN finished_at IS NULL THEN '-' ELSE 'finished' END "
        "FROM reprocessing_files");
  };
  const struct {
    FileState state;
    const char* times;
  } kRows[] = {{FileState::kPlanned, "--"},
               {FileState::kReading, "started-"},
               {FileState::kFailed, "startedfinished"},
               {FileState::kReading, "started-"},
               {FileState::kDone, "startedfinished"}};
  for (const auto& [state, expected] : kRows) {
    const FileRow row = FileAt(1, state);
    ASSERT_OK(books_->Store(shard_, OwnerOf("a", 0), {}, std::span(&row, 1)));
    EXPECT_EQ(times(), expected) << NameOf(state);
    EXPECT_EQ(Text("SELECT state FROM reprocessing_files"), NameOf(state));
  }
}

TEST_P(StoresContract, AFileThatCouldNotBeOpenedAgainKeepsTheVersionThatReadingBeganWith) {
  FileRow row = FileAt(1, FileState::kReading);
  row.version_tag = "etag-a";
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 0), {}, std::span(&row, 1)));
  row.state = FileState::kFailed;
  row.version_tag.clear();
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 0), {}, std::span(&row, 1)));
  EXPECT_EQ(books_->FailedFiles(shard_, 0, 1)->front().version_tag, "etag-a");
}

TEST_P(StoresContract, SamplesOfAnyBytesAreStoredAndComeBack) {
  std::string every;
  for (int i = 0; i < 256; ++i) every += static_cast<char>(i);
  ErrorRow row = ErrorAt(3, 0);
  row.sample = every + "žluť";
  row.message = "bad byte \0 at 7"s;
  row.end_byte = 1ull << 40;
  row.count = 3;
  row.reason = Reason::kOversized;
  row.approximate = true;
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 0), std::span(&row, 1), {}));
  const auto errors = OpenQueryObject()->Errors("job");
  ASSERT_OK(errors);
  ASSERT_EQ(errors->size(), 1u);
  EXPECT_EQ(errors->front().row, row);
  EXPECT_EQ(errors->front().shard, 2);
}

TEST_P(StoresContract, ARowWithTheSameKeyIsReplaced) {
  ErrorRow rows[] = {ErrorAt(1, 0), ErrorAt(1, 10), ErrorAt(1, 10)};
  rows[2].count = 5;
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 0), rows, {}));
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 0), rows, {}));
  EXPECT_EQ(*books_->CountErrorRows(shard_, 1), 2u);
  EXPECT_EQ(*books_->CountErrorRows(shard_, 2), 0u);
  EXPECT_EQ(*books_->CountErrorRows({"job", 0}, 1), 0u);
  EXPECT_EQ(Text("SELECT line_count FROM reprocessing_errors WHERE first_byte = 10"), "5");
}

TEST_P(StoresContract, AStoreIsAllOrNothing) {
  ErrorRow good = ErrorAt(1, 0);
  FileRow bad = FileAt(1, FileState::kReading);
  database_.Run("CREATE UNIQUE INDEX one_file_a_path ON reprocessing_files (path)");
  const FileRow there = FileAt(1, FileState::kDone);
  bad.list_position = 9;  // the same path
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 0), {}, std::span(&there, 1)));
  const auto stored =
      books_->Store(shard_, OwnerOf("a", 0), std::span(&good, 1), std::span(&bad, 1));
  EXPECT_EQ(RemedyOf(stored), Remedy::kStop);
  EXPECT_EQ(*books_->CountErrorRows(shard_, 1), 0u);
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 0), std::span(&good, 1), {}));  // and goes on
  EXPECT_EQ(*books_->CountErrorRows(shard_, 1), 1u);
}

TEST_P(StoresContract, AZombieWritesNothingIntoTheLedger) {
  const Owner zombie = OwnerOf("a", 1), successor = OwnerOf("b", 2);
  const ErrorRow error = ErrorAt(1, 0);
  const FileRow done = FileAt(1, FileState::kDone, 500), failed = FileAt(1, FileState::kFailed, 9);
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, zombie, "c", {}));
  ASSERT_OK(books_->Store(shard_, zombie, std::span(&error, 1), {}));
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, successor, "c", {}));
  ASSERT_OK(books_->Store(shard_, successor, {}, std::span(&done, 1)));
  EXPECT_EQ(RemedyOf(books_->Store(shard_, zombie, {}, std::span(&failed, 1))), Remedy::kFenced);
  EXPECT_EQ(RemedyOf(books_->Rewind(shard_, zombie, Pass::kFirst, 0, 0)), Remedy::kFenced);
  EXPECT_EQ(RemedyOf(books_->MarkCut(shard_, zombie, 0, false)), Remedy::kFenced);
  EXPECT_THAT(*books_->FailedFiles(shard_, 0, 1), IsEmpty());
  EXPECT_EQ(*books_->CountErrorRows(shard_, 1), 1u);
  EXPECT_EQ(Text("SELECT state FROM reprocessing_files"), "done");
}

TEST_P(StoresContract, AFirstPassRewindForgetsWhatLiesAhead) {
  const Owner owner = OwnerOf("a", 1);
  std::vector<ErrorRow> errors;
  std::vector<FileRow> files;
  for (const int position : {2, 4, 6, 8}) {
    for (const std::uint64_t byte : {0, 10, 20}) errors.push_back(ErrorAt(position, byte));
    files.push_back(FileAt(position, position == 8 ? FileState::kFailed : FileState::kDone, 30));
    files.back().counters.lines = 3;
  }
  ASSERT_OK(books_->Store(shard_, owner, errors, files));
  const ShardRef neighbour{"job", 3};
  const ErrorRow other = ErrorAt(9, 50);
  ASSERT_OK(books_->Store(neighbour, owner, std::span(&other, 1), {}));

  ASSERT_OK(books_->Rewind(shard_, owner, Pass::kFirst, 4, 10));
  const struct {
    int position;
    std::uint64_t rows;
    const char* state;
  } kRows[] = {{2, 3, "done"}, {4, 1, "done"}, {6, 0, "planned"}, {8, 0, "planned"}};
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.position);
    EXPECT_EQ(*books_->CountErrorRows(shard_, row.position), row.rows);
    EXPECT_EQ(Text("SELECT state FROM reprocessing_files WHERE list_position = " +
                   std::to_string(row.position)),
              row.state);
  }
  EXPECT_EQ(*books_->CountErrorRows(neighbour, 9), 1u);
  EXPECT_EQ(books_->SumOfFiles(shard_)->counters.lines,
            6u);  // what went back to planned counts nothing
  EXPECT_THAT(*books_->FailedFiles(shard_, 0, 1), IsEmpty());
}

TEST_P(StoresContract, ARetryPassRewindForgetsWhatLiesAheadInTheCheckpointsFileAlone) {
  const Owner owner = OwnerOf("a", 1);
  std::vector<ErrorRow> errors;
  for (const int position : {2, 4, 6, 8}) {
    for (const std::uint64_t byte : {0, 10, 20}) errors.push_back(ErrorAt(position, byte));
  }
  const FileRow files[] = {FileAt(2, FileState::kDone, 30), FileAt(4, FileState::kFailed, 30),
                           FileAt(6, FileState::kFailed, 20), FileAt(8, FileState::kFailed, 0)};
  ASSERT_OK(books_->Store(shard_, owner, errors, files));
  ASSERT_OK(books_->Rewind(shard_, owner, Pass::kRetry, 4, 10));
  EXPECT_EQ(*books_->CountErrorRows(shard_, 2), 3u);  // done: untouched
  EXPECT_EQ(*books_->CountErrorRows(shard_, 4), 1u);  // the checkpoint's place, not the row's
  EXPECT_EQ(*books_->CountErrorRows(shard_, 6), 3u);  // its row may be older than what was read
  EXPECT_EQ(*books_->CountErrorRows(shard_, 8), 3u);
  EXPECT_THAT(*books_->FailedFiles(shard_, 0, 1), ElementsAre(files[1]));
  EXPECT_THAT(*books_->FailedFiles(shard_, 4, 1), ElementsAre(files[1]));
  EXPECT_THAT(*books_->FailedFiles(shard_, 5, 1), ElementsAre(files[2]));
  EXPECT_THAT(*books_->FailedFiles(shard_, 8, 1), ElementsAre(files[3]));
  EXPECT_THAT(*books_->FailedFiles(shard_, 9, 1), IsEmpty());
  EXPECT_THAT(*books_->FailedFiles(shard_, 5, 9), ElementsAre(files[2], files[3]));
}

TEST_P(StoresContract, FilesPastTheLimitAreMarkedNotRead) {
  const Owner owner = OwnerOf("a", 1);
  const FileRow files[] = {FileAt(3, FileState::kPlanned), FileAt(5, FileState::kPlanned),
                           FileAt(7, FileState::kPlanned), FileAt(9, FileState::kPartial)};
  const FileRow other = FileAt(8, FileState::kPlanned);
  ASSERT_OK(books_->Store(shard_, owner, {}, files));
  ASSERT_OK(books_->Store({"job", 3}, owner, {}, std::span(&other, 1)));
  for (int times = 0; times < 2; ++times) {  // the answer to the first may have been lost
    EXPECT_EQ(*books_->MarkCut(shard_, owner, 5, false), 2u);
    for (const auto& [position, state] :
         {std::pair(3, "planned"), std::pair(5, "not_read"), std::pair(7, "not_read"),
          std::pair(8, "planned"), std::pair(9, "partial")}) {
      EXPECT_EQ(Text("SELECT state FROM reprocessing_files WHERE list_position = " +
                     std::to_string(position)),
                state);
    }
  }
  EXPECT_EQ(Text("SELECT path FROM reprocessing_files WHERE list_position = 5"), "/in/5.ndjson");
  EXPECT_EQ(*books_->MarkCut(shard_, owner, 3, true), 2u);  // put back by a claim, cut all the same
  EXPECT_EQ(Text("SELECT state FROM reprocessing_files WHERE list_position = 3"), "partial");
}

TEST_P(StoresContract, ClearLeavesTheOtherShardsRows) {
  const ErrorRow error = ErrorAt(1, 0);
  const FileRow mine = FileAt(1, FileState::kFailed), other = FileAt(2, FileState::kFailed);
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 0), std::span(&error, 1), std::span(&mine, 1)));
  ASSERT_OK(books_->Store({"job", 3}, OwnerOf("a", 0), {}, std::span(&other, 1)));
  ASSERT_OK(books_->Clear(shard_));
  EXPECT_EQ(*books_->CountErrorRows(shard_, 1), 0u);
  EXPECT_THAT(*books_->FailedFiles(shard_, 0, 1), IsEmpty());
  EXPECT_THAT(*books_->FailedFiles({"job", 3}, 0, 1), ElementsAre(other));
}

TEST_P(StoresContract, FiveThousandErrorRowsInOneStoreAreFast) {
  std::vector<ErrorRow> errors;
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    errors.push_back(ErrorAt(1, i * 10));
    errors.back().sample.assign(1024, 'x');
  }
  const auto start = std::chrono::steady_clock::now();
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 0), errors, {}));
  const auto took = (std::chrono::steady_clock::now() - start) / Milliseconds(1);
  EXPECT_EQ(*books_->CountErrorRows(shard_, 1), 5'000u);
  EXPECT_LT(took, 5'000);
  RecordProperty("milliseconds", std::to_string(took));
}

// ---- jobs

TEST_P(StoresContract, AJobThatAWorkerMadeIsMarked) {
  const auto job = books_->FindJob("job");
  ASSERT_OK(job);
  ASSERT_TRUE(job->has_value());
  EXPECT_EQ((*job)->status, "running");
  EXPECT_EQ((*job)->total_workers, 2);
  EXPECT_EQ((*job)->total_files, 5);
  EXPECT_TRUE((*job)->made_by_worker);
  EXPECT_EQ(Text("SELECT CASE WHEN started_at IS NULL THEN 'no' ELSE 'yes' END "
                 "FROM reprocessing_jobs"),
            "yes");
  EXPECT_FALSE(books_->FindJob("another")->has_value());
}

TEST_P(StoresContract, AJobRowOfTheAdminServiceIsLeftAlone) {
  database_.Run(
      "INSERT INTO reprocessing_jobs (id, config, status, created_at, total_workers) "
      "VALUES ('theirs', '{\"batch_size\": 5}', 'pending', '2026-05-01 00:00:00Z', 1)");
  ASSERT_OK(books_->EnsureJob({.id = "theirs", .status = "", .config = "{}", .total_workers = 9}));
  WorkerRow done;
  done.status = WorkerStatus::kCompleted;
  ASSERT_OK(books_->PutWorker({"theirs", 0}, OwnerOf("a", 1), done));
  ASSERT_OK(books_->EndJobIfLast("theirs"));
  const JobRow job = books_->FindJob("theirs")->value();
  EXPECT_EQ(job.status, "pending");
  EXPECT_EQ(job.total_workers, 1);
  EXPECT_FALSE(job.made_by_worker);
  database_.Run("UPDATE reprocessing_jobs SET status = 'completed' WHERE id = 'theirs'");
  ASSERT_OK(books_->ReopenJob("theirs"));
  EXPECT_EQ(books_->FindJob("theirs")->value().status, "completed");
}

TEST_P(StoresContract, TheLastWorkerEndsTheJob) {
  const struct {
    WorkerStatus first, second;
    const char* status;
  } kRows[] = {{WorkerStatus::kCompleted, WorkerStatus::kRunning, "running"},
               {WorkerStatus::kCompleted, WorkerStatus::kCompleted, "completed"},
               {WorkerStatus::kFailed, WorkerStatus::kCompleted, "failed"},
               {WorkerStatus::kCompleted, WorkerStatus::kCancelled, "completed"}};
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.status);
    ASSERT_OK(books_->ReopenJob("job"));
    WorkerRow worker;
    worker.status = row.first;
    worker.error = row.first == WorkerStatus::kFailed ? "file 3 cannot be read" : "";
    ASSERT_OK(books_->PutWorker({"job", 0}, OwnerOf("a", 1), worker));
    ASSERT_OK(books_->EndJobIfLast("job"));
    worker.status = row.second;
    worker.error = "";
    ASSERT_OK(books_->PutWorker({"job", 1}, OwnerOf("b", 1), worker));
    ASSERT_OK(books_->EndJobIfLast("job"));
    EXPECT_EQ(books_->FindJob("job")->value().status, row.status);
    EXPECT_EQ(Text("SELECT error FROM reprocessing_jobs"),
              row.first == WorkerStatus::kFailed ? "file 3 cannot be read" : "(null)");
  }
}

TEST_P(StoresContract, AReopenedJobRunsAgain) {
  WorkerRow worker;
  worker.status = WorkerStatus::kFailed;
  worker.error = "boom";
  for (const int index : {0, 1}) {
    ASSERT_OK(books_->PutWorker({"job", index}, OwnerOf("a", 1), worker));
  }
  ASSERT_OK(books_->EndJobIfLast("job"));
  EXPECT_NE(Text("SELECT completed_at FROM reprocessing_jobs"), "(null)");
  ASSERT_OK(books_->ReopenJob("job"));
  EXPECT_EQ(books_->FindJob("job")->value().status, "running");
  EXPECT_EQ(Text("SELECT completed_at FROM reprocessing_jobs"), "(null)");
  EXPECT_EQ(Text("SELECT error FROM reprocessing_jobs"), "(null)");
  database_.Run("UPDATE reprocessing_jobs SET status = 'cancelled'");
  ASSERT_OK(books_->ReopenJob("job"));  // an operator's word stands
  EXPECT_EQ(books_->FindJob("job")->value().status, "cancelled");
}

// ---- workers

TEST_P(StoresContract, AWorkersRowHoldsWhatItIsTold) {
  WorkerRow row;
  row.current_file = "/in/\xFF.ndjson";
  row.current_ts = "2026-05-01T00:00:00.114Z";
  row.current_line = 1042;
  row.assigned_files = 3;
  row.processed_files = 1;
  row.total_bytes = 1ull << 41;
  row.processed_bytes = 1ull << 40;
  row.counters.lines = 10;
  row.counters.success = 6;
  row.counters[Reason::kBlank] = 3;
  row.counters[Reason::kInvalidJson] = 1;
  row.error = "last\nerror";
  ASSERT_OK(books_->PutWorker(shard_, OwnerOf("a", 1), row));
  EXPECT_EQ(Text("SELECT status || '|' || current_file || '|' || current_line || '|' || "
                 "current_ts || '|' || assigned_files || '|' || processed_files || '|' || "
                 "total_lines || '|' || success_count || '|' || error_count || '|' || "
                 "skipped_count || '|' || total_bytes || '|' || processed_bytes || '|' || error "
                 "FROM reprocessing_workers"),
            "running|/in/\\xFF.ndjson|1042|2026-05-01T00:00:00.114Z|3|1|10|6|1|3|2199023255552|"
            "1099511627776|last\\x0Aerror");
}

TEST_P(StoresContract, AWorkersTimesFollowItsStatus) {
  const auto times = [&] {
    return Text(
        "SELECT CASE WHEN started_at IS NULL THEN '-' ELSE 'started' END || "
        "CASE WHEN completed_at IS NULL THEN '-' ELSE 'completed' END "
        "FROM reprocessing_workers");
  };
  WorkerRow row;
  row.status = WorkerStatus::kPending;
  ASSERT_OK(books_->EnsureWorker(shard_, row));
  EXPECT_EQ(times(), "--");
  std::string started;
  for (const auto& [status, expected] : {std::pair{WorkerStatus::kRunning, "started-"},
                                         {WorkerStatus::kFailed, "startedcompleted"},
                                         {WorkerStatus::kRunning, "started-"},
                                         {WorkerStatus::kCancelled, "startedcompleted"},
                                         {WorkerStatus::kCompleted, "startedcompleted"}}) {
    row.status = status;
    ASSERT_OK(books_->PutWorker(shard_, OwnerOf("a", 1), row));
    EXPECT_EQ(times(), expected) << NameOf(status);
    if (started.empty()) started = Text("SELECT started_at FROM reprocessing_workers");
    EXPECT_EQ(Text("SELECT started_at FROM reprocessing_workers"), started);
  }
  const std::string ended = Text("SELECT completed_at FROM reprocessing_workers");
  database_.Run("UPDATE reprocessing_workers SET completed_at = '2026-05-01 00:00:00Z'");
  const std::string changed = Text("SELECT completed_at FROM reprocessing_workers");
  ASSERT_OK(books_->PutWorker(shard_, OwnerOf("a", 1), row));
  EXPECT_EQ(Text("SELECT completed_at FROM reprocessing_workers"), changed);
  EXPECT_NE(ended, changed);
}

TEST_P(StoresContract, AThawedZombieCannotOverwriteItsSuccessor) {
  WorkerRow row;
  ASSERT_OK(books_->PutWorker(shard_, OwnerOf("a", 1), row));
  row.counters.lines = 9;
  ASSERT_OK(books_->PutWorker(shard_, OwnerOf("b", 2), row));
  row.status = WorkerStatus::kFailed;
  EXPECT_EQ(RemedyOf(books_->PutWorker(shard_, OwnerOf("a", 1), row)), Remedy::kFenced);
  EXPECT_EQ(Text("SELECT status || total_lines FROM reprocessing_workers"), "running9");
}

TEST_P(StoresContract, ARowOfTheAdminServiceHasGenerationZero) {
  database_.Run(
      "INSERT INTO reprocessing_workers (job_id, worker_index, status, assigned_files) "
      "VALUES ('job', 2, 'pending', 4)");
  WorkerRow row;
  ASSERT_OK(books_->EnsureWorker(shard_, row));
  EXPECT_EQ(Text("SELECT status || assigned_files FROM reprocessing_workers"), "pending4");
  ASSERT_OK(books_->PutWorker(shard_, OwnerOf("a", 1), row));
  EXPECT_EQ(Text("SELECT status FROM reprocessing_workers"), "running");
}

TEST_P(StoresContract, BeforeTheClaimARowFailsOnlyIfItDidNotMove) {
  WorkerRow row;
  row.status = WorkerStatus::kPending;
  ASSERT_OK(books_->EnsureWorker(shard_, row));
  ASSERT_OK(books_->FailUnclaimed(shard_, "no such topic"));
  EXPECT_EQ(Text("SELECT status || ' ' || error FROM reprocessing_workers"),
            "failed no such topic");

  ASSERT_OK(books_->EnsureWorker(shard_, row));  // the next start looks at the failed row
  row.status = WorkerStatus::kRunning;
  const auto live = Open();
  ASSERT_OK(live->PutWorker(shard_, OwnerOf("b", 2), row));
  ASSERT_OK(books_->FailUnclaimed(shard_, "no such topic"));
  EXPECT_EQ(Text("SELECT status FROM reprocessing_workers"), "running");
}

TEST_P(StoresContract, AFailureBeforeAnyLookOnlyInserts) {
  ASSERT_OK(books_->FailUnclaimed({"job", 0}, "bad configuration"));
  EXPECT_EQ(Text("SELECT status FROM reprocessing_workers WHERE worker_index = 0"), "failed");
  WorkerRow row;
  ASSERT_OK(books_->PutWorker({"job", 1}, OwnerOf("b", 2), row));
  ASSERT_OK(books_->FailUnclaimed({"job", 1}, "bad configuration"));
  EXPECT_EQ(Text("SELECT status FROM reprocessing_workers WHERE worker_index = 1"), "running");
}

TEST_P(StoresContract, AWorkerWithoutAJobIsAnErrorThatNamesTheDatabase) {
  const auto put = books_->PutWorker({"no such job", 0}, OwnerOf("a", 1), {});
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().remedy, Remedy::kStop);
  EXPECT_NE(put.error().where, "");
}

TEST_P(StoresContract, ASecondConnectionSeesTheSameBooks) {
  ASSERT_OK(books_->Claim(shard_, Mode::kFiles, OwnerOf("a", 1), "c", {}));
  const auto database = Database::Open(database_.url(), Database::Use::kAsk);
  ASSERT_OK(database);
  const auto first = (*database)->NewWorkerStore(), again = (*database)->NewWorkerStore();
  for (const auto& books : {&*first, &*again}) {
    EXPECT_TRUE(books->Available());
    EXPECT_EQ(books->Find(shard_)->value().mode, Mode::kFiles);
    EXPECT_OK(books->Heartbeat(shard_, OwnerOf("a", 1)));
  }
}

}  // namespace
}  // namespace reprocess
