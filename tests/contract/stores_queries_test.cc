// What the operator's command reads from the books (store/queries.h).
#include <map>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "contract/stores_fixture.h"

namespace reprocess {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

class BooksQueries : public StoresContract {
 protected:
  void SetUp() override {
    StoresContract::SetUp();
    queries_ = OpenQueryObject();
  }
  std::unique_ptr<Queries> queries_;
};

INSTANTIATE_TEST_SUITE_P(Over, BooksQueries,
                         ::testing::Values(Backend::kSqlite, Backend::kPostgres),
                         [](const auto& over) {
                           return over.param == Backend::kSqlite ? "Sqlite"s : "Postgres"s;
                         });

Plan SmallPlan() {
  Plan plan{.job_id = "plan",
            .config = R"({"destination":"files","limit":7})",
            .total_workers = 2,
            .files = {}};
  for (int i = 0; i < 100; ++i) {
    PlannedFile file;
    file.item = {"/in/" + std::to_string(i) + "\xFF.ndjson", 100u + static_cast<unsigned>(i),
                 i == 3 ? "v3" : ""};
    file.last_modified = "2026-05-01T00:00:00Z";
    file.version_tag = "tag" + std::to_string(i);
    plan.files.push_back(file);
  }
  return plan;
}

TEST_P(BooksQueries, RetriesOfAJobAreFoundByAnIndex) {
  const bool sqlite = GetParam() == Backend::kSqlite;
  Session session(*ParseDatabaseUrl(database_.url()));
  std::string how;
  ASSERT_OK(session.InTransaction([&]() -> Result<void> {
    if (!sqlite) TRY_OK(session.Execute("SET LOCAL enable_seqscan = off"));
    TRY(const auto rows,
        session.Select(
            fmt::format("EXPLAIN {} SELECT id FROM reprocessing_jobs WHERE {} = 'job'",
                        sqlite ? "QUERY PLAN" : "(FORMAT JSON)", session.dialect().retry_of),
            1));
    for (const Row& row : rows) how += row.Text(row.size() - 1);
    return {};
  }));
  EXPECT_THAT(how, ::testing::HasSubstr("reprocessing_jobs_retry_of_idx"));
}

TEST_P(BooksQueries, APlanComesBackAsItWasStored) {
  const Plan plan = SmallPlan();
  ASSERT_OK(queries_->StorePlan(plan));
  const auto loaded = queries_->LoadPlan("plan");
  ASSERT_OK(loaded);
  ASSERT_TRUE(loaded->has_value());
  const Plan& read = **loaded;
  EXPECT_EQ(read.job_id, "plan");
  EXPECT_EQ(read.total_workers, 2);
  EXPECT_EQ(read.config.find("made_by"), std::string::npos);
  EXPECT_NE(read.config.find("destination"), std::string::npos);
  ASSERT_EQ(read.files.size(), plan.files.size());
  for (std::size_t i = 0; i < plan.files.size(); ++i) {
    EXPECT_EQ(read.files[i].item, plan.files[i].item);
    EXPECT_EQ(read.files[i].version_tag, plan.files[i].version_tag);
    EXPECT_EQ(read.files[i].last_modified, plan.files[i].last_modified);
    EXPECT_EQ(read.files[i].state, FileState::kPlanned);
  }
  EXPECT_EQ(Text("SELECT shard FROM reprocessing_files WHERE list_position = 7"), "1");
  EXPECT_TRUE(books_->FindJob("plan")->value().made_by_worker);
}

TEST_P(BooksQueries, WhichLinesOfItsFilesAPlanSendsComesBackBitByBit) {
  Plan plan = SmallPlan();
  std::mt19937_64 random(1);
  std::map<int, LineSet> sets;
  for (const auto& [position, bytes] : {std::pair{3, 1}, {5, 3 << 20}, {98, (1 << 20) + 1}}) {
    std::string bits(static_cast<std::size_t>(bytes), '\0');
    for (char& byte : bits) byte = static_cast<char>(random());
    sets[position] = LineSet(LineBits(std::move(bits)));
    PlannedFile file = plan.files[static_cast<std::size_t>(position)];
    file.item.line_set = sets[position];
    plan.files.Replace(static_cast<std::size_t>(position), file);
  }
  ASSERT_OK(queries_->StorePlan(plan));
  const auto loaded = queries_->LoadPlan("plan");
  ASSERT_OK(loaded);
  for (const auto& [position, set] : sets) {
    const FileItem item = (**loaded).files[static_cast<std::size_t>(position)].item;
    ASSERT_FALSE(item.line_set.all());
    EXPECT_EQ(item.line_set.bytes(), set.bytes());
    EXPECT_EQ(item.etag, "tag" + std::to_string(position)) << "lines are of one version";
  }
  EXPECT_TRUE((**loaded).files[4].item.line_set.all());
  const auto one = queries_->LineSets("plan", 5);
  ASSERT_OK(one);
  EXPECT_EQ(one->size(), 1u);
  EXPECT_EQ(one->at(5).sha256(), sets.at(5).sha256());
}

TEST_P(BooksQueries, APlannedJobWaitsForWhoeverTakesItUpFirst) {
  Plan plan = SmallPlan();
  plan.begun = Begun::kNot;
  plan.shares = {{50, 7'000}, {50, 8'000}};
  ASSERT_OK(queries_->StorePlan(plan));
  EXPECT_EQ(queries_->Job("plan")->status, "pending");
  EXPECT_EQ(queries_->Job("plan")->started_at, "");
  EXPECT_EQ(queries_->LoadPlan("plan")->value().begun, Begun::kNot);
  const auto shards = queries_->Shards("plan");
  ASSERT_OK(shards);
  ASSERT_EQ(shards->size(), 2u);
  EXPECT_EQ((*shards)[1].status, WorkerStatus::kPending);
  EXPECT_EQ((*shards)[1].worker.assigned_files, 50u);
  EXPECT_EQ((*shards)[1].worker.total_bytes, 8'000u);
  EXPECT_FALSE(books_->FindJob("plan")->value().made_by_worker);

  ASSERT_OK(queries_->TakeUpPlan("plan", R"({"limit":8})"));
  EXPECT_TRUE(books_->FindJob("plan")->value().made_by_worker);
  EXPECT_EQ(queries_->Job("plan")->status, "running");
  EXPECT_NE(queries_->Job("plan")->started_at, "");
  EXPECT_EQ(queries_->LoadPlan("plan")->value().begun, Begun::kHere);
  EXPECT_EQ(queries_->LoadPlan("plan")->value().config, R"({"limit":8})");
  const auto second = queries_->TakeUpPlan("plan", "{}");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kConflict);
}

TEST_P(BooksQueries, APlannedJobThatWasSubmittedIsNeitherTakenUpNorEndedByItsWorkers) {
  Plan plan = SmallPlan();
  plan.begun = Begun::kNot;
  ASSERT_OK(queries_->StorePlan(plan));
  database_.Run("UPDATE reprocessing_jobs SET status = 'running' WHERE id = 'plan'");
  EXPECT_EQ(queries_->LoadPlan("plan")->value().begun, Begun::kElsewhere);
  EXPECT_FALSE(queries_->TakeUpPlan("plan", "{}"));
  WorkerRow done;
  done.status = WorkerStatus::kCompleted;
  for (int shard = 0; shard < plan.total_workers; ++shard) {
    ASSERT_OK(books_->PutWorker({"plan", shard}, OwnerOf("a", 1), done));
  }
  ASSERT_OK(books_->EndJobIfLast("plan"));
  EXPECT_EQ(queries_->Job("plan")->status, "running");
}

TEST_P(BooksQueries, APlanOfWhichARowIsLostIsNotGoneOnWith) {
  ASSERT_OK(queries_->StorePlan(SmallPlan()));
  database_.Run("DELETE FROM reprocessing_files WHERE list_position = 7");
  const auto loaded = queries_->LoadPlan("plan");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().what, ::testing::HasSubstr("99 of its 100 files"));
}

TEST_P(BooksQueries, AFileOfAnotherShardIsFound) {
  ASSERT_OK(queries_->StorePlan(SmallPlan()));
  EXPECT_THAT(*queries_->MisplacedFiles("plan", 2), IsEmpty());
  database_.Run("UPDATE reprocessing_files SET shard = 0 WHERE list_position IN (7, 8)");
  EXPECT_THAT(*queries_->MisplacedFiles("plan", 2), ElementsAre(7));
}

TEST_P(BooksQueries, APlanIsStoredOnce) {
  ASSERT_OK(queries_->StorePlan(SmallPlan()));
  const auto again = queries_->StorePlan(SmallPlan());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kConflict);
}

TEST_P(BooksQueries, APrintIsForgottenByItsJobsNameAlone) {
  EXPECT_FALSE(*queries_->HasPrint("job"));
  ASSERT_OK(books_->StorePrint("job", "workers=2"));
  ASSERT_OK(books_->StorePrint("other", "workers=2"));
  EXPECT_TRUE(*queries_->HasPrint("job"));
  ASSERT_OK(queries_->ForgetPrint("job"));
  EXPECT_FALSE(*queries_->HasPrint("job"));
  EXPECT_TRUE(*queries_->HasPrint("other"));
}

TEST_P(BooksQueries, APlanIsNotBoundByAJobOfItsNameWhoseRowWasDeleted) {
  ASSERT_OK(books_->StorePrint("plan", "workers=7"));
  ASSERT_OK(queries_->StorePlan(SmallPlan()));
  EXPECT_FALSE(*queries_->HasPrint("plan"));
  ASSERT_OK(books_->StorePrint("plan", "workers=2"));
  EXPECT_FALSE(queries_->StorePlan(SmallPlan()));
  EXPECT_TRUE(*queries_->HasPrint("plan")) << "a job that is there keeps it";
}

TEST_P(BooksQueries, AJobWithoutAPlanHasNone) {
  EXPECT_FALSE(queries_->LoadPlan("job")->has_value());
  EXPECT_FALSE(queries_->LoadPlan("no such job")->has_value());
}

TEST_P(BooksQueries, WhatWorkersWriteLeavesThePlanReadable) {
  ASSERT_OK(queries_->StorePlan(SmallPlan()));
  const ShardRef shard{"plan", 1};
  FileRow done = FileAt(3, FileState::kDone, 50);
  done.path = SmallPlan().files[3].item.path;
  done.version_tag = "another version";
  ASSERT_OK(books_->Store(shard, OwnerOf("a", 1), {}, std::span(&done, 1)));
  const auto state = [&] {
    const Plan plan = queries_->LoadPlan("plan")->value();
    EXPECT_EQ(plan.files.size(), 100u);
    EXPECT_EQ(plan.files[3].version_tag, "tag3");
    EXPECT_EQ(plan.files[3].item.version_id, "v3");
    return plan.files[3].state;
  };
  EXPECT_EQ(state(), FileState::kDone);
  ASSERT_OK(books_->Clear(shard));  // a dry run beginning anew still has its plan
  EXPECT_EQ(state(), FileState::kPlanned);
}

TEST_P(BooksQueries, AJobThatHadEndedRunsAgainWithMoreToDoUntilItsLastWorkerHasDoneIt) {
  ASSERT_OK(queries_->StorePlan(SmallPlan()));
  ASSERT_OK(books_->ReopenJob("plan"));
  WorkerRow done;
  done.status = WorkerStatus::kCompleted;
  const auto end = [&](int worker, std::uint64_t generation) {
    ASSERT_OK(books_->PutWorker({"plan", worker}, OwnerOf("a", generation), done));
    ASSERT_OK(books_->EndJobIfLast("plan"));
  };
  const auto status = [&] { return books_->FindJob("plan")->value().status; };
  end(0, 1);
  end(1, 1);
  ASSERT_EQ(status(), "completed");
  ASSERT_OK(queries_->GiveMoreToDo("plan", R"({"limit":9})"));
  EXPECT_EQ(queries_->LoadPlan("plan")->value().config, R"({"limit":9})");
  EXPECT_TRUE(books_->FindJob("plan")->value().made_by_worker);
  EXPECT_EQ(status(), "running");
  EXPECT_EQ(database_.Text("SELECT completed_at FROM reprocessing_jobs WHERE id = 'plan'"),
            "(null)");
  end(0, 2);
  EXPECT_EQ(status(), "running") << "the other one has not begun yet";
  end(1, 2);
  EXPECT_EQ(status(), "completed");
}

TEST_P(BooksQueries, ACancelledJobStaysSoWhateverItIsGivenToDo) {
  ASSERT_OK(queries_->StorePlan(SmallPlan()));
  database_.Run("UPDATE reprocessing_jobs SET status = 'cancelled' WHERE id = 'plan'");
  ASSERT_OK(queries_->GiveMoreToDo("plan", R"({"limit":9})"));
  EXPECT_EQ(books_->FindJob("plan")->value().status, "cancelled");
}

TEST_P(BooksQueries, FilesThatWereReplayedAreFoundByTheirBaseName) {
  constexpr int kFiles = 1'200;  // more than a page
  std::vector<FileRow> rows;
  for (int i = 0; i < kFiles; ++i) {
    FileRow row = FileAt(i, FileState::kDone, 50);
    row.path = "/in/a'b/x/" + std::to_string(i) + "\n\xFF";
    row.counters.success = 1;
    rows.push_back(row);
  }
  rows[1].path = "7";
  rows[2].path = "/copies/2";
  rows[2].key_path = "s3://bucket/first/two";
  rows[2].ranges = {{5, 10}};
  rows[3].place.hash = {77, 0, 0, 0};
  rows[4].counters = {};  // nothing of it was sent
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, OwnerOf("a", 1), "c", {}));
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 1), {}, rows));
  const ShardRef dry{"dry", 0};
  ASSERT_OK(books_->Claim(dry, Mode::kDryRun, OwnerOf("a", 1), "c", {}));
  ASSERT_OK(books_->Store(dry, OwnerOf("a", 1), {}, rows));

  using Names = std::vector<std::string_view>;
  const auto found = queries_->Replayed(Names{"3\n\xFF", "4\n\xFF", "7", "two", "x"}, "other");
  ASSERT_OK(found);
  ASSERT_EQ(found->size(), 3u);
  EXPECT_EQ((*found)[0].path, "7");
  EXPECT_EQ((*found)[0].hash, std::nullopt);
  EXPECT_TRUE((*found)[0].to_end);
  EXPECT_EQ((*found)[1].key_path, "s3://bucket/first/two");
  EXPECT_EQ((*found)[1].path, "/copies/2");
  EXPECT_FALSE((*found)[1].to_end);
  EXPECT_EQ((*found)[2].key_path, rows[3].path);
  EXPECT_EQ((*found)[2].hash, std::optional<std::uint64_t>(77));
  EXPECT_EQ((*found)[2].job_id, shard_.job_id);
  EXPECT_TRUE(queries_->Replayed(Names{"7"}, shard_.job_id)->empty()) << "its own";

  Names names;
  for (const FileRow& row : rows) {
    names.push_back(std::string_view(row.path).substr(row.path.rfind('/') + 1));
  }
  std::ranges::sort(names);
  const auto all = queries_->Replayed(names, "other");
  ASSERT_OK(all);
  EXPECT_EQ(all->size(), kFiles - 1u);
}

TEST_P(BooksQueries, FilesBehindTheCheckpointOfAShardUnderWayAreNotFinished) {
  std::vector<FileRow> rows;
  for (int i = 0; i < 3; ++i) {
    FileRow row = FileAt(i, i == 1 ? FileState::kReading : FileState::kDone, 50);
    row.path = "/in/" + std::to_string(i);
    row.counters.success = 1;
    rows.push_back(row);
  }
  Checkpoint checkpoint;
  checkpoint.owner = "a";
  checkpoint.fingerprint = "0123456789abcdef";
  checkpoint.list_position = 1;
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, OwnerOf("a", 1), Encode(checkpoint), {}));
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 1), {}, rows));
  const std::vector<std::string_view> names = {"0", "1", "2"};
  const auto unfinished = [&] {
    std::vector<bool> of_rows;
    const auto found = queries_->Replayed(names, "other");
    for (const ReplayedFile& file : *found) of_rows.push_back(file.unfinished);
    return of_rows;
  };
  EXPECT_THAT(unfinished(), ElementsAre(false, true, true));
  checkpoint.state = ShardState::kFinishedWithFailures;
  rows[1].state = FileState::kFailed;
  ASSERT_OK(books_->StoreCheckpoint(shard_, OwnerOf("a", 1), Encode(checkpoint)));
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 1), {}, rows));
  EXPECT_THAT(unfinished(), ElementsAre(false, false, false));
}

TEST_P(BooksQueries, JobsAreListedNewestFirstWithTheirSums) {
  database_.Run(
      "INSERT INTO reprocessing_jobs (id, config, status, created_at, completed_at) "
      "VALUES ('older', '{}', 'failed', '2026-05-01T00:00:00.250Z', "
      "'2026-05-01T01:00:00.000Z')");
  WorkerRow row;
  row.counters.lines = 10;
  row.counters.success = 6;
  row.counters[Reason::kDate] = 3;
  row.counters[Reason::kTooLarge] = 1;
  row.processed_files = 2;
  for (const int index : {0, 1}) {
    row.error = index == 1 ? "later" : "";
    ASSERT_OK(books_->PutWorker({"job", index}, OwnerOf("a", 1), row));
  }
  const auto jobs = queries_->Jobs();
  ASSERT_OK(jobs);
  ASSERT_EQ(jobs->size(), 2u);
  const JobSummary &job = jobs->at(0), &older = jobs->at(1);
  EXPECT_EQ(job.id, "job");
  EXPECT_EQ(job.status, "running");
  EXPECT_THAT(job.created_at, MatchesRegex("....-..-..T..:..:..\\....Z"));
  EXPECT_EQ(job.completed_at, "");
  EXPECT_EQ(job.sum.counters.lines, 20u);
  EXPECT_EQ(job.sum.counters.success, 12u);
  EXPECT_EQ(job.sum.counters.skipped(), 6u);
  EXPECT_EQ(job.sum.counters.errors(), 2u);
  EXPECT_EQ(job.sum.processed_files, 4u);
  EXPECT_EQ(job.sum.error, "later");
  EXPECT_EQ(older.created_at, "2026-05-01T00:00:00.250Z");
  EXPECT_EQ(older.completed_at, "2026-05-01T01:00:00.000Z");
  EXPECT_EQ(older.sum.counters.lines, 0u);
  EXPECT_EQ(queries_->Jobs({.most = 1})->size(), 1u);
  EXPECT_EQ(queries_->Job("older")->status, "failed");
}

TEST_P(BooksQueries, JobsComeInPagesEachBehindTheLastOfTheOneBefore) {
  for (const int i : {1, 2, 3, 4, 5, 6}) {
    database_.Run(fmt::format(
        "INSERT INTO reprocessing_jobs (id, config, status, created_at, k8s_job_name) VALUES "
        "('old-{}', '{{}}', '{}', '2026-05-01T00:00:0{}.000Z', 'reprocess-old-{}')",
        i, i == 5 ? "failed" : "completed", i / 3, i));  // several of one moment
  }
  std::vector<std::string> ids;
  for (JobPick pick{.most = 2};;) {
    const auto page = queries_->Jobs(pick);
    ASSERT_OK(page);
    for (const JobSummary& job : *page) ids.push_back(job.id);
    if (page->size() < 2) break;
    pick.after = page->back().id;
  }
  EXPECT_THAT(ids, ElementsAre("job", "old-6", "old-3", "old-4", "old-5", "old-1", "old-2"));
  const auto failed = queries_->Jobs({.status = "failed"});
  ASSERT_OK(failed);
  ASSERT_EQ(failed->size(), 1u);
  EXPECT_EQ(failed->front().id, "old-5");
  EXPECT_EQ(failed->front().kubernetes_name, "reprocess-old-5");
  EXPECT_THAT(*queries_->Jobs({.status = "completed", .after = "old-3", .most = 1}),
              ElementsAre(::testing::Field(&JobSummary::id, "old-4")));
  EXPECT_THAT(*queries_->Jobs({.after = "nobody"}), IsEmpty());
}

TEST_P(BooksQueries, ErrorRowsComeInPagesEachBehindThePlaceOfTheOneBefore) {
  const std::vector<ErrorRow> rows = {ErrorAt(2, 50), ErrorAt(4, 0), ErrorAt(4, 10), ErrorAt(6, 0)};
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 1), rows, {}));
  std::vector<ErrorRow> read;
  for (ErrorPick pick{.most = 1};;) {
    const auto page = queries_->Errors("job", pick);
    ASSERT_OK(page);
    if (page->empty()) break;
    read.push_back(page->front().row);
    pick.after = {read.back().list_position, read.back().first_byte};
  }
  EXPECT_EQ(read, rows);
}

TEST_P(BooksQueries, FilesThatARunningJobHasAreKnownAndThoseOfAnEndedOneAreNot) {
  Plan plan = SmallPlan();
  ASSERT_OK(queries_->StorePlan(plan));
  for (const char* id : {"running", "ended", "rest"}) {
    plan.job_id = id;
    plan.files.Pick(std::vector<std::size_t>{0, 1, 2});
    for (std::size_t i = 0; i < plan.files.size(); ++i) {
      PlannedFile file = plan.files[i];
      file.item.offset = plan.job_id == "rest" ? 10 : 0;
      plan.files.Replace(i, file);
    }
    ASSERT_OK(queries_->StorePlan(plan));
  }
  database_.Run("UPDATE reprocessing_jobs SET status = 'completed' WHERE id = 'ended'");
  const auto overlaps = queries_->BeingSent("plan");
  ASSERT_OK(overlaps);
  ASSERT_EQ(overlaps->size(), 1u);
  EXPECT_EQ(overlaps->front().job_id, "running");
  EXPECT_EQ(overlaps->front().files, 3u);
  EXPECT_EQ(overlaps->front().path, plan.files.front().item.path);
  EXPECT_NE(overlaps->front().config.find("destination"), std::string::npos);
}

TEST_P(BooksQueries, AJobThatIsBeingStartedCountsAsOneThatRuns) {
  Plan plan = SmallPlan();
  plan.begun = Begun::kNot;
  ASSERT_OK(queries_->StorePlan(plan));
  plan.job_id = "other";
  ASSERT_OK(queries_->StorePlan(plan));
  EXPECT_THAT(*queries_->BeingSent("plan"), IsEmpty());
  ASSERT_OK(queries_->SetStarting("other", true));
  EXPECT_THAT(*queries_->BeingSent("plan"),
              ElementsAre(::testing::Field(&PlanOverlap::job_id, "other")));
  ASSERT_OK(queries_->SetStarting("other", false));
  EXPECT_THAT(*queries_->BeingSent("plan"), IsEmpty());
  ASSERT_OK(queries_->SetStarting("other", true));
  ASSERT_OK(queries_->TakeUpPlan("other", plan.config));
  ASSERT_OK(queries_->SetStarting("other", false));
  EXPECT_NE(queries_->Job("other")->started_at, "") << "it has begun";
}

TEST_P(BooksQueries, WhyNobodyWorksOnAJobIsToldUntilSomebodyDoesOrItHasEnded) {
  ASSERT_OK(queries_->TellWhyStopped("job", "its process ended: it's away"));
  EXPECT_EQ(queries_->Job("job")->error, "its process ended: it's away");
  ASSERT_OK(queries_->TellWhyStopped("job", ""));
  EXPECT_EQ(queries_->Job("job")->error, "");
  database_.Run("UPDATE reprocessing_jobs SET status = 'completed' WHERE id = 'job'");
  ASSERT_OK(queries_->TellWhyStopped("job", "too late"));
  EXPECT_EQ(queries_->Job("job")->error, "");
}

TEST_P(BooksQueries, AnUnknownJobIsNotFound) {
  const auto code = [](const auto& result) { return result ? Code::kOther : result.error().code; };
  EXPECT_EQ(code(queries_->Job("nope")), Code::kNotFound);
  EXPECT_EQ(code(queries_->Shards("nope")), Code::kNotFound);
  EXPECT_EQ(code(queries_->Files("nope")), Code::kNotFound);
  EXPECT_EQ(code(queries_->Errors("nope")), Code::kNotFound);
  EXPECT_EQ(code(queries_->ErrorTotals("nope")), Code::kNotFound);
}

TEST_P(BooksQueries, ShardsShowTheWorkerAndItsControlRow) {
  WorkerRow row;
  row.status = WorkerStatus::kCompleted;
  row.current_file = "/in/1";
  ASSERT_OK(books_->PutWorker({"job", 1}, OwnerOf("a", 1), row));
  ASSERT_OK(books_->Claim({"job", 0}, Mode::kExactlyOnce, OwnerOf("b", 4), "rp1", {3}));
  const auto shards = queries_->Shards("job");
  ASSERT_OK(shards);
  ASSERT_EQ(shards->size(), 2u);
  EXPECT_EQ(shards->at(0).status, WorkerStatus::kPending);
  EXPECT_EQ(shards->at(0).shard->owner.generation, 4u);
  EXPECT_EQ(shards->at(1).index, 1);
  EXPECT_EQ(shards->at(1).status, WorkerStatus::kCompleted);
  EXPECT_EQ(shards->at(1).worker.current_file, "/in/1");
  EXPECT_THAT(shards->at(1).completed_at, MatchesRegex(".*Z"));
  EXPECT_FALSE(shards->at(1).shard);
}

TEST_P(BooksQueries, ErrorsAreListedByPlaceAndCountedByReason) {
  std::vector<ErrorRow> rows = {ErrorAt(4, 10), ErrorAt(4, 0), ErrorAt(2, 50), ErrorAt(6, 0)};
  rows[0].count = 3;
  rows[3].reason = Reason::kUnknownStream;
  const FileRow file = FileAt(4, FileState::kReading);
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 1), rows, std::span(&file, 1)));
  const auto errors = queries_->Errors("job", {.reason = Reason::kInvalidJson, .most = 2});
  ASSERT_OK(errors);
  ASSERT_EQ(errors->size(), 2u);
  EXPECT_EQ(errors->at(0).row, rows[2]);
  EXPECT_EQ(errors->at(0).path, "");  // no row of that file yet
  EXPECT_EQ(errors->at(1).row, rows[1]);
  EXPECT_EQ(errors->at(1).path, "/in/4.ndjson");
  const auto totals = queries_->ErrorTotals("job");
  ASSERT_OK(totals);
  ASSERT_EQ(totals->size(), 2u);
  EXPECT_EQ(totals->at(0).row.reason, Reason::kInvalidJson);
  EXPECT_EQ(totals->at(0).row.count, 5u);
  EXPECT_EQ(totals->at(0).row.first_byte, 50u);
  EXPECT_EQ(totals->at(1).row.count, 1u);
  EXPECT_EQ(queries_->Files("job")->size(), 1u);
}

TEST_P(BooksQueries, FilesAreCountedAndAddedUpByTheDatabase) {
  std::vector<FileRow> rows;
  for (int i = 0; i < 6; ++i) {
    rows.push_back(FileAt(i, i % 3 == 2 ? FileState::kFailed : FileState::kDone));
    Counters& counters = rows.back().counters;
    counters.lines = 5;
    counters.success = 2;
    counters[Reason::kBlank] = counters[Reason::kUnreadable] = 1;
    counters[i % 2 == 0 ? Reason::kDate : Reason::kInvalidJson] = 1;
    counters.bytes = 30;
    counters.success_bytes = counters.skipped_bytes = counters.error_bytes = 10;
  }
  rows[4].counters.bytes = 31;
  ASSERT_OK(books_->Store(shard_, OwnerOf("a", 1), {}, rows));
  for (const int from : {0, 4}) {
    SCOPED_TRACE(from);
    Counters sum;
    for (int i = from; i < 6; ++i) sum += rows[static_cast<std::size_t>(i)].counters;
    const auto total = queries_->TotalOfFiles("job", from);
    ASSERT_OK(total);
    EXPECT_EQ(total->counters, sum);
    EXPECT_THAT(total->states, ElementsAre(0, 0, from == 0 ? 4 : 1, from == 0 ? 2 : 1, 0, 0));
  }
  const auto positions = [&](const FilePick& pick) {
    std::vector<int> list;
    const auto files = queries_->Files("job", pick);
    for (const FileRow& file : *files) list.push_back(file.list_position);
    return list;
  };
  EXPECT_THAT(positions({.state = FileState::kFailed}), ElementsAre(2, 5));
  EXPECT_THAT(positions({.state = FileState::kFailed, .from = 3}), ElementsAre(5));
  EXPECT_THAT(positions({.state = FileState::kDone, .from = 1, .most = 2}), ElementsAre(1, 3));
  EXPECT_THAT(positions({.unbalanced = true}), ElementsAre(4));
  EXPECT_EQ(queries_->Paths("job", {1, 7})->size(), 1u);
  EXPECT_EQ(queries_->Paths("job", {1, 7})->at(1), "/in/1.ndjson");
  EXPECT_THAT(*queries_->Paths("job", {}), IsEmpty());
}

TEST_P(BooksQueries, AResetClearsOneShardAndNothingElse) {
  const Owner owner = OwnerOf("a", 1), reset = OwnerOf("r", 2);
  const ShardRef other{"job", 0};
  const ErrorRow error = ErrorAt(1, 0), elsewhere = ErrorAt(2, 0);
  const FileRow file = FileAt(1, FileState::kFailed, 3);
  WorkerRow row;
  row.status = WorkerStatus::kFailed;
  row.counters.lines = 5;
  row.assigned_files = 4;
  for (const ShardRef& shard : {shard_, other}) {
    ASSERT_OK(books_->Claim(shard, Mode::kExactlyOnce, owner, "old", {1}));
    ASSERT_OK(books_->PutWorker(shard, owner, row));
  }
  ASSERT_OK(books_->Store(shard_, owner, std::span(&error, 1), std::span(&file, 1)));
  ASSERT_OK(books_->Store(other, owner, std::span(&elsewhere, 1), {}));
  ASSERT_OK(books_->EndJobIfLast("job"));
  EXPECT_EQ(books_->FindJob("job")->value().status, "failed");

  ASSERT_OK(queries_->ClearShard(shard_, reset, "new"));
  EXPECT_EQ(*books_->CountErrorRows(shard_, 1), 0u);
  EXPECT_EQ(*books_->CountErrorRows(other, 2), 1u);
  EXPECT_THAT(*books_->FailedFiles(shard_, 0, 1), IsEmpty());
  const ShardRow control = books_->Find(shard_)->value();
  EXPECT_EQ(control.checkpoint, "new");
  EXPECT_EQ(control.owner.generation, 2u);
  EXPECT_THAT(control.start_offsets, ElementsAre(1));
  EXPECT_EQ(Text("SELECT status || total_lines || assigned_files FROM reprocessing_workers "
                 "WHERE worker_index = 2"),
            "pending04");
  EXPECT_EQ(Text("SELECT status || total_lines FROM reprocessing_workers WHERE worker_index = 0"),
            "failed5");
  EXPECT_EQ(books_->FindJob("job")->value().status, "running");
  EXPECT_FALSE(books_->PutWorker(shard_, owner, row));  // the generation before the reset
  EXPECT_FALSE(queries_->ClearShard(shard_, owner, "older"));
}

TEST_P(BooksQueries, WhatIsAskedAtOneMomentDoesNotSeeWhatComesMeanwhile) {
  Plan plan = SmallPlan();
  plan.begun = Begun::kNot;
  ASSERT_OK(queries_->StorePlan(plan));
  const auto other = OpenQueryObject();
  std::string before, after;
  ASSERT_OK(queries_->AtOneMoment([&]() -> Result<void> {
    TRY(const JobSummary job, queries_->Job("plan"));
    before = job.status;
    TRY_OK(other->TakeUpPlan("plan", plan.config));
    TRY(const JobSummary again, queries_->Job("plan"));
    after = again.status;
    return {};
  }));
  EXPECT_EQ(before, "pending");
  EXPECT_EQ(after, "pending");
  EXPECT_EQ(queries_->Job("plan")->status, "running");
}

TEST_P(BooksQueries, APageOfJobsComesInItsOrderWithTheirShardsAndPausesAndThoseAlone) {
  Plan plan = SmallPlan();
  plan.begun = Begun::kNot;
  for (int i = 0; i < 4; ++i) {
    plan.job_id = fmt::format("plan-{}", i);
    plan.shares = std::vector<PlannedShare>(static_cast<std::size_t>(i), PlannedShare{7, 8});
    ASSERT_OK(queries_->StorePlan(plan));
    ASSERT_OK(queries_->SetControls(plan.job_id, {.paused = i != 2}));
    database_.Run(
        fmt::format("UPDATE reprocessing_jobs SET created_at = '2030-05-01T00:00:0{}.000Z' "
                    "WHERE id = 'plan-{}'",
                    i / 2, i));  // two of one moment
  }
  const auto page = queries_->PageOf({.status = "pending", .after = "plan-2", .most = 2});
  ASSERT_OK(page);
  EXPECT_THAT(page->jobs, ElementsAre(::testing::Field(&JobSummary::id, "plan-3"),
                                      ::testing::Field(&JobSummary::id, "plan-0")));
  EXPECT_THAT(page->paused, ElementsAre("plan-0", "plan-3"));
  ASSERT_EQ(page->shards.size(), 1U) << "plan-0 has none";
  const auto& shards = page->shards.at("plan-3");
  ASSERT_EQ(shards.size(), 3U);
  EXPECT_EQ(shards[2].index, 2);
  EXPECT_EQ(shards[2].worker.assigned_files, 7U);
}

}  // namespace
}  // namespace reprocess
