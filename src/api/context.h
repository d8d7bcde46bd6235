// What calls work on, made once when the service starts.
#pragma once

#include <string>

#include "api/events.h"
#include "api/guard.h"
#include "api/identity.h"
#include "api/log_streams.h"
#include "api/pool.h"
#include "api/readiness.h"
#include "api/running.h"
#include "api/settings.h"
#include "jobs/launcher.h"
#include "jobs/planner.h"
#include "jobs/standing.h"
#include "jobs/verifications.h"
#include "store/queries.h"
#include "store/service_store.h"
#include "worker/run_shard.h"

namespace reprocess {

// All are borrowed.
struct ApiWorld {
  const World& world;
  Launcher& launcher;
  Planner& planner;
  Verifications& verifications;
  const ServeSettings& settings;
  std::string version;
};

struct ApiContext : ApiWorld {
  explicit ApiContext(const ApiWorld& given)
      : ApiWorld(given),
        queries([this] { return world.database.NewQueries(); }),
        stores([this] { return world.database.NewServiceStore(); }),
        identity(settings, world.clock, stores),
        guard(settings, identity, stores),
        readiness(queries, launcher, world.clock),
        logs(launcher),
        events(queries, stores, logs, world.clock, life()) {}
  ApiContext(const ApiContext&) = delete;

  Milliseconds life() const { return LifeOf(settings.work.settings); }

  Pool<Queries> queries;
  Pool<ServiceStore> stores;
  Identity identity;
  Guard guard;
  Readiness readiness;
  LogStreams logs;
  Events events;
  Running running;  // starts by the admin service's POST
};

}  // namespace reprocess
