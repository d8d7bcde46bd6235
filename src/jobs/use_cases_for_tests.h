// A job's life through the use cases: objects in memory, rows in a SQLite file, records in files.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "config/worker_config.h"
#include "decode/object_for_tests.h"
#include "jobs/ask.h"
#include "jobs/run_here.h"

namespace reprocess {

namespace fs = std::filesystem;

using Objects = std::map<std::string, std::string>;

class Memory final : public Storage {
 public:
  explicit Memory(const Objects& objects) : objects_(objects) {}
  Result<OpenedObject> Open(const FileItem& item, std::uint64_t offset, std::string_view,
                            const std::stop_token&) override {
    const std::string_view bytes = objects_.at(item.path);
    return OpenedObject{std::make_unique<FakeSource>(bytes, offset, SIZE_MAX), Tag(bytes),
                        bytes.size()};
  }
  Result<std::vector<ListedObject>> List(std::string_view path) override {
    std::vector<ListedObject> found;
    for (const auto& [name, bytes] : objects_) {
      if (name.starts_with(path)) found.push_back({name, bytes.size(), {}, Tag(bytes)});
    }
    return found;
  }

 private:
  static std::string Tag(std::string_view bytes) { return fmt::format("{}-1", bytes.size()); }
  const Objects& objects_;
};

class Nobody final : public RunObserver {
 public:
  void Progress(int, const WorkerRow&) override {}
  void Waiting(int, const std::string&) override {}
  void Ended(int, const ShardReport&) override {}
};

inline std::string Message(int number) {
  return fmt::format(R"({{"number":{},"messageCreated":"2026-05-01T10:00:00Z"}})", number);
}

// As an edge reads what was asked for.
inline JobConfig Asked(std::string_view json) {
  std::vector<std::string> warnings;
  return ParseJobConfig(json, "options", warnings).value();
}

class UseCases : public testing::Test {
 protected:
  UseCases() {
    std::string name = (fs::temp_directory_path() / "use_cases_XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    database_ = *Database::Open(directory_ / "jobs.db", Database::Use::kWork);
    queries_ = database_->NewQueries();
    objects_ = {{"/in/a.ndjson", Message(1) + "\n" + Message(2) + "\n"},
                {"/in/b.ndjson", Message(3) + "\nno JSON\n"}};
  }
  ~UseCases() override { fs::remove_all(directory_); }

  World TheWorld() {
    return {*database_,
            [this](const Settings&, const Notice&, const std::function<void()>&) {
              return std::make_unique<Memory>(objects_);
            },
            SystemClock()};
  }
  RunRequest Request(std::vector<std::string> paths = {"/in"}) const {
    RunRequest request;
    request.paths = std::move(paths);
    request.job_id = "job";
    request.given = Asked(R"({"connection_ids":["c"]})");
    request.destination = {.kind = Destination::kFiles, .directory = directory_ / "out"};
    request.shards = 2;
    return request;
  }
  Result<PlannedJob> Planned() {
    PlanJobRequest request;
    request.plan.source.paths = {"/in"};
    request.plan.job_id = "job";
    request.plan.given = Request().given;
    request.plan.destination = *Request().destination;
    request.plan.shards = 0;
    return PlanJob(request, TheWorld(), {});
  }
  // By its name alone.
  RunRequest TakeUpRequest() const {
    RunRequest request = Request({});
    request.given = {};
    request.destination.reset();
    request.shards = 0;
    return request;
  }
  Outcome Run(const RunRequest& request, const std::stop_token& stop = {}) {
    const World world = TheWorld();
    const auto run = PrepareRun(request, world, stop);
    if (!run) {
      ADD_FAILURE() << run.error().ToString();
      return Outcome::kFailed;
    }
    Nobody nobody;
    return ExecuteRun(
        request, *run, world, nobody, [&](const RunReport& told) { report_ = told; }, stop);
  }
  std::string PlanError(const RunRequest& request) {
    const auto run = PrepareRun(request, TheWorld(), {});
    return run ? "planned" : run.error().ToString();
  }
  // The lines that were written, of all shards.
  std::vector<std::string> Written() const {
    std::vector<std::string> lines;
    for (const auto& entry : fs::directory_iterator(directory_ / "out" / "job")) {
      if (entry.path().extension() != ".ndjson") continue;
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) lines.push_back(line);
    }
    return lines;
  }
  JobView View() { return *ViewJob(*queries_, "job", Milliseconds(6'000), SystemClock().Wall()); }

  fs::path directory_;
  Objects objects_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Queries> queries_;
  RunReport report_;
};

}  // namespace reprocess
