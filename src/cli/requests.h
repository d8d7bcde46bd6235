// The rules of the command line: from arguments and environment to a use case's request. Pure, but
// for the folder of the default database.
//
//   precedence  an option wins over its environment variable
//   errors      name option, value and what is expected
#pragma once

#include <array>
#include <string>

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/next_steps.h"
#include "config/worker_config.h"
#include "jobs/controls.h"
#include "jobs/raw_lines.h"
#include "jobs/reset.h"
#include "jobs/run_here.h"
#include "plan/inspect.h"
#include "verify/verify.h"

namespace reprocess {

struct RunCommand {
  RunRequest request;
  std::string database_url;
  LogLevel log_level = LogLevel::kError;  // LOG_LEVEL when set; display and report tell the rest
  LogFormat log_format = LogFormat::kText;
  bool log_asked = false;  // LOG_LEVEL is set, or LOG_FORMAT=json
  std::vector<std::string> warnings;
  JobOptions options;                    // that later commands about the job need
  std::array<std::string, 4> waits_for;  // by Step
};

Result<RunCommand> RunRequestOf(const RunArguments& arguments, const Environment& environment);
Result<RunCommand> RetryRequestOf(const RetryArguments& arguments, const Environment& environment);
Result<InspectRequest> InspectRequestOf(const InspectArguments& arguments,
                                        const Environment& environment);
Result<ResetRequest> ResetRequestOf(const ResetArguments& arguments,
                                    const Environment& environment);

Result<ControlsRequest> SetRequestOf(const SetArguments& arguments);
Result<ControlsRequest> HoldRequestOf(const HoldArguments& arguments, bool paused);
Result<VerifyRequest> VerifyRequestOf(const VerifyArguments& arguments,
                                      const Environment& environment);

struct StatusRequest {
  Milliseconds life{0};  // jobs/standing.h
  JobOptions options;
};
Result<StatusRequest> StatusRequestOf(const StatusArguments& arguments,
                                      const Environment& environment);

// --database, else DATABASE_URL, else SQLite in $XDG_STATE_HOME or ~/.local/state.
Result<std::string> DatabaseUrlOf(const std::string& option, const Environment& environment);

// `reprocess errors --reason`.
Result<std::optional<Reason>> ReasonArgument(const std::string& name);

// `reprocess errors --raw`.
Result<RawLinesRequest> RawLinesRequestOf(const ErrorsArguments& arguments,
                                          const Environment& environment);

// A limit's number, for the option or key `name`: "2000", or "2k", "3M", "1G" for powers of 1,000.
Result<std::uint64_t> AmountOf(std::string_view name, const std::string& text);

// A whole number from `least`; `fallback` when the text is empty.
Result<std::uint64_t> CountOf(std::string_view option, const std::string& text, std::uint64_t least,
                              std::uint64_t most, std::uint64_t fallback);

}  // namespace reprocess
