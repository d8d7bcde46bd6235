#include "jobs/keep_cluster.h"

#include <utility>

#include "jobs/reach_cluster.h"

namespace reprocess {
namespace {

constexpr Milliseconds kLogsWithin{5'000};
constexpr std::size_t kMostRemembered = 1'000;

}  // namespace

ClusterKeeping::ClusterKeeping(Database& database, ClusterAccess access, std::string cluster,
                               KafkaSettings kafka, const Settings& settings,
                               std::function<void(const std::string&)> tell)
    : tell_(std::move(tell)),
      api_(ConnectTo(access)),
      logs_(ConnectTo(std::move(access), kLogsWithin)),
      queries_(database.NewQueries()),
      submissions_(database.NewSubmissions()),
      store_(database.NewClusterStore()),
      workers_(database.NewWorkerStore()),
      settler_(MakeShardSettler(std::move(kafka), settings, *workers_, *workers_)),
      world_{*api_,   *logs_,    std::move(cluster), *queries_,    *submissions_,
             *store_, *workers_, *settler_,          SystemClock()},
      thread_([this](const std::stop_token& stop) {
        KeepJobs(world_, [this](const Error& error) { Tell(error); }, stop);
      }) {}

ClusterKeeping::~ClusterKeeping() {
  thread_.request_stop();
}

void ClusterKeeping::Tell(const Error& error) {
  const std::string text = error.ToString();
  const std::scoped_lock lock(mutex_);
  if (told_.size() >= kMostRemembered) told_.clear();
  if (told_.insert(text).second) tell_(text);
}

}  // namespace reprocess
