#include "jobs/only_missing.h"

#include <algorithm>
#include <ranges>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/time_text.h"
#include "plan/already_replayed.h"
#include "plan/inspection.h"
#include "plan/plan_config.h"

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kShardTopics = "shard_topics";
constexpr const char* kLastRecords = "last_records";

std::int64_t MillisOf(const WallTime& time) {
  return std::chrono::duration_cast<Milliseconds>(time.time_since_epoch()).count();
}

Json TimeOrNull(const std::optional<WallTime>& time) {
  return time ? Json(FormatRfc3339(*time)) : Json(nullptr);
}

Json EndsOf(const ScannedTopic& topic) {
  Json ends = Json::array();
  for (const OffsetSpan& span : topic.spans) ends.push_back(span.to);
  return ends;
}

// Offset and time, in milliseconds since 1970, of each partition's last record.
Json LastsOf(const ScannedTopic& topic) {
  Json lasts = Json::array();
  for (const OffsetSpan& span : topic.spans) {
    const auto last = topic.lasts.find(span.partition);
    lasts.push_back(last == topic.lasts.end()
                        ? Json(nullptr)
                        : Json::array({last->second.offset, MillisOf(last->second.time)}));
  }
  return lasts;
}

std::vector<PartitionEnd> EndsFrom(const Json& offsets, const Json& lasts) {
  std::vector<PartitionEnd> ends;
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    PartitionEnd& end = ends.emplace_back();
    end.offset = offsets[i].get<std::int64_t>();
    if (i >= lasts.size() || !lasts[i].is_array()) continue;
    end.last = RecordMark{lasts[i].at(0).get<std::int64_t>(),
                          WallTime(Milliseconds(lasts[i].at(1).get<std::int64_t>()))};
  }
  return ends;
}

WantedLines WantedBy(const OnlyMissing& asked) {
  return {.partly = asked.send_partly, .outside = asked.send_outside.value_or(false)};
}

std::string TextOf(const MissingReport& report, const OnlyMissing& asked) {
  const MissingCounts& counts = report.counts;
  Json json = {{"topic", report.topic},
               {"lines", counts.lines},
               {"there", counts.there},
               {"partly", counts.partly},
               {"missing", counts.missing},
               {"outside", counts.outside},
               {"foreign", counts.foreign},
               {"not_sent", counts.not_sent},
               {"sent", Wanted(counts, WantedBy(asked))},
               {"equal", report.equal},
               {"equal_at", report.equal_at.empty() ? Json(nullptr) : Json(report.equal_at)},
               {"sends_partly", asked.send_partly},
               {"sends_outside", asked.send_outside.value_or(false)},
               {"sends_foreign", asked.look.foreign},
               {"undecided", counts.outside > 0 && !asked.send_outside},
               {"since", TimeOrNull(asked.look.since)},
               {"covered_from", TimeOrNull(report.covered)},
               {"offsets", EndsOf(report.topics.front())},
               {kLastRecords, Json::object()}};
  for (const ScannedTopic& topic : report.topics) json[kLastRecords][topic.name] = LastsOf(topic);
  if (asked.look.shard_topics) json[kShardTopics] = Json::object();
  for (const ScannedTopic& shard : report.topics | std::views::drop(1)) {
    json[kShardTopics][shard.name] = EndsOf(shard);
  }
  return json.dump();
}

// Up to where the topics were read, as a plan remembers it.
TopicEnds EndsIn(const Json& told) {
  TopicEnds ends;
  const Json lasts = told.value(kLastRecords, Json::object());
  const auto add = [&](const std::string& name, const Json& offsets) {
    ends[name] = EndsFrom(offsets, lasts.value(name, Json::array()));
  };
  add(told.value("topic", std::string()), told.value("offsets", Json::array()));
  if (const auto shards = told.find(kShardTopics); shards != told.end()) {
    for (const auto& [name, offsets] : shards->items()) add(name, offsets);
  }
  return ends;
}

Result<void> CheckAsked(const JobConfig& config) {
  if (config.start_file.empty()) return {};
  return Invalid("plan job: --only-missing and --start-file exclude each other", {},
                 "what was sent of the files before is told by the topic: leave --start-file out");
}

Result<void> CheckReport(const MissingReport& report, const OnlyMissing& asked) {
  for (const MissingOfFile& file : report.files) {
    if (file.failure.empty()) continue;
    return Fatal(
        "plan job: what is missing of a file that cannot be read is not known: " + file.failure,
        file.item.path, "mend it, or plan the others without it");
  }
  if (report.counts.outside == 0 || asked.send_outside) return {};
  const std::string since = report.covered
                                ? "it tells of lines from " + FormatRfc3339(*report.covered) + " on"
                                : report.tells_nothing;
  return Fatal(fmt::format("plan job: of {} lines topic {} cannot tell whether it had them: {}",
                           report.counts.outside, report.topic, since),
               {}, "say what is to become of them: --outside send, or --outside skip",
               Code::kConflict);
}

Result<void> Cut(MissingReport& report, const WantedLines& wanted, PlannedFiles& files) {
  PlannedFiles kept;
  for (std::size_t i = 0; i < files.size(); ++i) {
    MissingOfFile& found = report.files[i];
    if (Wanted(found.counts, wanted) == 0) continue;
    PlannedFile file = files[i];
    file.version_tag = found.version_tag;
    file.item.etag = file.version_tag;
    if (found.stretches.empty()) {
      file.item.line_set = LineSet(std::move(found.wanted));
    } else {
      file.item.ranges = std::move(found.stretches);
    }
    kept.push_back(file);
  }
  files = std::move(kept);
  if (!files.empty()) return {};
  return Fatal(fmt::format("plan job: nothing is missing: all {} lines that would be sent are in "
                           "topic {}",
                           report.counts.there, report.topic),
               {}, {}, Code::kNotFound);
}

class KeptSearches final : public SearchMemory {
 public:
  explicit KeptSearches(Queries& queries) : queries_(queries) {}
  Result<std::string> Recall(const std::string& name) override { return queries_.Search(name); }
  Result<void> Keep(const std::string& name, const std::string& state) override {
    return queries_.StoreSearch(name, state);
  }
  Result<void> Forget(const std::string& name) override { return queries_.DropSearch(name); }

 private:
  Queries& queries_;
};

MissingRequest RequestOf(const OnlyMissingWorld& world, JobConfig config) {
  MissingRequest request;
  request.config = std::move(config);
  request.kafka = world.kafka;
  request.settings = world.settings;
  return request;
}

std::unexpected<Error> PlanAgain(std::string why, const std::string& job_id) {
  return Fatal("start the job: " + std::move(why), job_id,
               "plan again: `reprocess plan --only-missing` under another name", Code::kChanged);
}

// When somebody worked on a job last; nullopt where nobody knows.
Result<std::optional<WallTime>> WorkedLast(const JobSummary& job, Queries& queries) {
  std::optional<WallTime> last;
  const auto add = [&last](const std::string& text) {
    if (const auto time = ParseRfc3339(text))
      last = std::max(last.value_or(time->time), time->time);
  };
  add(job.completed_at);
  if (last) return last;
  TRY(const auto shards, queries.Shards(job.id));
  for (const ShardSummary& shard : shards) add(shard.updated_at);
  return last;
}

// Whether the other job has worked since this one was planned, and for the same topic.
Result<bool> HasSentSince(const JobSummary& ours, const JobSummary& other, Queries& queries) {
  const auto target = ReadPlanConfig(other.config).destination,
             here = ReadPlanConfig(ours.config).destination;
  if (target && here && target->topic != here->topic) return false;
  TRY(const auto last, WorkedLast(other, queries));
  const auto planned = ParseRfc3339(ours.created_at);
  return !last || !planned || *last >= planned->time;
}

Result<void> CheckNobodySentSince(const Plan& plan, Queries& queries) {
  std::set<std::string> paths;
  for (std::size_t i = 0; i < plan.files.size(); ++i) paths.insert(plan.files.PathOf(i));
  TRY(const JobSummary job, queries.Job(plan.job_id));
  TRY(const auto rows, queries.Replayed(NamesOf(plan.files), plan.job_id));
  std::set<std::string> earlier;  // jobs
  for (const ReplayedFile& row : rows) {
    if (!paths.contains(row.path) && !paths.contains(row.key_path)) continue;
    if (!earlier.insert(row.job_id).second) continue;
    TRY(const JobSummary other, queries.Job(row.job_id));
    TRY(const bool since, HasSentSince(job, other, queries));
    if (!since) continue;
    return PlanAgain(
        fmt::format("job {} has sent lines of {} since it was planned", row.job_id, row.path),
        plan.job_id);
  }
  return {};
}

}  // namespace

Narrow NarrowToMissing(OnlyMissing asked, OnlyMissingWorld world) {
  return [asked = std::move(asked), world = std::move(world)](
             const PlanRequest& plan, const JobConfig& config, Queries& queries,
             PlannedFiles& files, std::vector<std::string>& warnings) -> Result<std::string> {
    TRY_OK(CheckAsked(config));
    MissingRequest request = RequestOf(world, config);
    request.kafka.brokers = plan.destination.brokers;
    request.kafka.topic = plan.destination.topic;
    request.look = asked.look;
    request.wanted = WantedBy(asked);
    request.locate = true;
    KeptSearches memory(queries);
    request.memory = &memory;
    for (const PlannedFile& file : files) request.files.push_back(file.item);
    request.streams = plan.streams;
    request.compare_connections = CheckDestinations(plan.streams != nullptr, request.config);
    const auto storage = world.make_storage(world.settings, {}, {});
    const auto progress = asked.progress ? asked.progress : [](const MissingProgress&) {};
    TRY(MissingReport report, FindMissing(request, *storage, progress, world.stop));
    std::string found = TextOf(report, asked);
    if (asked.found) asked.found(found);
    TRY_OK(CheckReport(report, asked));
    if (report.recalled > 0) {
      warnings.push_back(fmt::format(
          "{} of {} passes over the files were made by an earlier call that was ended: what has "
          "come into the topic since it began is not looked at",
          report.recalled, report.passes));
    }
    TRY_OK(Cut(report, request.wanted, files));
    if (report.counts.foreign > 0) {
      warnings.push_back(fmt::format(
          "{} lines have no origin and are not in the topic: another service's, not sent",
          report.counts.foreign));
    }
    if (report.equal > 0) {
      warnings.push_back(fmt::format(
          "{} lines are equal to an earlier one of these files, the first is {}: each of them is "
          "to be in the topic once more; where a file is a copy of another one, leave it out",
          report.equal, report.equal_at));
    }
    return found;
  };
}

Result<void> CheckTail(const Plan& plan, const OnlyMissingWorld& world) {
  PlanConfig planned = ReadPlanConfig(plan.config);
  const Json told = Json::parse(planned.only_missing, nullptr, false);
  if (!told.is_object()) return {};
  TRY(JobConfig config, std::move(planned.job));
  MissingRequest request = RequestOf(world, std::move(config));
  request.compare_connections = false;
  CheckDestinations(false, request.config);
  request.after = EndsIn(told);
  request.look.shard_topics = told.contains(kShardTopics);
  for (const PlannedFile& file : plan.files) request.files.push_back(file.item);
  const auto storage = world.make_storage(world.settings, {}, {});
  TRY(const MissingReport report,
      FindMissing(request, *storage, [](const MissingProgress&) {}, world.stop));
  if (report.counts.there == 0) return {};
  return PlanAgain(fmt::format("{} of its lines have come into topic {} since it was planned",
                               report.counts.there, report.topic),
                   plan.job_id);
}

Result<void> CheckStillMissing(const Plan& plan, Queries& queries, const OnlyMissingWorld& world) {
  if (ReadPlanConfig(plan.config).only_missing.empty()) return {};
  TRY_OK(CheckNobodySentSince(plan, queries));
  return CheckTail(plan, world);
}

}  // namespace reprocess
