#include "plan/stored_list.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/hex_digit.h"
#include "base/sha256.h"
#include "config/worker_config.h"
#include "decode/gzipped.h"
#include "model/key.h"
#include "plan/list_text.h"

namespace reprocess {
namespace {

constexpr std::size_t kItemsAPart = 5'000;

// One shard's parts: gzip members of a text that together are a JSON array.
class ShareWriter {
 public:
  explicit ShareWriter(int shard) : shard_(shard) {}

  void Add(std::string_view item) {
    text_ += items_ == 0 ? "[" : ",\n";
    text_ += item;
    if (++items_ % kItemsAPart == 0) EndPart();
  }

  // The share's hash.
  std::string End(std::vector<ListPart>& all) && {
    text_ += items_ == 0 ? "[]" : "]";
    EndPart();
    const std::string hash = Hex(std::move(hasher_).Digest());
    for (ListPart& part : parts_) {
      part.sha256 = hash;
      all.push_back(std::move(part));
    }
    return hash;
  }

 private:
  void EndPart() {
    const std::string member = Gzipped(text_);
    hasher_.Add(member);
    parts_.push_back({shard_, static_cast<int>(parts_.size()), Hex(member), {}});
    text_.clear();
  }

  const int shard_;
  std::size_t items_ = 0;
  std::string text_;
  Sha256Hasher hasher_;
  std::vector<ListPart> parts_;
};

std::string RootOf(const std::vector<std::string>& hashes) {
  std::string all;
  for (const std::string& hash : hashes) all += hash;
  return Hex(Sha256(all));
}

std::unexpected<Error> Differs(const std::string& job_id) {
  return Fatal("read the list: reprocessing_plans has another one than files.json says", job_id,
               "its rows were changed or lost: submit the job again, which stores them anew",
               Code::kConflict);
}

// The share's items, each with its place in the whole list.
Result<std::vector<FileItem>> ItemsOf(const std::string& job_id, int index, const StoredList& list,
                                      PlanLists& lists) {
  TRY(const auto hashes, lists.Hashes(job_id));
  if (hashes.size() != static_cast<std::size_t>(list.shards) || RootOf(hashes) != list.sha256) {
    return Differs(job_id);
  }
  TRY(const auto parts, lists.Share(job_id, index));
  std::string members;
  for (const std::string& part : parts) members += FromHex(part);
  if (Hex(Sha256(members)) != hashes[static_cast<std::size_t>(index)]) return Differs(job_id);
  std::vector<std::string> told;  // what the planner has looked at
  TRY(auto items, ParseFileList(members, "reprocessing_plans", told));
  for (std::size_t k = 0; k < items.size(); ++k) {
    items[k].list_position = index + static_cast<int>(k) * list.shards;
  }
  return items;
}

}  // namespace

Result<StoredList> StoreList(const Plan& plan, const std::string& start_file, PlanLists& lists) {
  std::vector<ShareWriter> shares;
  for (int shard = 0; shard < plan.total_workers; ++shard) shares.emplace_back(shard);
  TextHasher whole;
  StoredList list{plan.total_workers, static_cast<int>(plan.files.size()), 0, {}, {}};
  for (std::size_t at = 0; at < plan.files.size(); ++at) {
    const PlannedFile file = plan.files[at];
    TRY(const std::string item, ListItemOf(file));
    shares[at % shares.size()].Add(item);
    whole.Add(FingerprintText(file.item, static_cast<int>(at)));
  }
  if (!start_file.empty()) {
    std::size_t start = 0;
    while (start < plan.files.size() && plan.files.PathOf(start) != start_file) ++start;
    list.begins_at = static_cast<int>(start);
  }
  std::vector<ListPart> parts;
  std::vector<std::string> hashes;
  for (ShareWriter& share : shares) hashes.push_back(std::move(share).End(parts));
  TRY_OK(lists.Store(plan.job_id, parts));
  list.list = whole.Text();
  list.sha256 = RootOf(hashes);
  return list;
}

Result<Assignment> ReadShare(const std::string& job_id, int index, const StoredList& list,
                             const JobConfig& config, PlanLists& lists) {
  TRY(auto items, ItemsOf(job_id, index, list, lists));
  std::erase_if(items, [&](const FileItem& item) { return item.list_position < list.begins_at; });
  return Assignment{.job_id = job_id,
                    .index = index,
                    .total = list.shards,
                    .files = std::move(items),
                    .limit = ShareOf(config.limit, index, list.shards),
                    .limited = config.limit > 0,
                    .job_files = list.total_files - list.begins_at,
                    .listed_files = list.total_files};
}

}  // namespace reprocess
