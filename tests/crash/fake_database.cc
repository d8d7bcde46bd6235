#include "crash/fake_database.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace reprocess::test {
namespace {

std::unexpected<Error> Fenced() {
  return std::unexpected(Error{.remedy = Remedy::kFenced,
                               .what = "write: a newer owner has this shard",
                               .code = Code::kConflict});
}

std::string TextOf(const Counters& counters) {
  return fmt::format("{} lines {} bytes {} sent {} [{}]", counters.lines, counters.bytes,
                     counters.success, counters.error_bytes, fmt::join(counters.by_reason, ","));
}

}  // namespace

std::int64_t FakeDatabase::NowMs() const {
  return std::chrono::duration_cast<Milliseconds>(clock_.Now().time_since_epoch()).count();
}

Result<void> FakeDatabase::Reach() const {
  if (clock_.Now() >= away_until) return {};
  return std::unexpected(Error{.remedy = Remedy::kWait, .what = "connect: the database is away"});
}

Result<void> FakeDatabase::AsOwner(const ShardRef& shard, const Owner& owner) const {
  TRY_OK(Reach());
  const auto row = shards.find(shard.index);
  if (row != shards.end() && row->second.owner.generation > owner.generation) return Fenced();
  return {};
}

std::string FakeDatabase::Dump() const {
  std::string text;
  const auto out = std::back_inserter(text);
  for (const auto& [shard, row] : shards) {
    fmt::format_to(out, "shard {} {} {} {} {} ends {}\n", shard, NameOf(row.mode), row.owner.id,
                   row.owner.generation, row.checkpoint, row.end_offsets.size());
  }
  for (const auto& [at, file] : files) {
    fmt::format_to(out, "file {} {} {} at {} {}\n", at, file.row.path, NameOf(file.row.state),
                   file.row.place.byte, TextOf(file.row.counters));
  }
  for (const auto& [key, row] : errors) {
    fmt::format_to(out, "error {} [{}, {}) {} lines {}-{} {}\n", row.list_position, row.first_byte,
                   row.end_byte, row.count, row.first_line, row.last_line, NameOf(row.reason));
  }
  for (const auto& [index, worker] : workers) {
    fmt::format_to(out, "worker {} generation {} {}\n", index, worker.generation,
                   TextOf(worker.row.counters));
  }
  return text;
}

Result<std::optional<ShardRow>> FakeDatabase::Find(const ShardRef& shard) {
  TRY_OK(Reach());
  const auto found = shards.find(shard.index);
  if (found == shards.end()) return std::nullopt;
  ShardRow& row = found->second;
  if (clock_.Now() < owner_alive_until) row.heartbeat_ms = NowMs();
  row.heartbeat_age = Milliseconds(NowMs() - row.heartbeat_ms);
  return row;
}

Result<void> FakeDatabase::Claim(const ShardRef& shard, Mode mode, const Owner& owner,
                                 const std::string& checkpoint,
                                 const std::vector<std::int64_t>& start_offsets) {
  TRY_OK(Reach());
  const auto [found, inserted] = shards.try_emplace(shard.index);
  ShardRow& row = found->second;
  const bool ours = row.owner.id == owner.id && row.owner.generation == owner.generation;
  if (!inserted && row.owner.generation >= owner.generation && !ours) return Fenced();
  row.mode = mode;
  row.owner = owner;
  row.checkpoint = checkpoint;
  row.heartbeat_ms = NowMs();
  if (row.start_offsets.empty()) row.start_offsets = start_offsets;
  row.end_offsets.clear();
  const auto& known = claimed_[owner.id].start_offsets;
  ShardRow claim = row;
  claim.start_offsets = known.empty() ? start_offsets : known;
  claimed_[owner.id] = std::move(claim);
  return {};
}

Result<ShardRow*> FakeDatabase::Owned(const ShardRef& shard, const Owner& owner) {
  TRY_OK(Reach());
  const auto owns = [&](const ShardRow& row) {
    return row.owner.id == owner.id && row.owner.generation == owner.generation;
  };
  const auto found = shards.find(shard.index);
  if (found != shards.end() && owns(found->second)) return &found->second;
  const ShardRow claim = claimed_[owner.id];
  if (!owns(claim)) return Fenced();
  TRY_OK(Claim(shard, claim.mode, claim.owner, claim.checkpoint, claim.start_offsets));
  return &shards.at(shard.index);
}

Result<void> FakeDatabase::StoreCheckpoint(const ShardRef& shard, const Owner& owner,
                                           const std::string& checkpoint) {
  TRY(ShardRow* const row, Owned(shard, owner));
  row->checkpoint = checkpoint;
  row->heartbeat_ms = NowMs();
  claimed_[owner.id].checkpoint = checkpoint;
  return {};
}

Result<void> FakeDatabase::Heartbeat(const ShardRef& shard, const Owner& owner) {
  TRY(ShardRow* const row, Owned(shard, owner));
  row->heartbeat_ms = NowMs();
  return {};
}

Result<void> FakeDatabase::StoreEnd(const ShardRef& shard, const Owner& owner,
                                    const std::vector<std::int64_t>& end_offsets) {
  TRY(ShardRow* const row, Owned(shard, owner));
  row->end_offsets = end_offsets;
  return {};
}

Result<void> FakeDatabase::Available() const {
  return has_tables ? Result<void>{} : Fatal("no tables");
}

Result<std::map<int, std::string>> FakeDatabase::Checkpoints(const std::string&) {
  TRY_OK(Reach());
  std::map<int, std::string> checkpoints;
  for (const auto& [index, row] : shards) {
    if (row.mode != Mode::kDryRun) checkpoints[index] = row.checkpoint;
  }
  return checkpoints;
}

Result<std::optional<std::string>> FakeDatabase::FindPrint(const std::string&) {
  TRY_OK(Reach());
  return print;
}

Result<void> FakeDatabase::StorePrint(const std::string&, const std::string& text) {
  TRY_OK(Reach());
  if (!print) print = text;
  return {};
}

Result<void> FakeDatabase::Store(const ShardRef& shard, const Owner& owner,
                                 std::span<const ErrorRow> rows,
                                 std::span<const FileRow> file_rows) {
  TRY_OK(AsOwner(shard, owner));
  for (const ErrorRow& row : rows) errors[{shard.index, row.list_position, row.first_byte}] = row;
  for (const FileRow& row : file_rows) files[row.list_position] = {shard.index, row};
  ++stores;
  file_rows_stored += static_cast<int>(file_rows.size());
  return {};
}

Result<void> FakeDatabase::Rewind(const ShardRef& shard, const Owner& owner, Pass pass,
                                  int list_position, std::uint64_t byte) {
  TRY_OK(AsOwner(shard, owner));
  std::erase_if(errors, [&](const auto& entry) {
    const ErrorRow& row = entry.second;
    if (std::get<0>(entry.first) != shard.index) return false;
    if (row.list_position == list_position) return row.first_byte >= byte;
    return pass == Pass::kFirst && row.list_position > list_position;
  });
  if (pass != Pass::kFirst) return {};
  for (auto& [at, file] : files) {
    if (file.shard != shard.index || at <= list_position) continue;
    FileRow planned;
    planned.list_position = at;
    planned.path = file.row.path;
    planned.size = file.row.size;
    file.row = std::move(planned);
  }
  return {};
}

Result<std::vector<FileRow>> FakeDatabase::FailedFiles(const ShardRef& shard, int from, int most) {
  TRY_OK(Reach());
  std::vector<FileRow> rows;
  for (auto at = files.lower_bound(from); at != files.end() && most > 0; ++at) {
    const auto& [owner, row] = at->second;
    if (owner != shard.index || row.state != FileState::kFailed) continue;
    rows.push_back(row);
    --most;
  }
  return rows;
}

Result<std::uint64_t> FakeDatabase::CountErrorRows(const ShardRef& shard, int list_position) {
  TRY_OK(Reach());
  std::uint64_t count = 0;
  for (const auto& [key, row] : errors) {
    count += std::get<0>(key) == shard.index && row.list_position == list_position ? 1 : 0;
  }
  return count;
}

Result<FilesSum> FakeDatabase::SumOfFiles(const ShardRef& shard) {
  TRY_OK(Reach());
  FilesSum sum;
  for (const auto& [at, file] : files) {
    if (file.shard != shard.index) continue;
    sum.counters += file.row.counters;
    sum.failed += file.row.state == FileState::kFailed ? 1 : 0;
  }
  return sum;
}

Result<std::uint64_t> FakeDatabase::MarkCut(const ShardRef& shard, const Owner& owner,
                                            int list_position, bool begun) {
  TRY_OK(AsOwner(shard, owner));
  std::uint64_t not_read = 0;
  for (auto& [at, file] : files) {
    FileState& state = file.row.state;
    if (file.shard != shard.index || at < list_position) continue;
    if (at == list_position && begun) {
      if (state == FileState::kPlanned) state = FileState::kPartial;
    } else if (state == FileState::kPlanned || state == FileState::kNotRead) {
      state = FileState::kNotRead;
      ++not_read;
    }
  }
  return not_read;
}

Result<void> FakeDatabase::Clear(const ShardRef& shard) {
  TRY_OK(Reach());
  std::erase_if(errors, [&](const auto& e) { return std::get<0>(e.first) == shard.index; });
  std::erase_if(files, [&](const auto& e) { return e.second.shard == shard.index; });
  return {};
}

Result<void> FakeDatabase::PutWorker(const ShardRef& shard, const Owner& owner,
                                     const WorkerRow& row) {
  TRY_OK(Reach());
  const auto [found, inserted] = workers.try_emplace(shard.index);
  if (!inserted && found->second.generation > owner.generation) return Fenced();
  found->second = {owner.generation, row};
  return {};
}

}  // namespace reprocess::test
