#include "store/planned_files.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "base/base_name.h"

namespace reprocess {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;

// How `a` and `b`, each one text in two pieces, compare bytewise.
int ComparePieces(std::string_view a_head, std::string_view a_tail, std::string_view b_head,
                  std::string_view b_tail) {
  const std::size_t both = std::min(a_head.size(), b_head.size());
  if (const int heads = a_head.substr(0, both).compare(b_head.substr(0, both))) return heads;
  if (a_head.size() == b_head.size()) return a_tail.compare(b_tail);
  if (a_head.size() > b_head.size()) return -ComparePieces(b_head, b_tail, a_head, a_tail);
  const std::string_view middle = b_head.substr(both);  // against the beginning of a's tail
  const std::size_t shared = std::min(middle.size(), a_tail.size());
  if (const int order = a_tail.substr(0, shared).compare(middle.substr(0, shared))) return order;
  if (a_tail.size() < middle.size()) return -1;
  return a_tail.substr(shared).compare(b_tail);
}

}  // namespace

std::string_view TextBlocks::Add(std::string_view text) {
  if (text.size() > size_ - used_) {
    size_ = std::max(kBlockBytes, text.size());
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size_));
    used_ = 0;
  }
  if (text.empty()) return {};
  char* const at = blocks_.back().get() + used_;
  std::memcpy(at, text.data(), text.size());
  used_ += text.size();
  return {at, text.size()};
}

PlannedFiles::PlannedFiles(std::initializer_list<PlannedFile> files) {
  for (const PlannedFile& file : files) push_back(file);
}

PlannedFiles::PlannedFiles(const std::vector<PlannedFile>& files) {
  for (const PlannedFile& file : files) push_back(file);
}

PlannedFiles::PlannedFiles(const PlannedFiles& other) {
  entries_.reserve(other.size());
  order_.reserve(other.size());
  for (const PlannedFile& file : other) push_back(file);
}

PlannedFiles& PlannedFiles::operator=(const PlannedFiles& other) {
  if (this != &other) *this = PlannedFiles(other);
  return *this;
}

PlannedFile PlannedFiles::operator[](std::size_t at) const {
  const Entry& entry = EntryAt(at);
  PlannedFile file;
  file.item.path = PathOf(at);
  file.item.size = entry.size;
  const char* text = entry.text + entry.name;
  file.version_tag.assign(text, entry.tag);
  text += entry.tag;
  file.last_modified.assign(text, entry.modified);
  if (entry.version > 0) file.item.version_id = std::string(text + entry.modified, entry.version);
  file.state = entry.state;
  if (entry.rest == kNoRest) return file;
  const Rest& rest = rests_[entry.rest];
  file.item.offset = rest.offset;
  file.item.length = rest.length;
  file.item.ranges = rest.ranges;
  file.item.line_set = rest.line_set;
  file.item.etag = rest.etag;
  file.item.key_path = rest.key_path;
  file.item.list_position = rest.list_position;
  return file;
}

std::string_view PlannedFiles::NameOf(std::size_t at) const {
  return {EntryAt(at).text, EntryAt(at).name};
}

std::string PlannedFiles::PathOf(std::size_t at) const {
  const std::string_view folder = folders_[EntryAt(at).folder], name = NameOf(at);
  std::string path;
  path.reserve(folder.size() + name.size());
  path += folder;
  path += name;
  return path;
}

std::uint64_t PlannedFiles::ListedBytesOf(std::size_t at) const {
  const Entry& entry = EntryAt(at);
  return entry.rest == kNoRest ? entry.size : rests_[entry.rest].length.value_or(entry.size);
}

bool PlannedFiles::HasLineSet(std::size_t at) const {
  const Entry& entry = EntryAt(at);
  return entry.rest != kNoRest && !rests_[entry.rest].line_set.all();
}

void PlannedFiles::push_back(const PlannedFile& file) {
  order_.push_back(static_cast<std::uint32_t>(entries_.size()));
  entries_.push_back(EntryOf(file));
}

void PlannedFiles::Pick(std::span<const std::size_t> which) {
  std::vector<std::uint32_t> picked;
  picked.reserve(which.size());
  for (const std::size_t at : which) picked.push_back(order_[at]);
  order_ = std::move(picked);
}

void PlannedFiles::Sort() {
  std::ranges::stable_sort(order_, [&](std::uint32_t a, std::uint32_t b) {
    return Compare(entries_[a], entries_[b]) < 0;
  });
}

void PlannedFiles::SortAndUnite() {
  Sort();
  const auto others = std::ranges::unique(order_, [&](std::uint32_t a, std::uint32_t b) {
    return Compare(entries_[a], entries_[b]) == 0;
  });
  order_.erase(others.begin(), others.end());
}

bool PlannedFiles::Contains(std::string_view path) const {
  const auto compared = [&](std::uint32_t which) {
    const Entry& entry = entries_[which];
    return ComparePieces(folders_[entry.folder], {entry.text, entry.name}, path, {});
  };
  const auto found = std::ranges::partition_point(
      order_, [&](std::uint32_t which) { return compared(which) < 0; });
  return found != order_.end() && compared(*found) == 0;
}

PlannedFiles::Entry PlannedFiles::EntryOf(const PlannedFile& file) {
  const FileItem& item = file.item;
  const std::string_view name = BaseName(item.path);
  Entry entry{
      .text = nullptr,
      .size = item.size,
      .folder = FolderOf(std::string_view(item.path).substr(0, item.path.size() - name.size())),
      .rest = kNoRest,
      .name = static_cast<std::uint32_t>(name.size()),
      .tag = static_cast<std::uint32_t>(file.version_tag.size()),
      .version = static_cast<std::uint32_t>(item.version_id.size()),
      .modified = static_cast<std::uint16_t>(file.last_modified.size()),
      .state = file.state};
  std::string text;
  text.reserve(name.size() + file.version_tag.size() + file.last_modified.size() +
               item.version_id.size());
  text += name;
  text += file.version_tag;
  text += file.last_modified;
  text += *item.version_id;
  entry.text = texts_.Add(text).data();
  Rest rest{.offset = item.offset,
            .length = item.length,
            .ranges = item.ranges,
            .line_set = item.line_set,
            .etag = item.etag,
            .key_path = item.key_path,
            .list_position = item.list_position};
  if (rest != Rest{}) {
    entry.rest = static_cast<std::uint32_t>(rests_.size());
    rests_.push_back(std::move(rest));
  }
  return entry;
}

std::uint32_t PlannedFiles::FolderOf(std::string_view path) {
  if (const auto known = folder_numbers_.find(path); known != folder_numbers_.end()) {
    return known->second;
  }
  const auto number = static_cast<std::uint32_t>(folders_.size());
  folders_.push_back(texts_.Add(path));
  folder_numbers_.emplace(folders_.back(), number);
  return number;
}

int PlannedFiles::Compare(const Entry& a, const Entry& b) const {
  const std::string_view a_name(a.text, a.name), b_name(b.text, b.name);
  if (a.folder == b.folder) return a_name.compare(b_name);
  return ComparePieces(folders_[a.folder], a_name, folders_[b.folder], b_name);
}

}  // namespace reprocess
