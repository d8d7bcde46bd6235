// config.json says the same however it is written: without white space, escapes and the order of
// its keys it is read, or refused, alike. What is taken is in bounds; a refusal names the file.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "config/load.h"
#include "second_json.h"

using namespace reprocess;

namespace {

auto ValuesOf(const JobConfig& job) {
  return std::tie(job.stream_ids, job.connection_ids, job.date_from, job.date_to, job.start_file,
                  job.start_line, job.limit, job.batch_size, job.retry_attempts, job.dry_run,
                  job.delivery, job.source);
}

bool InBounds(const JobConfig& job) {
  const auto named = [](const std::vector<std::string>& ids) {
    return std::ranges::find(ids, "") == ids.end();
  };
  return job.batch_size >= 1 && job.retry_attempts >= 1 && job.retry_attempts <= 1000 &&
         job.limit <= INT64_MAX && job.start_line <= INT64_MAX && named(job.stream_ids) &&
         named(job.connection_ids) && (job.start_line == 0 || !job.start_file.empty()) &&
         (!job.date_from || !job.date_to || *job.date_from <= *job.date_to);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> warnings;
  const Result<JobConfig> job = ParseJobConfig(text, "config.json", warnings);
  if (!job && job.error().what.find("config.json") == std::string::npos) std::abort();
  if (job && (!InBounds(*job) || job->json != text)) std::abort();
  const Tree tree = TreeOf(text);
  if (tree.root.is_discarded() || !tree.root.is_object()) {
    if (job) std::abort();
    return 0;
  }
  const std::string rewritten = tree.root.dump();
  std::vector<std::string> same_warnings;
  const Result<JobConfig> again = ParseJobConfig(rewritten, "config.json", same_warnings);
  if (job.has_value() != again.has_value() || warnings != same_warnings) std::abort();
  if (job ? ValuesOf(*job) != ValuesOf(*again) : job.error().what != again.error().what) {
    std::abort();
  }
  return 0;
}
