// The files of a plan, of which there may be a million: about 155 bytes each for what a listing says
// of one, of which a plain struct takes 400. A folder's name is kept once, texts lie behind each other
// in blocks that never move, and what few files have (parts, other keys) lies beside. Their order is
// four bytes each: sorting and picking move nothing else.
//
//   access     a file is put together when it is asked for, so it is a value: changing it changes
//              nothing here but by Replace
//   lifetimes  views that NameOf gives are valid as long as this object, also when files are added
//   threads    one at a time; any for reading
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/job_config.h"
#include "model/stores.h"

namespace reprocess {

// As it was found, and as it stands in rows of reprocessing_files.
struct PlannedFile {
  FileItem item;
  std::string version_tag;      // as found when the plan was made
  std::string last_modified{};  // so too, RFC 3339; informative
  FileState state = FileState::kPlanned;
  bool operator==(const PlannedFile&) const = default;
};

// Texts that lie where they were put: views of them stay valid.
class TextBlocks {
 public:
  std::string_view Add(std::string_view text);

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t used_ = 0, size_ = 0;  // of the last block
};

class PlannedFiles {
 public:
  class Iterator {
   public:
    using value_type = PlannedFile;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;
    Iterator() = default;
    Iterator(const PlannedFiles& files, std::size_t at) : files_(&files), at_(at) {}
    PlannedFile operator*() const { return (*files_)[at_]; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) { return {*files_, at_++}; }
    bool operator==(const Iterator&) const = default;

   private:
    const PlannedFiles* files_ = nullptr;
    std::size_t at_ = 0;
  };

  PlannedFiles() = default;
  PlannedFiles(std::initializer_list<PlannedFile> files);
  explicit PlannedFiles(const std::vector<PlannedFile>& files);
  PlannedFiles(const PlannedFiles& other);
  PlannedFiles(PlannedFiles&&) noexcept = default;
  PlannedFiles& operator=(const PlannedFiles& other);
  PlannedFiles& operator=(PlannedFiles&&) noexcept = default;
  ~PlannedFiles() = default;

  std::size_t size() const { return order_.size(); }
  bool empty() const { return order_.empty(); }
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }
  PlannedFile operator[](std::size_t at) const;
  PlannedFile front() const { return (*this)[0]; }
  PlannedFile back() const { return (*this)[size() - 1]; }

  // Without putting the file together.
  std::string_view NameOf(std::size_t at) const;  // its path's last part
  std::uint64_t SizeOf(std::size_t at) const { return EntryAt(at).size; }
  std::uint64_t ListedBytesOf(std::size_t at) const;
  bool HasLineSet(std::size_t at) const;
  std::string PathOf(std::size_t at) const;

  void push_back(const PlannedFile& file);
  void Replace(std::size_t at, const PlannedFile& file) { entries_[order_[at]] = EntryOf(file); }
  // Of these files, and in this order.
  void Pick(std::span<const std::size_t> which);
  // By path, bytewise; those of one path in the order in which they were added.
  void Sort();
  // And of those the first alone.
  void SortAndUnite();
  // Of a list that is sorted.
  bool Contains(std::string_view path) const;

 private:
  static constexpr std::uint32_t kNoRest = UINT32_MAX;
  struct Entry {
    const char* text;  // name, version tag, last change and version, one behind the other
    std::uint64_t size;
    std::uint32_t folder, rest;  // rest: what few files have; kNoRest
    std::uint32_t name, tag, version;
    std::uint16_t modified;
    FileState state;
  };
  struct Rest {
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length{};
    Rare<std::vector<ByteRange>> ranges{};
    LineSet line_set{};
    Rare<std::string> etag{}, key_path{};
    int list_position = 0;
    bool operator==(const Rest&) const = default;
  };

  const Entry& EntryAt(std::size_t at) const { return entries_[order_[at]]; }
  Entry EntryOf(const PlannedFile& file);
  std::uint32_t FolderOf(std::string_view path);
  int Compare(const Entry& a, const Entry& b) const;

  TextBlocks texts_;
  std::vector<std::string_view> folders_;  // with the slash behind them
  std::unordered_map<std::string_view, std::uint32_t> folder_numbers_;
  std::deque<Rest> rests_;
  std::vector<Entry> entries_;  // as they came, with those that were not picked
  std::vector<std::uint32_t> order_;
};

}  // namespace reprocess
