// The commands, in the order of the help text.
#pragma once

#include "cli/command.h"

namespace reprocess {

extern const Command kRunCommand;
extern const Command kPlanCommand;
extern const Command kSubmitCommand;
extern const Command kInspectCommand;
extern const Command kStatusCommand;
extern const Command kErrorsCommand;
extern const Command kReportCommand;
extern const Command kResetCommand;
extern const Command kVerifyCommand;
extern const Command kRetryCommand;
extern const Command kWatchCommand;
extern const Command kLogsCommand;
extern const Command kSetCommand;
extern const Command kPauseCommand;
extern const Command kResumeCommand;
extern const Command kScaleCommand;
extern const Command kReleaseCommand;
extern const Command kCancelCommand;
extern const Command kServeCommand;
extern const Command kSchemaCommand;
extern const Command kCompletionCommand;

inline constexpr const Command* kCommands[] = {
    &kRunCommand,        &kPlanCommand,    &kSubmitCommand, &kInspectCommand, &kStatusCommand,
    &kErrorsCommand,     &kReportCommand,  &kResetCommand,  &kVerifyCommand,  &kRetryCommand,
    &kWatchCommand,      &kLogsCommand,    &kSetCommand,    &kPauseCommand,   &kResumeCommand,
    &kScaleCommand,      &kReleaseCommand, &kCancelCommand, &kServeCommand,   &kSchemaCommand,
    &kCompletionCommand,
};

}  // namespace reprocess
