#include "plan/make_plan.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/base_name.h"
#include "plan/already_replayed.h"
#include "plan/balance.h"
#include "plan/only_connections.h"
#include "plan/plan_config.h"
#include "plan/split_files.h"

namespace reprocess {
namespace {

constexpr std::uint64_t kLeastPartBytes = 16 << 20;  // smaller parts would not pay their claim

Result<Discovery> OnlyNamed(Discovery found, const std::vector<std::string>& names) {
  if (names.empty()) return found;
  std::set<std::string, std::less<>> base_names;
  for (const std::string& name : names) base_names.emplace(BaseName(name));
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < found.files.size(); ++i) {
    if (base_names.contains(found.files.NameOf(i))) kept.push_back(i);
  }
  found.files.Pick(kept);
  if (!found.files.empty()) return found;
  return Fatal("find files: none of those that were named is there", names.front(), {},
               Code::kNotFound);
}

Result<Discovery> FindFiles(const PlanSource& source, Storage& storage, const JobConfig& config,
                            const std::stop_token& stop) {
  TRY(Discovery found, DiscoverFor(config, storage, source, stop));
  return OnlyNamed(std::move(found), source.files);
}

// "2 of 5 files <what> job x and 1 more; the first is …"
std::string Told(const std::vector<SeenFile>& seen, const PlannedFiles& files, std::string_view one,
                 std::string_view more) {
  std::set<std::string> jobs;
  for (const SeenFile& file : seen) jobs.insert(file.job_id);
  const SeenFile& first = seen.front();
  const std::string path = files.PathOf(first.file);
  return fmt::format(
      "{} of {} files {} job {}{}; the first is {}{}{}", seen.size(), files.size(),
      seen.size() == 1 ? one : more, first.job_id,
      jobs.size() > 1 ? fmt::format(" and {} more", jobs.size() - 1) : "", path,
      first.key_path == path ? "" : ", there " + first.key_path,
      first.seen == Seen::kGrown ? fmt::format(", from byte {} on", first.from) : "");
}

// Takes out what was replayed before.
Result<void> KeepNewOnly(const std::vector<SeenFile>& same, const std::vector<SeenFile>& grown,
                         PlannedFiles& files) {
  std::set<std::size_t> gone;
  for (const SeenFile& file : same) gone.insert(file.file);
  for (const SeenFile& seen : grown) {
    PlannedFile file = files[seen.file];
    file.item.ranges = std::vector<ByteRange>{{seen.from, UINT64_MAX - seen.from}};
    file.item.etag = file.version_tag;
    if (seen.key_path != file.item.path) file.item.key_path = seen.key_path;
    files.Replace(seen.file, file);
  }
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!gone.contains(i)) kept.push_back(i);
  }
  files.Pick(kept);
  if (!files.empty()) return {};
  return Fatal("plan job: nothing is new: every file was already replayed", {}, {},
               Code::kNotFound);
}

// Which of the lines are new is not known then.
std::unexpected<Error> Unfinished(const std::string& told, const std::string& job_id) {
  return Fatal("plan job: " + told, {},
               fmt::format("wait until job {0} has ended, or go on with it: `reprocess run --job "
                           "{0}`. If it was cancelled, plan with --only-missing: what the topic "
                           "lacks",
                           job_id),
               Code::kConflict);
}

// With what earlier jobs have sent into Kafka of these files.
Result<void> Compare(const PlanRequest& request, Queries& queries, Storage& storage,
                     PlannedFiles& files, NewPlan& plan, std::vector<std::string>& warnings,
                     const std::stop_token& stop) {
  if (request.destination.kind != Destination::kKafka) return {};
  const std::string& topic = request.destination.topic;
  TRY(const auto seen, FindReplayed(queries, storage, files, request.job_id, topic, stop));
  std::vector<SeenFile> same, grown, unfinished, other, unknown, elsewhere;
  for (const SeenFile& file : seen) {
    const bool there = file.topic.empty() || file.topic == topic;
    auto& list = file.seen == Seen::kUnknown      ? unknown
                 : !there                         ? elsewhere
                 : file.seen == Seen::kSame       ? same
                 : file.seen == Seen::kGrown      ? grown
                 : file.seen == Seen::kUnfinished ? unfinished
                                                  : other;
    list.push_back(file);
  }
  const auto warn = [&](const std::vector<SeenFile>& list, const std::string& what) {
    if (!list.empty()) {
      warnings.push_back(Told(list, files, "was " + what, "were " + what));
    }
  };
  if (!elsewhere.empty()) {
    warn(elsewhere, fmt::format("replayed into another topic, {}, by", elsewhere.front().topic));
  }
  warn(other, "replayed in another version, whose lines have the same keys, by");
  warn(unknown, "perhaps replayed already: no hash was kept of what was read by");
  const std::string into = fmt::format("already replayed into topic {}, by", topic);
  const std::string read = fmt::format("replayed into topic {}, so far as it went then, by", topic);
  std::string why = same.empty() ? "" : Told(same, files, "was " + into, "were " + into);
  if (!grown.empty()) {
    why += (why.empty() ? "" : "; ") +
           Told(grown, files, "has grown: it was " + read, "have grown: they were " + read);
  }
  if (!unfinished.empty()) {
    const std::string begun = fmt::format("begun into topic {} and not finished, by", topic);
    const std::string told = Told(unfinished, files, "was " + begun, "were " + begun);
    if (request.new_only) return Unfinished(told, unfinished.front().job_id);
    if (request.narrow) warnings.push_back(told + ": do not go on with that one");
    why += (why.empty() ? "" : "; ") + told;
  }
  plan.compared = !why.empty()    ? why
                  : !seen.empty() ? warnings.back()
                                  : "no job of this database has replayed these files";
  if (!why.empty() && request.new_only) {
    warnings.push_back(why + ": left out");
    return KeepNewOnly(same, grown, files);
  }
  // What is missing in the topic is sent whoever has sent the rest.
  if (!request.narrow) plan.replayed = std::move(why);
  return {};
}

// By how many stored bytes a file differs from what the plan saw.
std::string Changed(const PlannedFile& now, const PlannedFile& planned) {
  const std::uint64_t size = now.item.size, before = planned.item.size;
  if (size == before) return now.item.path + ": other bytes";
  return fmt::format("{}: {} bytes {}", now.item.path,
                     size > before ? size - before : before - size,
                     size > before ? "more" : "fewer");
}

// Balanced; but a start_file is a place in the order of paths.
std::vector<std::size_t> OrderOf(const PlannedFiles& files, int shards, const JobConfig& config) {
  if (!config.start_file.empty()) {
    std::vector<std::size_t> order(files.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    return order;
  }
  std::vector<Weight> weights;
  weights.reserve(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    weights.push_back({files.ListedBytesOf(i), TimeInName(files.NameOf(i))});
  }
  return BalancedOrder(weights, static_cast<std::size_t>(shards));
}

int AtMost(std::size_t files) {
  return static_cast<int>(std::min<std::size_t>(files, kMostShards));
}

}  // namespace

Result<NewPlan> MakePlan(const PlanRequest& request, Queries& queries, Storage& storage,
                         std::vector<std::string>& warnings, const std::stop_token& stop) {
  NewPlan plan;
  JobConfig& config = plan.config;
  config = request.given;
  auto& max_errors = config.throttle.max_errors;
  if (!max_errors) max_errors = ParseMaxErrors(kDefaultMaxErrors);
  TRY_OK(ResolveOnlyConnections(config, request.streams));
  TRY(config.json, PlanConfigText(config));
  TRY(Discovery found, FindFiles(request.source, storage, config, stop));
  TRY_OK(Compare(request, queries, storage, found.files, plan, warnings, stop));
  std::string only_missing;
  if (request.narrow) {
    TRY(only_missing, request.narrow(request, config, queries, found.files, warnings));
  }
  const int most = request.shards > 0 ? request.shards : AtMost(found.files.size());
  plan.files = SplitFiles(storage, std::move(found.files), most, kLeastPartBytes, stop);
  plan.shards = std::min(most, AtMost(plan.files.size()));
  TRY_OK(ResolveStart(config, plan.files));
  plan.files.Pick(OrderOf(plan.files, plan.shards, config));
  plan.ignored = std::move(found.ignored);
  config.dry_run = request.destination.kind == Destination::kNone;
  TRY(config.json, PlanConfigText(config, request.destination, only_missing));
  return plan;
}

Result<std::string> ReplayedOfPlan(const Plan& plan, const Destination& destination,
                                   Queries& queries, Storage& storage,
                                   const std::stop_token& stop) {
  if (!ReadPlanConfig(plan.config).only_missing.empty()) return std::string();
  PlannedFiles files;
  for (PlannedFile file : plan.files) {
    if (!file.item.ranges.empty() || file.item.offset > 0) continue;
    file.item.length.reset();  // of a big file's first part
    files.push_back(file);
  }
  if (files.empty()) return std::string();
  PlanRequest request;
  request.job_id = plan.job_id;
  request.destination = destination;
  NewPlan compared;
  std::vector<std::string> warnings;  // told when the plan was made
  TRY_OK(Compare(request, queries, storage, files, compared, warnings, stop));
  return std::move(compared.replayed);
}

Result<SourceNow> CompareWithPlan(const PlanSource& source, const JobConfig& config,
                                  const Plan& plan, Storage& storage, const std::stop_token& stop) {
  SourceNow now;
  if (source.paths.empty() && source.manifest.empty()) return now;
  TRY(Discovery found, FindFiles(source, storage, config, stop));
  now.ignored = std::move(found.ignored);
  std::unordered_map<std::string, std::size_t> plan_of;  // by path
  for (std::size_t i = 0; i < plan.files.size(); ++i) plan_of.try_emplace(plan.files.PathOf(i), i);
  std::vector<std::string> others;
  for (const auto& file : found.files) {
    const auto planned = plan_of.find(file.item.path);
    if (planned == plan_of.end()) {
      others.push_back(file.item.path);
      continue;
    }
    const PlannedFile then = plan.files[planned->second];
    if (!then.version_tag.empty() && then.version_tag != file.version_tag) {
      now.changed.push_back(Changed(file, then));
    }
  }
  if (others.empty()) return now;
  return Fatal(
      fmt::format("resume job: {} of {} files {} not in its plan; the first is {}", others.size(),
                  found.files.size(), others.size() == 1 ? "is" : "are", others.front()),
      plan.job_id,
      "leave the PATH out to go on as planned, and start a new job for the others: without "
      "--job, and with --new-only where files of this one lie beside them",
      Code::kConflict);
}

Result<void> ResolveStart(JobConfig& config, const PlannedFiles& files) {
  if (config.start_file.empty()) return {};
  std::vector<FileItem> items;
  for (const PlannedFile& file : files) items.push_back(file.item);
  TRY(config.start_file, ResolveStartFile(items, config.start_file));
  return {};
}

}  // namespace reprocess
