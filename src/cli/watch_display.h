// Shows a job as its rows tell of it: redrawn on a terminal, else a line every few seconds and where
// something else happens; or events, a line of JSON each, on standard output.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/program.h"
#include "jobs/ask.h"
#include "views/progress.h"

namespace reprocess {

// What happens now and why it waits, in a line.
std::string NowText(const JobView& view);

class WatchDisplay {
 public:
  WatchDisplay(const Program& program, bool json);
  void Show(const JobView& view, SteadyTime now);

 private:
  void Update(const JobView& view, SteadyTime now);
  void Draw(const std::string& text);

  const Console& console_;
  const bool json_, draws_;
  std::optional<ProgressState> state_;
  std::vector<std::uint64_t> bytes_;  // of each shard, stored ones
  std::string said_;                  // of what happens now
  std::optional<SteadyTime> lined_;   // when the last line of progress was
  std::size_t drawn_lines_ = 0;
};

}  // namespace reprocess
