#include "plan/inspect.h"

#include "plan/inspection.h"
#include "plan/only_connections.h"
#include "plan/preflight.h"

namespace reprocess {

Result<InspectReport> Inspect(const InspectRequest& request, Storage& storage,
                              const std::function<void(const InspectReport&)>& progress,
                              const std::stop_token& stop) {
  InspectReport report;
  TRY(const auto streams, FetchRepository(request.repository, stop));
  JobConfig config = request.config;
  TRY_OK(ResolveOnlyConnections(config, streams.get()));
  TRY(Discovery found,
      DiscoverFor(
          config, storage,
          {.paths = request.paths, .version_id = request.version_id, .manifest = request.manifest},
          stop));
  report.ignored = std::move(found.ignored);
  report.destinations_checked = CheckDestinations(streams != nullptr, config);
  Inspection inspection({storage, request.settings, request.samples, progress, stop}, config,
                        streams.get(), report);
  for (const auto& file : found.files) {
    if (stop.stop_requested()) {
      report.stopped = true;
      break;
    }
    inspection.Read(file.item);
  }
  if (auto why = FiltersLetNothingPass(report.counters); !why.empty()) {
    report.warnings.push_back(std::move(why));
  }
  return report;
}

}  // namespace reprocess
