#include "cli/missing_options.h"

#include <fmt/format.h>

#include "cli/times.h"
#include "cli/values.h"
#include "jobs/only_missing.h"
#include "model/time_text.h"
#include "storage/make_storage.h"

namespace reprocess {
namespace {

// nullopt: not said.
Result<std::optional<bool>> SendOf(const Option& option, const Given& given) {
  const std::string& text = given.Text(option);
  if (text.empty()) return std::nullopt;
  if (text != "send" && text != "skip") return Expected(option.name, text, "send or skip");
  return text == "send";
}

}  // namespace

Result<MissingLook> MissingLookOf(const Given& given) {
  constexpr std::uint64_t kMostMebibytes = 1 << 20, kUsual = 1 << 10;
  MissingLook look;
  TRY(const auto mebibytes, CountOf(option::kMissingMemory.name, given.Text(option::kMissingMemory),
                                    1, kMostMebibytes, kUsual));
  look.memory_bytes = mebibytes << 20;
  look.shard_topics = given.Has(option::kShardTopics);
  if (const std::string& since = given.Text(option::kSince); !since.empty()) {
    TRY(const std::string time, TimeOf(option::kSince, since, false));
    look.since = ParseRfc3339(time)->time;
  }
  return look;
}

Result<Narrow> NarrowOf(const Given& given, const EnvironmentConfig& config,
                        const std::optional<Destination>& destination,
                        const Environment& environment) {
  OnlyMissing asked;
  TRY(asked.send_outside, SendOf(option::kOutside, given));
  TRY(const auto partly, SendOf(option::kPartly, given));
  asked.send_partly = partly.value_or(true);
  TRY(asked.look, MissingLookOf(given));
  TRY(const auto foreign, SendOf(option::kForeign, given));
  asked.look.foreign = foreign.value_or(false);
  if (!given.Has(option::kOnlyMissing)) {
    for (const Option* option : {&option::kOutside, &option::kPartly, &option::kForeign,
                                 &option::kSince, &option::kShardTopics, &option::kMissingMemory}) {
      if (!given.Has(*option)) continue;
      return Invalid(fmt::format("read {}: it is of --only-missing", option->name));
    }
    return Narrow();
  }
  if (destination && destination->kind != Destination::kKafka) {
    return Invalid("read --only-missing: what is missing is told by a Kafka topic", {},
                   "give --kafka BROKERS --topic NAME");
  }
  return NarrowToMissing(std::move(asked), {.kafka = config.kafka,
                                            .settings = config.settings,
                                            .make_storage = StorageMakerIn(environment),
                                            .stop = {}});
}

}  // namespace reprocess
