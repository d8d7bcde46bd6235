// The database that a command is about.
#pragma once

#include <memory>
#include <string>

#include "base/environment.h"
#include "cli/command.h"
#include "store/database.h"

namespace reprocess {

// --database, else DATABASE_URL, else SQLite in $XDG_STATE_HOME or ~/.local/state.
Result<std::string> DatabaseUrlOf(const std::string& option, const Environment& environment);

Result<std::unique_ptr<Queries>> OpenQueries(const Given& given, const Environment& environment,
                                             Database::Use use);

}  // namespace reprocess
