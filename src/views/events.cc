#include "views/events.h"

#include "views/json.h"

namespace reprocess {
namespace {

Json ToJson(const ShardGauge& shard, std::size_t index) {
  return {{"shard", index},
          {"lines", shard.lines},
          {"sent", shard.sent},
          {"errors", shard.errors},
          {"bytes", shard.bytes},
          {"stored_bytes", shard.stored},
          {"stored_bytes_total", shard.stored_total},
          {"file", OrNull(shard.file)},
          {"waiting", OrNull(shard.waiting)}};
}

}  // namespace

std::string WarningEvent(const std::string& warning) {
  Json event = Event("warning");
  event["warning"] = warning;
  return ToLine(event);
}

std::string ErrorEvent(const Error& error) {
  Json event = Event("error");
  event["error"] = ToJson(error);
  return ToLine(event);
}

std::string ProgressEvent(const ProgressState& state) {
  const auto totals = state.Sum();
  Json event = Event("progress");
  event.update({{"fraction", totals.fraction},
                {"lines", totals.sum.lines},
                {"sent", totals.sum.sent},
                {"errors", totals.sum.errors},
                {"bytes", totals.sum.bytes},
                {"lines_per_second", totals.lines_per_second},
                {"bytes_per_second", totals.bytes_per_second},
                {"seconds_left", totals.eta_seconds ? Json(*totals.eta_seconds) : Json(nullptr)},
                {"seconds", totals.elapsed_seconds},
                {"paused", totals.paused},
                {"shards", Json::array()}});
  for (std::size_t i = 0; i < state.shards().size(); ++i) {
    event["shards"].push_back(ToJson(state.shards()[i], i));
  }
  return ToLine(event);
}

std::string WaitingEvent(int shard, const std::string& why) {
  Json event = Event("waiting");
  event.update({{"shard", shard}, {"reason", OrNull(why)}});
  return ToLine(event);
}

std::string ShardEndedEvent(int shard, const ShardReport& report) {
  Json event = Event("shard_ended");
  event.update({{"shard", shard},
                {"exit_code", ExitCodeOf(report.outcome)},
                {"already_complete", report.outcome == Outcome::kAlreadyComplete},
                {"message", OrNull(report.message)}});
  return ToLine(event);
}

std::string StoppingEvent() {
  return ToLine(Event("stopping"));
}

}  // namespace reprocess
