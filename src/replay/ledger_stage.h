// The third stage: makes error rows and file rows durable before the lines they speak of can be
// committed. Batches without error lines and file ends do not wait.
//
//   groups     a batch with rows waits for what has queued behind it, and one transaction stores the
//              rows of all: many small files would else wait for the disk one by one. Up to 500
//              rows, 2 MiB of batches or 20 ms (where the stage before this one knows time)
//   rows       neighbouring lines with one reason share a row (`shares_row`), so that no commit falls
//              between them; a row never spans batches. Past max_error_rows a file: one approximate
//              row a reason and batch. Where a refused record is looked for by bisection, these are
//              cut at every record, since any of them may become the end of a commit
//   database   away: waits up to database_timeout, then the error stops the pipeline
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "model/job_config.h"
#include "model/settings.h"
#include "model/stores.h"
#include "replay/file_counters.h"
#include "replay/isolation.h"
#include "replay/replay.h"
#include "replay/stage.h"

namespace reprocess {

class LedgerStage final : public Stage {
 public:
  // `counters` and `uncounted_bytes` are the books, at the start, of the file that comes first.
  struct Start {
    int list_position = 0;
    Counters counters;
    std::uint64_t uncounted_bytes = 0;
    // Before it no row lies across a record, since each may become the last of a transaction.
    LinePlace bisected_until{-1, 0};
  };
  LedgerStage(std::unique_ptr<Stage> inner, const Ports& ports, const ShardTask& task,
              const Owner& owner, Start start, std::stop_token stop);
  Result<Pulled> Next(SteadyTime deadline) override;

 private:
  // Adds a batch and its rows to the group.
  Result<void> Take(Batch batch);
  // Takes what has queued, and what follows within the group's bounds.
  Result<void> Gather();
  Result<void> StoreRows();
  Result<void> BeginFile(const Batch& batch);
  void LogRows(const std::vector<ErrorRow>& rows);
  void AddFile(FileRow row);
  FileRow RowOfFile(const Batch& batch, FileState state) const;
  const FileItem& ItemAt(int list_position) const;

  std::unique_ptr<Stage> inner_;
  const Ports& ports_;
  const ShardTask& task_;
  const ShardRef shard_;
  const Owner owner_;
  const std::stop_token stop_;
  const LinePlace bisected_until_;

  bool begun_ = false;
  int list_position_;
  FileCounters file_counters_;
  std::uint64_t uncounted_bytes_;
  std::uint64_t rows_ = 0;    // of the current file
  std::uint64_t logged_ = 0;  // of them

  std::deque<Batch> group_;  // in order; passed on once their rows are stored
  std::size_t group_bytes_ = 0;
  std::vector<ErrorRow> errors_;          // of the group
  std::vector<FileRow> files_;            // so too, one a file
  std::optional<Result<Pulled>> behind_;  // the end or the error that came after the group
};

}  // namespace reprocess
