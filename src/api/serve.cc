#include "api/serve.h"

#include <memory>

#include <fmt/format.h>

#include "api/context.h"
#include "api/networks.h"
#include "api/routes.h"
#include "base/log.h"
#include "base/patience.h"
#include "jobs/launch_here.h"
#include "jobs/launch_kubernetes.h"
#include "jobs/pod_values.h"
#include "jobs/reach_cluster.h"
#include "storage/make_storage.h"
#include "store/database.h"

namespace reprocess {
namespace {

constexpr Milliseconds kDrain{10'000}, kTroublesEach{5'000};

Result<std::unique_ptr<Database>> OpenPatiently(const ServeOptions& options,
                                                const std::stop_token& stop) {
  const Patience patience{SystemClock(),
                          SystemClock().Now() + options.settings.work.settings.start_timeout, stop,
                          [](const std::string& why) {
                            if (!why.empty())
                              Log(LogLevel::kWarn, "waiting for the database", {{"error", why}});
                          }};
  return Patiently<std::unique_ptr<Database>>(patience, IsTransient, [&] {
    return Database::Open(options.database_url, Database::Use::kWork);
  });
}

// Where somebody has said which cluster. A kubeconfig that lies at home says nothing of this service.
bool NamesCluster(const Environment& environment) {
  return environment("KUBERNETES_CLIENT_CONFIG") || environment("KUBERNETES_SERVICE_HOST") ||
         environment("KUBECONFIG");
}

Result<std::unique_ptr<Launcher>> LauncherOf(const ServeOptions& options, Database& database) {
  const Environment& environment = options.environment;
  const std::string name =
      environment("REPROCESS_LAUNCHER").value_or(NamesCluster(environment) ? "kubernetes" : "here");
  if (name == "here") {
    TRY(std::string folder, StateFolder(environment));
    return LaunchHere({.folder = std::move(folder),
                       .database_url = options.database_url,
                       .environment = environment,
                       .life = LifeOf(options.settings.work.settings)},
                      database, SystemClock());
  }
  if (name != "kubernetes") {
    return Invalid("read REPROCESS_LAUNCHER: expected here or kubernetes, got " + name);
  }
  TRY(ClusterAccess access, ClusterIn(environment));
  TRY(Values file, ReadValuesFile(environment("REPROCESS_VALUES").value_or("")));
  TRY(Values values, WithEnvironmentsValues(std::move(file), environment, options.version));
  return LaunchOnKubernetes({.access = std::move(access),
                             .values = std::move(values),
                             .database_url = options.database_url,
                             .environment = environment,
                             .config = options.settings.work},
                            database);
}

std::string AddressOf(const ServeSettings& settings, int port) {
  const bool any = settings.address == "0.0.0.0" || settings.address == "::";
  const std::string host = any ? "localhost" : settings.address;
  return fmt::format("{}://{}:{}/", settings.tls_certificate.empty() ? "http" : "https",
                     host.contains(':') ? "[" + host + "]" : host, port);
}

std::string InvitationTo(ApiContext& api, int port) {
  const std::string address = AddressOf(api.settings, port);
  const bool laptop = api.identity.open() && !api.settings.no_auth;
  return laptop ? address + "#code=" + api.identity.NewCode() : address;
}

Result<std::unique_ptr<HttpServer>> Listen(ApiContext& api) {
  const ServeSettings& settings = api.settings;
  auto server = Serve(settings.address, settings.port, ServiceOf(api));
  if (!server && server.error().where.empty()) {
    server.error().where = fmt::format("{}:{}", settings.address, settings.port);
    server.error().hint = "choose another with --port or --address";
  }
  return server;
}

}  // namespace

Result<void> RunService(const ServeOptions& options,
                        const std::function<void(const std::string& address)>& listening,
                        const std::stop_token& stop) {
  const EnvironmentConfig& work = options.settings.work;
  TRY(const auto database, OpenPatiently(options, stop));
  TRY(const auto launcher, LauncherOf(options, *database));
  const World world{*database, StorageMakerIn(options.environment), SystemClock()};
  Planner planner(world, *launcher, {work.settings, work.repository});
  Verifications verifications(world, work.kafka, work.settings);
  ApiContext api({world, *launcher, planner, verifications, options.settings, options.version});
  TRY(const auto server, Listen(api));
  Log(LogLevel::kInfo, "serving",
      {{"address", options.settings.address},
       {"port", server->port()},
       {"launcher", launcher->name()}});
  listening(InvitationTo(api, server->port()));
  while (SystemClock().SleepFor(kTroublesEach, stop)) {
    for (const std::string& trouble : launcher->Troubles()) Log(LogLevel::kWarn, trouble);
  }
  Log(LogLevel::kInfo, "stopping: jobs go on");
  server->Drain(kDrain);
  return {};
}

}  // namespace reprocess
