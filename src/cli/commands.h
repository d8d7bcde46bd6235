// The commands, in the order of the help text.
#pragma once

#include "cli/command.h"

namespace reprocess {

extern const Command kRunCommand, kPlanCommand, kInspectCommand, kStatusCommand, kErrorsCommand,
    kResetCommand, kVerifyCommand, kRetryCommand, kLogsCommand, kSetCommand, kPauseCommand,
    kResumeCommand, kSchemaCommand, kCompletionCommand;

inline constexpr const Command* kCommands[] = {
    &kRunCommand,   &kPlanCommand,   &kInspectCommand, &kStatusCommand,    &kErrorsCommand,
    &kResetCommand, &kVerifyCommand, &kRetryCommand,   &kLogsCommand,      &kSetCommand,
    &kPauseCommand, &kResumeCommand, &kSchemaCommand,  &kCompletionCommand};

}  // namespace reprocess
