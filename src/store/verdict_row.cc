#include "store/verdict_row.h"

#include <fmt/format.h>

#include "store/control_row.h"

namespace reprocess {

Result<std::optional<VerifyResult>> SelectVerify(Session& session, const Schema& schema,
                                                 const std::string& job_id) {
  if (!schema.Has("verdicts")) return std::nullopt;
  const auto& columns = ColumnsOf<VerifyResult>();
  TRY(const auto rows,
      session.Select(fmt::format("SELECT {} FROM reprocessing_verdicts WHERE job_id = :job",
                                 NamesWithTimes(session, columns)),
                     columns.size(), {{"job", job_id}}));
  return rows.empty() ? std::nullopt : std::optional(ReadRow<VerifyResult>(rows.front()));
}

Result<void> PutVerify(Session& session, const Schema& schema, const std::string& job_id,
                       const VerifyResult& verdict) {
  if (!schema.Has("verdicts")) return {};
  std::vector<Arg> args = ArgsOf(verdict, Role::kReplaced);
  std::string names, values;
  for (const Arg& arg : args) {
    names += ", " + arg.name;
    values += ", :" + arg.name;
  }
  args.emplace_back("job", job_id);
  TRY_OK(session.Execute(
      fmt::format("INSERT INTO reprocessing_verdicts (job_id, verified_at{}) VALUES (:job, {}{}) "
                  "ON CONFLICT (job_id) DO UPDATE SET verified_at = excluded.verified_at, {}",
                  names, session.dialect().now, values, ReplacedOf(ColumnsOf<VerifyResult>())),
      args));
  return {};
}

}  // namespace reprocess
