#include "store/line_sets.h"

#include <utility>

#include <fmt/format.h>

#include "base/hex_digit.h"
#include "decode/gzipped.h"

namespace reprocess {
namespace {

constexpr std::size_t kBytesAPart = 1 << 20;
constexpr std::size_t kPartsAPage = 4;

Result<void> PutOne(Session& session, const std::string& job_id, std::size_t position,
                    std::string_view bytes) {
  for (int part = 0; part == 0 || !bytes.empty(); ++part) {
    const std::string_view piece = bytes.substr(0, kBytesAPart);
    bytes.remove_prefix(piece.size());
    TRY_OK(
        session.Execute("INSERT INTO reprocessing_line_sets (job_id, list_position, part, bits) "
                        "VALUES (:job, :position, :part, :bits)",
                        {{"job", job_id},
                         {"position", position},
                         {"part", part},
                         {"bits", Bytes{Gzipped(piece)}}}));
  }
  return {};
}

}  // namespace

Result<void> PutLineSets(Session& session, const Schema& schema, const std::string& job_id,
                         const PlannedFiles& files) {
  for (std::size_t at = 0; at < files.size(); ++at) {
    if (!files.HasLineSet(at)) continue;
    if (!schema.Has("line_sets")) {
      return std::unexpected(NoTables(
          "store which lines are sent: reprocessing_line_sets is missing and cannot be made"));
    }
    const PlannedFile file = files[at];
    TRY_OK(PutOne(session, job_id, at, file.item.line_set.bytes()));
  }
  return {};
}

Result<std::map<int, LineSet>> GetLineSets(Session& session, const Schema& schema,
                                           const std::string& job_id, std::optional<int> position) {
  std::map<int, LineSet> sets;
  if (!schema.Has("line_sets")) return sets;
  // A worker, which asks for one, holds no more than a part of it twice.
  const std::size_t limit = position ? 1 : kPartsAPage;
  const std::string page = fmt::format(
      "SELECT list_position, part, {}, "
      "(SELECT max(part) FROM reprocessing_line_sets AS parts "
      "WHERE parts.job_id = sets.job_id AND parts.list_position = sets.list_position) "
      "FROM reprocessing_line_sets AS sets WHERE job_id = :job "
      "AND (list_position, part) > (:position, :part) {} "
      "ORDER BY list_position, part LIMIT {}",
      fmt::format(fmt::runtime(session.dialect().hex), "bits"),
      position ? "AND list_position = :position" : "", limit);
  std::int64_t at = position.value_or(-1), part = -1;
  std::string bytes;  // of the file at `at`
  const auto end = [&] {
    if (!bytes.empty()) sets.emplace(at, LineSet(LineBits(std::exchange(bytes, {}))));
  };
  for (;;) {
    TRY(const auto rows,
        session.Select(page, 4, {{"job", job_id}, {"position", at}, {"part", part}}));
    for (const Row& row : rows) {
      if (row.Number(0) != at) end();
      at = row.Number(0);
      part = row.Number(1);
      if (part == 0 && row.Number(3) > 0) {
        bytes.reserve(static_cast<std::size_t>(row.Number(3) + 1) * kBytesAPart);
      }
      const auto piece = Gunzipped(FromHex(row.Text(2)), kBytesAPart);
      if (!piece) {
        return Fatal(fmt::format("read which lines of file {} are sent: part {} is no gzip member",
                                 at, part),
                     job_id, "its rows were changed: plan the job again", Code::kConflict);
      }
      bytes += *piece;
    }
    if (rows.size() < limit) break;
  }
  end();
  return sets;
}

void AddLineSet(const std::map<int, LineSet>& sets, FileRow& file) {
  if (const auto set = sets.find(file.list_position); set != sets.end()) {
    file.line_set = set->second;
  }
}

Result<void> AddLineSets(const std::string& job_id, Queries& queries, std::vector<FileRow>& files) {
  TRY(const auto sets, queries.LineSets(job_id));
  for (FileRow& file : files) AddLineSet(sets, file);
  return {};
}

}  // namespace reprocess
