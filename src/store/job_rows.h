// Rows of jobs, of their workers and of their shards: what is asked for, and what it says. Several may be
// asked in one go (Session::SelectTogether).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/queries.h"
#include "store/schema.h"
#include "store/session.h"

namespace reprocess {

// Where there is no such table: no row.
Question NoQuestion();

// `where`: behind the FROM, with its GROUP BY.
Question JobsQuestion(const Session& session, const Schema& schema, std::string_view where);
JobSummary SummaryOf(const Row& row);

// Of the jobs that `names` has, of `IN (…)`.
Question WorkersQuestion(const Session& session, const std::string& names);
Question ShardsQuestion(const Session& session, const Schema& schema, const std::string& names);

// Ids of those that are paused. There is a table of controls.
Question PausedQuestion(const std::string& names);

// Shards by their index, of each job.
class FoundShards {
 public:
  void AddWorker(const Row& row);
  void AddShard(const Row& row);
  std::map<std::string, std::vector<ShardSummary>> Lists() &&;

 private:
  ShardSummary& Of(const Row& row);
  std::map<std::string, std::map<int, ShardSummary>> found_;
};

// Jobs that retry job :job; their ids, oldest first.
Question RetriesQuestion(const Session& session);
std::vector<std::string> RetriesIn(const std::vector<Row>& rows);

}  // namespace reprocess
