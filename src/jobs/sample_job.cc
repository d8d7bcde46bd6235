#include "jobs/sample_job.h"

#include "config/repository.h"

namespace reprocess {

Result<PlanSample> SampleJob(const PlannedJob& job, const Settings& settings,
                             const std::string& repository_url, const std::string& repository_token,
                             const World& world, const std::stop_token& stop) {
  TRY(const auto streams, FetchAnyRepository(repository_url, repository_token, stop));
  const auto storage = world.make_storage(settings, {}, {});
  return SamplePlan(job.plan.files, job.config, streams ? &*streams : nullptr, settings, *storage,
                    stop);
}

}  // namespace reprocess
