#include "cli/submit_again.h"

#include "cli/cluster_option.h"
#include "cli/database_option.h"
#include "cli/values.h"
#include "cluster/names.h"
#include "cluster/resume.h"

namespace reprocess {

Result<void> GiveToKubernetes(const Submission& before, const Given& given,
                              const Program& program) {
  TRY(ClusterAccess access, ClusterOf(given, program.environment));
  access.name_space = before.name_space;
  TRY(const std::string cluster, ClusterIdOf(access));
  if (cluster != before.cluster) {
    return Fatal("reach the job's cluster: it runs in another one than this", access.server,
                 "choose that one with --context", Code::kConflict);
  }
  TRY(const std::string url, DatabaseUrlOf(given.Text(option::kDatabase), program.environment));
  TRY(const auto database, Database::Open(url, Database::Use::kChange));
  const auto queries = database->NewQueries();
  const auto submissions = database->NewSubmissions();
  const auto api = ConnectTo(std::move(access));
  const Environment admins = WithAdminsNames(program.environment);
  const Environment environment = Overlay(admins, {{"DATABASE_URL", url}});
  return Resume({before, UserOf(program.environment), {}}, environment, *queries,
                *database->NewPlanLists(), {*api, *submissions, cluster},
                program.stop_on_signals());
}

std::string UserOf(const Environment& environment) {
  return environment("USER").value_or("an operator");
}

}  // namespace reprocess
