#include "missing/missing_in_paths.h"

#include "plan/inspection.h"
#include "plan/only_connections.h"

namespace reprocess {
namespace {

Result<void> CheckTopic(const KafkaSettings& kafka) {
  if (kafka.brokers.empty()) {
    return Invalid("find what is missing: no Kafka brokers", {},
                   "give --kafka BROKERS, or set KAFKA_BOOTSTRAP_SERVERS");
  }
  if (!kafka.topic.empty()) return {};
  return Invalid("find what is missing: no topic to look into", {},
                 "give --topic NAME, or set KAFKA_DESTINATIONS_TOPIC");
}

}  // namespace

Result<MissingInPaths> FindMissingInPaths(
    const MissingInPathsRequest& request, Storage& storage,
    const std::function<void(const MissingProgress&)>& progress, const std::stop_token& stop) {
  TRY_OK(CheckTopic(request.kafka));
  MissingInPaths found;
  MissingRequest search{.files = {},
                        .config = request.config,
                        .kafka = request.kafka,
                        .settings = request.settings,
                        .look = request.look};
  TRY(const auto streams, FetchRepository(request.repository, stop));
  search.streams = streams.get();
  TRY_OK(ResolveOnlyConnections(search.config, search.streams));
  TRY(Discovery files,
      DiscoverFor(
          search.config, storage,
          {.paths = request.paths, .version_id = request.version_id, .manifest = request.manifest},
          stop));
  found.ignored = std::move(files.ignored);
  for (const PlannedFile& file : files.files) search.files.push_back(file.item);
  search.compare_connections = found.connections_compared =
      CheckDestinations(streams != nullptr, search.config);
  TRY(found.report, FindMissing(search, storage, progress, stop));
  return found;
}

}  // namespace reprocess
