#include "cli/missing_options.h"

#include <fmt/format.h>

#include "cli/values.h"
#include "jobs/only_missing.h"
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

Result<std::uint64_t> MissingMemoryOf(const Given& given) {
  constexpr std::uint64_t kMostMebibytes = 1 << 20, kUsual = 1 << 10;
  TRY(const auto mebibytes, CountOf(option::kMissingMemory.name, given.Text(option::kMissingMemory),
                                    1, kMostMebibytes, kUsual));
  return mebibytes << 20;
}

Result<Narrow> NarrowOf(const Given& given, const EnvironmentConfig& config,
                        const std::optional<Destination>& destination,
                        const Environment& environment) {
  OnlyMissing asked;
  TRY(asked.send_outside, SendOf(option::kOutside, given));
  TRY(const auto partly, SendOf(option::kPartly, given));
  asked.send_partly = partly.value_or(true);
  TRY(asked.memory_bytes, MissingMemoryOf(given));
  if (!given.Has(option::kOnlyMissing)) {
    for (const Option* option : {&option::kOutside, &option::kPartly, &option::kMissingMemory}) {
      if (given.Text(*option).empty()) continue;
      return Invalid(fmt::format("read {}: it is of --only-missing", option->name));
    }
    return Narrow();
  }
  if (destination && destination->kind != Destination::kKafka) {
    return Invalid("read --only-missing: what is missing is told by a Kafka topic", {},
                   "give --kafka BROKERS --topic NAME");
  }
  asked.repository_url = config.repository_url;
  asked.repository_auth_token = config.repository_auth_token;
  OnlyMissingWorld world{.kafka = config.kafka,
                         .settings = config.settings,
                         .make_storage = StorageMakerIn(environment),
                         .stop = {}};
  if (destination && !destination->brokers.empty()) world.kafka.brokers = destination->brokers;
  if (destination && !destination->topic.empty()) world.kafka.topic = destination->topic;
  return NarrowToMissing(std::move(asked), std::move(world));
}

}  // namespace reprocess
