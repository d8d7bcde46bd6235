// Jobs as processes of this machine: each a `reprocess run --job JOB` of its own session, which goes on
// when we end and is found again by whoever is started after us.
//
//   folder     <folder>/JOB.lock   held by the process: locked means alive on this host
//              <folder>/JOB.job    that we have started it, for whom, and how often since it moved
//              <folder>/JOB.log    what it wrote, at most 16 MiB, and JOB.log.1 before that;
//                                 removed, with its lock, 30 days after its last line
//   child      gets the worker's settings and what a program needs of its surroundings, none of our
//              secrets; no descriptor but its lock
//   restart    where its process has ended and work is left: at most five times, ever later, without
//              having come further. Then the job's row says why
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/environment.h"
#include "jobs/launcher.h"
#include "store/database.h"

namespace reprocess {

struct HereOptions {
  std::string folder;        // made where it is missing, for us alone
  std::string database_url;  // that the processes open too
  Environment environment;   // where the worker's settings come from
  Milliseconds life{6'000};  // how long a live worker may be silent (jobs/standing.h)
  std::string program = "/proc/self/exe";
};

// REPROCESS_STATE_DIR, else reprocess/ in $XDG_STATE_HOME, else ~/.local/state/reprocess.
Result<std::string> StateFolder(const Environment& environment);

// `database` and `clock` are borrowed.
Result<std::unique_ptr<Launcher>> LaunchHere(HereOptions options, Database& database, Clock& clock);

}  // namespace reprocess
