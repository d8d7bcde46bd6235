#include "plan/manifest.h"

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/normal_path.h"
#include "decode/line_reader.h"
#include "model/archive_class.h"
#include "model/etag.h"
#include "model/time_text.h"
#include "plan/manifest_line.h"

namespace reprocess {
namespace {

constexpr int kLooks = 16;  // at a time
constexpr std::size_t kLinesTogether = 1'024;
constexpr std::uint64_t kMostLineBytes = 64 << 10;

class Manifest {
 public:
  Manifest(Storage& storage, const PlanSource& source, std::optional<WallTime> date_from,
           std::optional<WallTime> date_to, const std::stop_token& stop)
      : storage_(storage),
        source_(source),
        path_(NormalPath(source.manifest)),
        date_from_(date_from),
        date_to_(date_to),
        stop_(stop) {}

  Result<Discovery> Read() {
    const FileItem manifest{.path = path_};
    const auto open = [&](std::uint64_t offset) {
      return storage_.Open(manifest, offset, {}, stop_);
    };
    TRY(const auto reader, LineReader::Open(open, {}, {.line_bytes = kMostLineBytes}));
    for (;;) {
      auto batch = reader->Next();
      if (!batch) return std::unexpected(WithContext("read the manifest", batch.error()));
      if (batch->lines.empty()) break;
      for (const Line& line : batch->lines) TRY_OK(Take(line));
    }
    TRY_OK(Settle());
    TRY_OK(CheckVersions());
    return SettleDiscovery(std::move(files_), std::move(ignored_), path_);
  }

 private:
  struct Listed {
    FileItem item;
    ListedObject object;
    std::uint64_t line = 0;
    std::optional<Error> error{};  // of looking at it
    bool known = false;            // without asking the storage
  };

  std::unexpected<Error> At(std::uint64_t line, Error error) const {
    error.what = "read the manifest: " + error.what;
    error.where = fmt::format("{}:{}", path_, line);
    return std::unexpected(std::move(error));
  }

  Result<void> Take(const Line& line) {
    if (line.oversized) {
      return At(line.number, {.remedy = Remedy::kStop, .what = "a line of more than 64 KiB"});
    }
    auto file = lines_.Read({line.text, line.size});
    if (!file) return At(line.number, file.error());
    if (!*file) return {};
    if (source_.check_path) {
      const auto allowed = source_.check_path((*file)->path);
      if (!allowed) return At(line.number, allowed.error());
    }
    Add(**file, line.number);
    return listed_.size() < kLinesTogether ? Result<void>() : Settle();
  }

  void Add(const ManifestFile& file, std::uint64_t line) {
    Listed listed;
    listed.line = line;
    listed.item.path = listed.object.path = NormalPath(file.path);
    listed.item.version_id = file.version_id;
    if (file.delete_marker) {
      ignored_.push_back({listed.item.path, "a delete marker: there is nothing to read"});
      return;
    }
    const auto modified = ParseRfc3339(file.last_modified);
    listed.known =
        file.size && !file.etag.empty() && modified && !IsArchiveClass(file.storage_class);
    if (listed.known) {
      listed.object.size = *file.size;
      listed.object.version_tag = VersionTag(file.etag, file.version_id);
      listed.object.last_modified = *modified;
    }
    listed_.push_back(std::move(listed));
  }

  // What was read so far becomes files, or is ignored.
  Result<void> Settle() {
    LookAtUnknown();
    if (stop_.stop_requested()) return Stopped("read the manifest");
    for (Listed& listed : listed_) {
      if (listed.error && listed.error->code != Code::kNotFound) {
        return At(listed.line, *listed.error);
      }
      std::string why = listed.error ? "it is in the manifest, but not there"
                                     : WhyIgnored(listed.object, false, date_from_, date_to_);
      if (!why.empty()) {
        ignored_.push_back({listed.item.path, std::move(why)});
        continue;
      }
      versions_ = versions_ || !listed.item.version_id.empty();
      listed.item.size = listed.object.size;
      files_.push_back({std::move(listed.item), std::move(listed.object.version_tag),
                        FormatRfc3339(listed.object.last_modified)});
    }
    listed_.clear();
    return {};
  }

  // Those whose names do not rule them out.
  void LookAtUnknown() {
    std::atomic<std::size_t> next = 0;
    const auto look = [&] {
      for (std::size_t at = next++; at < listed_.size() && !stop_.stop_requested(); at = next++) {
        Listed& listed = listed_[at];
        if (listed.known || !WhyIgnored(listed.object, false, {}, date_to_).empty()) continue;
        auto object = storage_.Look(listed.item, stop_);
        if (object) {
          listed.object = *std::move(object);
        } else {
          listed.error = std::move(object).error();
        }
      }
    };
    std::vector<std::jthread> others;
    for (int i = 1; i < kLooks; ++i) others.emplace_back(look);
    look();
  }

  // A line of a file has one key, so two versions of it would be sent under the same keys.
  Result<void> CheckVersions() {
    if (!versions_) return {};
    files_.Sort();
    for (std::size_t at = 1; at < files_.size(); ++at) {
      if (files_.PathOf(at) != files_.PathOf(at - 1)) continue;
      const std::string a = files_[at - 1].item.version_id, b = files_[at].item.version_id;
      if (a == b) continue;
      return Invalid(
          fmt::format("read the manifest: it has {} in two versions, {} and {}", files_.PathOf(at),
                      a.empty() ? "the current one" : a, b.empty() ? "the current one" : b),
          path_, "plan them one by one, in manifests of their own");
    }
    return {};
  }

  Storage& storage_;
  const PlanSource& source_;
  const std::string path_;
  const std::optional<WallTime> date_from_, date_to_;
  const std::stop_token stop_;
  ManifestLines lines_;
  std::vector<Listed> listed_;  // not settled yet
  PlannedFiles files_;
  std::vector<IgnoredFile> ignored_;
  bool versions_ = false;
};

}  // namespace

Result<Discovery> DiscoverManifest(Storage& storage, const PlanSource& source,
                                   std::optional<WallTime> date_from,
                                   std::optional<WallTime> date_to, const std::stop_token& stop) {
  return Manifest(storage, source, date_from, date_to, stop).Read();
}

}  // namespace reprocess
