#include "store/plan_lists.h"

#include <mutex>

#include "store/columns.h"
#include "store/put_rows.h"

namespace reprocess {

template <MaybeConst<ListPart> P, class Visitor>
void VisitColumns(P& part, Visitor&& visit) {
  visit("shard", part.shard, Role::kKey);
  visit("part", part.part, Role::kKey);
  visit("items", part.items, Role::kOnce);
  visit("sha256", part.sha256, Role::kOnce);
}

namespace {

class PlanListsImpl final : public PlanLists {
 public:
  PlanListsImpl(std::unique_ptr<Session> session, Schema schema)
      : session_(std::move(session)), schema_(std::move(schema)) {}

  Result<void> Store(const std::string& job_id, std::span<const ListPart> parts) override {
    const std::scoped_lock lock(mutex_);
    TRY_OK(Available());
    const PutStatement put{.table = "reprocessing_plans",
                           .of_all = {{"job_id", job_id}},
                           .columns = ColumnsOf<ListPart>(),
                           .more_columns = {},
                           .more_values = {},
                           .on_conflict = "DO NOTHING"};
    return session_->InTransaction([&]() -> Result<void> {
      TRY_OK(session_->Execute("DELETE FROM reprocessing_plans WHERE job_id = :job",
                               {{"job", job_id}}));
      return PutRows(*session_, put, parts.size(),
                     [&](std::size_t i) { return ValuesOf(parts[i]); });
    });
  }

  Result<std::vector<std::string>> Hashes(const std::string& job_id) override {
    return Texts(
        "SELECT sha256 FROM reprocessing_plans WHERE job_id = :job AND part = 0 "
        "ORDER BY shard",
        {{"job", job_id}});
  }

  Result<std::vector<std::string>> Share(const std::string& job_id, int shard) override {
    return Texts(
        "SELECT items FROM reprocessing_plans WHERE job_id = :job AND shard = :shard "
        "ORDER BY part",
        {{"job", job_id}, {"shard", shard}});
  }

 private:
  Result<void> Available() const {
    if (schema_.Has("plans")) return {};
    return std::unexpected(
        NoTables("use reprocessing_plans: the table is missing, and this user may not make it"));
  }

  Result<std::vector<std::string>> Texts(const std::string& sql, std::vector<Arg> args) {
    const std::scoped_lock lock(mutex_);
    TRY_OK(Available());
    TRY(const auto rows, session_->Select(sql, 1, std::move(args)));
    std::vector<std::string> texts;
    for (const Row& row : rows) texts.push_back(Unescape(row.Text(0)));
    return texts;
  }

  std::mutex mutex_;
  std::unique_ptr<Session> session_;
  const Schema schema_;
};

}  // namespace

std::unique_ptr<PlanLists> MakePlanLists(std::unique_ptr<Session> session, Schema schema) {
  return std::make_unique<PlanListsImpl>(std::move(session), std::move(schema));
}

}  // namespace reprocess
