#include "plan/preflight.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/edit_distance.h"
#include "base/patience.h"
#include "base/thousands.h"
#include "kafka/group_lag.h"
#include "kafka/kafka_sink.h"

namespace reprocess {
namespace {

// Begins a transaction and commits it with nothing in it but an offset of a group that nobody has.
Result<void> TryTransactions(const KafkaSettings& kafka, const Settings& settings,
                             const std::stop_token& stop) {
  const ShardRef nobody{fmt::format("check-{:08x}", std::random_device{}()), 0};
  const Patience patience{SystemClock(), SystemClock().Now() + settings.start_timeout, stop,
                          [](const std::string&) {}};
  const auto passes = [](const Error& error) {
    return error.remedy == Remedy::kWait || error.remedy == Remedy::kRetry ||
           error.remedy == Remedy::kAbortAndRewind;
  };
  TRY(const auto sink, MakeKafkaSink(kafka, settings, nobody, Mode::kExactlyOnce));
  Result<void> tried = Patiently<void>(patience, passes, [&]() -> Result<void> {
    TRY_OK(sink->Open(stop));
    TRY_OK(sink->ReadCheckpoint(Read::kAsIs));
    TRY_OK(sink->Begin());
    return sink->Commit("check", settings.start_timeout);
  });
  if (!tried && tried.error().code == Code::kNotAuthorized) {
    tried.error().hint += ", or on all names that begin with reprocess-";
  }
  return tried;
}

// The name nearest to one that is not known, if any is near.
class Nearest {
 public:
  explicit Nearest(std::string_view name) : name_(name) {}
  void Look(std::string_view candidate) {
    const std::size_t distance = EditDistance(name_, candidate);
    if (distance > best_) return;
    best_ = distance;
    found_ = candidate;
  }
  std::string DidYouMean() const {
    return found_.empty() ? std::string() : fmt::format("did you mean {}?", found_);
  }

 private:
  const std::string_view name_;
  std::size_t best_ = 2;
  std::string found_;
};

Result<void> CheckConnection(std::string_view option, std::string_view id,
                             const StreamMap& streams) {
  bool known = false;
  Nearest nearest(id);
  streams.ForEach([&](std::string_view, std::string_view connections) {
    for (const std::string_view one : ConnectionsIn(connections)) {
      known = known || one == id;
      nearest.Look(one);
    }
  });
  if (known) return {};
  return Fatal(fmt::format("check {}: the streams repository has no connection {}", option, id), {},
               nearest.DidYouMean(), Code::kNotFound);
}

}  // namespace

Result<std::string> CheckTarget(KafkaSettings kafka, const Settings& settings,
                                const JobConfig& config, Rehearsal rehearsal,
                                const std::stop_token& stop, std::vector<std::string>& warnings) {
  const bool would_make = kafka.create_topic && rehearsal == Rehearsal::kYes;
  if (would_make) kafka.create_topic = false;
  if (const auto found = CheckTopic(kafka, settings, stop); !found) {
    if (!would_make || found.error().code != Code::kNotFound) {
      return std::unexpected(found.error());
    }
    return fmt::format("there is no topic {}: the run would make it", kafka.topic);
  }
  if (config.throttle.WatchesLag()) {
    for (const auto& group : config.throttle.lag_groups) TRY_OK(CheckLagGroup(kafka, group));
  }
  if (config.delivery == DeliveryChoice::kAtLeastOnce) {
    return "the topic is there; at least once, as asked for";
  }
  const auto tried = TryTransactions(kafka, settings, stop);
  if (tried) return "the topic is there, transactions are allowed";
  const bool refused =
      tried.error().code == Code::kNotAuthorized || tried.error().code == Code::kUnsupported;
  if (!refused || config.delivery == DeliveryChoice::kExactlyOnce) {
    return std::unexpected(tried.error());
  }
  warnings.push_back(fmt::format(
      "no transactions at the target: without them lines are sent at least once, and some twice "
      "after a crash: {}",
      tried.error().ToString()));
  return "the topic is there; no transactions: at least once";
}

Result<void> CheckConnections(std::string_view option, const std::vector<std::string>& ids,
                              const StreamMap& streams) {
  for (const std::string& id : ids) TRY_OK(CheckConnection(option, id, streams));
  return {};
}

Result<std::string> CheckFilters(const JobConfig& config, const StreamMap* streams,
                                 std::vector<std::string>& warnings) {
  if (config.stream_ids.empty() && LooksUp(config)) return std::string();
  if (streams == nullptr) return "not checked: there is no streams repository to ask";
  auto known = CheckConnections("--connection", config.connection_ids, *streams);
  if (!known && known.error().hint.empty()) {
    known.error().hint = "without --repository-url (REPOSITORY_URL) any id is taken as it is";
  }
  TRY_OK(std::move(known));
  std::vector<std::string> slugs;
  for (const auto& id : config.stream_ids) {
    if (streams->Find(id)) continue;
    slugs.push_back(id);
    Nearest nearest(id);
    streams->ForEach([&](std::string_view one, std::string_view) { nearest.Look(one); });
    std::string said = fmt::format(
        "--stream {}: the streams repository has no stream of this id; it counts where it is a "
        "slug",
        id);
    if (const auto meant = nearest.DidYouMean(); !meant.empty()) said += "; " + meant;
    warnings.push_back(std::move(said));
  }
  if (slugs.empty()) return "all of them are known to the streams repository";
  return fmt::format("unknown to the streams repository: {}", fmt::join(slugs, ", "));
}

std::string FiltersLetNothingPass(const Counters& counters) {
  const auto of_streams = counters[Reason::kStream], of_dates = counters[Reason::kDate],
             of_connections = counters[Reason::kConnection];
  if (counters.success > 0 || of_streams + of_dates + of_connections == 0) return {};
  return fmt::format(
      "the filters let no message pass: {} of other streams, {} outside of the dates{} were "
      "skipped",
      Thousands(of_streams), Thousands(of_dates),
      of_connections == 0 ? std::string()
                          : fmt::format(", {} of other connections", Thousands(of_connections)));
}

}  // namespace reprocess
