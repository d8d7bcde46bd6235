#include "cli/commands/reset.h"

#include <climits>

#include <fmt/format.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/database_option.h"
#include "cli/numbers.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/silence.h"
#include "cli/status_view.h"
#include "cli/values.h"
#include "views/reset.h"

namespace reprocess {
namespace {

constexpr Option kShard{option::kHow, "--shard", "N", "only this shard"};
constexpr Option kOptions[] = {
    kShard,           option::kYes, option::kJobsKafka, option::kJobsTopic, option::kDatabase,
    option::kJsonSure};
constexpr Example kExamples[] = {
    {"Start a whole job over", "reprocess reset job-7"},
    {"One shard, from a script", "reprocess reset job-7 --shard 3 --yes"}};

Result<ExitCode> Reset(const Given& given, const Program& program) {
  TRY(ResetRequest request, ResetRequestOf(given, program.environment));
  const Console& console = program.console;
  const bool json = given.Has(option::kJson);
  TRY(const auto queries, OpenQueries(given, program, Database::Use::kChange));
  Silence silence(console);
  request.step = [&](ResetStep step) {
    silence.Begin(step == ResetStep::kKafka ? KafkaInWords(given, request.kafka)
                                            : "a sign of life of the shards' workers");
  };
  TRY(const ResetPlan plan, PlanReset(request, *queries, SystemClock(), {}));
  silence.End();
  if (!json) Print(console.out, ResetText(plan, program.Out()));
  if (!given.Has(option::kYes) && !Confirmed(console)) {
    return Fatal("reset: not confirmed, nothing was changed", {}, "answer yes, or add --yes");
  }
  TRY_OK(CarryOutReset(request, plan, *queries, {}));
  silence.End();
  Print(console.out,
        json ? ResetJson(plan) : fmt::format("reset {}\n", Plural(plan.shards.size(), "shard")));
  return ExitCode::kCompleted;
}

}  // namespace

Result<ResetRequest> ResetRequestOf(const Given& given, const Environment& environment) {
  TRY(EnvironmentConfig config, LoadWithJobsKafka(given, environment));
  TRY_OK(CheckJsonIsSure(given));
  ResetRequest request;
  request.job_id = given.arguments.front();
  if (!given.Text(kShard).empty()) {
    TRY(const auto shard, CountOf(kShard.name, given.Text(kShard), 0, INT_MAX, 0));
    request.shard = static_cast<int>(shard);
  }
  request.kafka = std::move(config.kafka);
  request.settings = config.settings;
  return request;
}

constinit const Command kResetCommand = {
    "reset",
    "JOB",
    "make a job's shards start over: what was sent is sent again",
    "Shows each shard's checkpoint and how many messages would be sent again, and asks. Refused "
    "while\na worker of the shard is alive.",
    kOptions,
    kExamples,
    Reset};

}  // namespace reprocess
