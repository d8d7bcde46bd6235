#include "plan/already_replayed.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/base_name.h"
#include "decode/prefix.h"
#include "plan/plan_config.h"

namespace reprocess {
namespace {

// What is found out about one file from the rows of its name.
class Comparison {
 public:
  Comparison(Queries& queries, Storage& storage, const PlannedFile& file,
             const std::stop_token& stop)
      : queries_(queries), storage_(storage), file_(file), stop_(stop) {}

  // `rows` by place, the last one first.
  Result<std::optional<SeenFile>> With(const std::vector<const ReplayedFile*>& rows) {
    doubt_.reset();
    for (const ReplayedFile* row : rows) {
      const bool ours = row->key_path == file_.item.path;
      if (ours && (row->state == FileState::kReading || SameVersion(*row))) {
        return Of(*row, row->state == FileState::kDone ? Seen::kSame : Seen::kGrown, row->place);
      }
      if (!row->hash || !row->to_end) {
        Remember(Seen::kUnknown, *row);
        continue;
      }
      TRY(const auto prefix, PrefixUpTo(row->place));
      if (prefix && prefix->bytes == row->place && prefix->hash == *row->hash) {
        // A row further on that no hash vouches for may have sent what is new here.
        const bool doubtful = doubt_ && doubt_->key_path == row->key_path;
        if (!prefix->more || doubtful) return Of(*row, Seen::kSame, row->place);
        TRY(const std::uint64_t from, NewFrom(*row, *prefix));
        return Of(*row, Seen::kGrown, from);
      }
      if (ours) Remember(prefix ? Seen::kOther : Seen::kUnknown, *row);
    }
    return doubt_;
  }

 private:
  bool SameVersion(const ReplayedFile& row) const {
    return !row.version_tag.empty() && row.version_tag == file_.version_tag;
  }
  static SeenFile Of(const ReplayedFile& row, Seen seen, std::uint64_t from) {
    return {0, row.unfinished ? Seen::kUnfinished : seen, row.job_id, {}, row.key_path, from};
  }
  void Remember(Seen seen, const ReplayedFile& row) {
    if (!doubt_) doubt_ = SeenFile{0, seen, row.job_id, {}, row.key_path, 0};
  }

  // nullopt: it cannot be read so far.
  Result<std::optional<Prefix>> PrefixUpTo(std::uint64_t bytes) {
    if (prefix_ && prefix_->bytes == bytes) return prefix_;
    const auto open = [&](std::uint64_t offset) {
      return storage_.Open(file_.item, offset, {}, stop_);
    };
    auto read = ReadPrefix(open, bytes, stop_);
    if (!read && read.error().code == Code::kStopped) return std::unexpected(read.error());
    prefix_ = read ? std::optional(*std::move(read)) : std::nullopt;
    return prefix_;
  }

  // A last line that was not whole yet and so no JSON has grown into another one.
  Result<std::uint64_t> NewFrom(const ReplayedFile& row, const Prefix& prefix) {
    if (prefix.last_line == row.place) return row.place;
    TRY(const auto errors, queries_.ErrorRanges(row.job_id, row.list_position));
    const bool error = std::ranges::any_of(errors, [&](const ErrorRange& range) {
      return !range.approximate && range.end == row.place;
    });
    return error ? prefix.last_line : row.place;
  }

  Queries& queries_;
  Storage& storage_;
  const PlannedFile& file_;
  const std::stop_token& stop_;
  std::optional<Prefix> prefix_;
  std::optional<SeenFile> doubt_;
};

// Each once.
std::vector<std::string_view> Sorted(std::vector<std::string_view> names) {
  std::ranges::sort(names);
  const auto again = std::ranges::unique(names);
  names.erase(again.begin(), again.end());
  return names;
}

// Empty where it does not say, or is no longer there: its rows may have outlived it.
Result<std::string> TopicOf(Queries& queries, const std::string& job_id) {
  const auto job = queries.Job(job_id);
  if (!job && job.error().code != Code::kNotFound) return std::unexpected(job.error());
  const auto target = job ? ReadPlanConfig(job->config).destination : std::nullopt;
  return target ? target->topic : std::string();
}

}  // namespace

std::vector<std::string_view> NamesOf(const PlannedFiles& files) {
  std::vector<std::string_view> names;
  names.reserve(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) names.push_back(files.NameOf(i));
  return Sorted(std::move(names));
}

Result<std::vector<SeenFile>> FindReplayed(Queries& queries, Storage& storage,
                                           const PlannedFiles& files, const std::string& job_id,
                                           const std::string& topic, const std::stop_token& stop) {
  TRY(auto replayed, queries.Replayed(NamesOf(files), job_id));
  std::ranges::stable_sort(replayed, std::greater(), &ReplayedFile::place);
  std::multimap<std::string_view, const ReplayedFile*> by_name;
  std::map<std::string, std::string> topics;  // by job
  for (const ReplayedFile& row : replayed) {
    for (const std::string_view name : std::set{BaseName(row.path), BaseName(row.key_path)}) {
      by_name.emplace(name, &row);
    }
    if (const auto [at, first] = topics.try_emplace(row.job_id); first) {
      TRY(at->second, TopicOf(queries, row.job_id));
    }
  }
  std::vector<SeenFile> seen;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::vector<const ReplayedFile*> here, elsewhere;
    const auto [first, last] = by_name.equal_range(files.NameOf(i));
    for (auto at = first; at != last; ++at) {
      const std::string& into = topics[at->second->job_id];
      (into.empty() || into == topic ? here : elsewhere).push_back(at->second);
    }
    if (here.empty() && elsewhere.empty()) continue;
    const PlannedFile file = files[i];
    Comparison comparison(queries, storage, file, stop);
    TRY(auto found, comparison.With(here));
    if (!found) {
      TRY(found, comparison.With(elsewhere));
    }
    if (!found) continue;
    found->file = i;
    found->topic = topics[found->job_id];
    seen.push_back(*std::move(found));
  }
  return seen;
}

Result<std::string> AlreadyReplayed(Queries& queries, std::vector<std::string_view> paths,
                                    const std::string& job_id) {
  const std::vector<std::string_view> wanted = Sorted(std::move(paths));
  std::vector<std::string_view> names;
  names.reserve(wanted.size());
  for (const std::string_view path : wanted) names.push_back(BaseName(path));
  TRY(const auto replayed, queries.Replayed(Sorted(std::move(names)), job_id));
  std::set<std::string> again, jobs;
  for (const ReplayedFile& file : replayed) {
    if (!std::ranges::binary_search(wanted, std::string_view(file.key_path))) continue;
    again.insert(file.key_path);
    jobs.insert(file.job_id);
  }
  if (again.empty()) return std::string();
  const std::string others = jobs.size() > 1 ? fmt::format(" and {} more", jobs.size() - 1) : "";
  return fmt::format("{} of {} files {} already replayed into Kafka, by job {}{}; the first is {}",
                     again.size(), wanted.size(), again.size() == 1 ? "was" : "were", *jobs.begin(),
                     others, *again.begin());
}

}  // namespace reprocess
