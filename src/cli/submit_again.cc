#include "cli/submit_again.h"

#include <utility>

#include "cli/cluster_option.h"
#include "cli/database_option.h"
#include "config/surroundings.h"
#include "jobs/submit_job.h"

namespace reprocess {

Result<void> SubmitAgain(const Submission& before, const Given& given, const Program& program) {
  TRY(ClusterAccess access, ClusterOf(given, program.environment));
  TRY(const std::string url, DatabaseUrlOf(given.Text(option::kDatabase), program.environment));
  TRY(const auto database, OpenDatabase(url, given, program, Database::Use::kChange));
  const Environment environment =
      Overlay(WithAdminsNames(program.environment), {{"DATABASE_URL", url}});
  return GiveToKubernetes({before, UserOf(program.environment), {}}, std::move(access), environment,
                          *database, program.stop_on_signals());
}

}  // namespace reprocess
