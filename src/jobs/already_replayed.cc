#include "jobs/already_replayed.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace reprocess {

Result<std::string> AlreadyReplayed(Queries& queries, std::vector<std::string_view> paths,
                                    const std::string& job_id) {
  std::ranges::sort(paths);
  const auto repeated = std::ranges::unique(paths);
  paths.erase(repeated.begin(), repeated.end());
  TRY(const auto replayed, queries.Replayed(paths, job_id));
  if (replayed.empty()) return std::string();
  std::set<std::string> again, jobs;
  for (const ReplayedFile& file : replayed) {
    again.insert(file.path);
    jobs.insert(file.job_id);
  }
  const std::string others = jobs.size() > 1 ? fmt::format(" and {} more", jobs.size() - 1) : "";
  return fmt::format("{} of {} files {} already replayed into Kafka, by job {}{}; the first is {}",
                     again.size(), paths.size(), again.size() == 1 ? "was" : "were", *jobs.begin(),
                     others, *again.begin());
}

}  // namespace reprocess
