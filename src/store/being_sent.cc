#include "store/being_sent.h"

#include <fmt/format.h>

#include "store/text.h"

namespace reprocess {

Result<std::vector<PlanOverlap>> SelectBeingSent(Session& session, const std::string& job_id) {
  // Parts that are not a file's beginning were cut because of what others have sent; but what a topic
  // lacks is sent by one job alone.
  constexpr std::string_view kBegins =
      "((COALESCE({0}.item_offset, 0) = 0 AND {0}.item_ranges IS NULL) OR EXISTS (SELECT 1 FROM "
      "reprocessing_jobs m WHERE m.id IN (a.job_id, b.job_id) "
      "AND CAST(m.config AS TEXT) LIKE '%\"only_missing\"%'))";
  std::vector<PlanOverlap> overlaps;
  TRY(const auto rows,
      session.Select(
          fmt::format("SELECT j.id, CAST(j.config AS TEXT), o.files, o.path FROM "
                      "(SELECT b.job_id, COUNT(*) AS files, MIN(b.path) AS path "
                      "FROM reprocessing_files a JOIN reprocessing_files b ON b.path = a.path "
                      "WHERE a.job_id = :job AND b.job_id <> :job AND {} AND {} "
                      "AND b.job_id IN (SELECT r.id FROM reprocessing_jobs r "
                      "WHERE r.status = 'running' OR (r.status = 'pending' "
                      "AND r.started_at IS NOT NULL)) GROUP BY b.job_id) o "
                      "JOIN reprocessing_jobs j ON j.id = o.job_id ORDER BY j.id",
                      fmt::format(fmt::runtime(kBegins), "a"),
                      fmt::format(fmt::runtime(kBegins), "b")),
          4, {{"job", job_id}}));
  for (const Row& row : rows) {
    overlaps.push_back({row.Text(0), row.Text(1), row.Count(2), Unescape(row.Text(3))});
  }
  return overlaps;
}

}  // namespace reprocess
