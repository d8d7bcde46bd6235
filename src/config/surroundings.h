// What of a process's environment is looked at in more than one place.
#pragma once

#include <map>
#include <string>

#include "base/environment.h"
#include "base/result.h"

namespace reprocess {

// Options take their variables' place, so that one set of checks sees both: `options` by the name of
// the variable; empty ones are not given.
Environment Overlay(Environment environment, std::map<std::string, std::string> options);

// The admin service's names stand for ours: ADMIN_X is X, and wins.
Environment WithAdminsNames(Environment environment);

// Where programs of this user keep what they must find again: reprocess/ in $XDG_STATE_HOME, else in
// ~/.local/state. `hint`: what else could be said where neither is set.
Result<std::string> UsersStateFolder(const Environment& environment, std::string hint);

}  // namespace reprocess
