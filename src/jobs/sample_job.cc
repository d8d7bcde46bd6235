#include "jobs/sample_job.h"

#include "config/repository.h"

namespace reprocess {

Result<PlanSample> SampleJob(const PlannedJob& job, const Settings& settings,
                             const RepositoryAccess& repository, const World& world,
                             const std::stop_token& stop) {
  TRY(const auto streams, FetchRepository(repository, stop));
  const auto storage = world.make_storage(settings, {}, {});
  return SamplePlan(job.plan.files, job.config, streams.get(), settings, *storage, stop);
}

}  // namespace reprocess
