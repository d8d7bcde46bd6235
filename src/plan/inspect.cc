#include "plan/inspect.h"

#include "config/repository.h"
#include "plan/inspection.h"
#include "plan/only_connections.h"
#include "plan/plan_config.h"
#include "plan/preflight.h"

namespace reprocess {

Result<InspectReport> Inspect(const InspectRequest& request, Storage& storage,
                              const std::function<void(const InspectReport&)>& progress,
                              const std::stop_token& stop) {
  InspectReport report;
  TRY(const std::string given, ResolveOnlyConnections(request.given, request.repository_url,
                                                      request.repository_auth_token, stop));
  TRY(JobConfig config, ConfigOfPlan(given, "options", report.warnings));
  TRY(Discovery found,
      DiscoverFor(
          config, storage,
          {.paths = request.paths, .version_id = request.version_id, .manifest = request.manifest},
          stop));
  report.ignored = std::move(found.ignored);
  TRY(const auto streams,
      FetchAnyRepository(request.repository_url, request.repository_auth_token, stop));
  report.destinations_checked = CheckDestinations(streams.has_value(), config);
  Inspection inspection({storage, request.settings, request.samples, progress, stop}, config,
                        streams ? &*streams : nullptr, report);
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
