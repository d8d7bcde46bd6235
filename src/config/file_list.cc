#include "config/file_list.h"

#include <algorithm>
#include <istream>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/hex_digit.h"
#include "config/json_walker.h"
#include "config/load.h"
#include "config/normal_path.h"
#include "config/requirements.h"
#include "model/key.h"

namespace reprocess {
namespace {

constexpr std::string_view kS3 = "s3://";
constexpr std::string_view kExpectedList =
    "expected a JSON array of {\"path\": \"…\", \"size\": 1024, \"last_modified\": \"…\"}";

std::string Position(std::size_t index) {
  return fmt::format("[{}]", index);
}

// Hands on the items of the list as they go by. The list may be the "files" of an object
// (requirements.h).
class ListReader final : public JsonWalker {
 public:
  ListReader(std::string_view where, Problems& problems, const FileList::Take& take)
      : where_(where), problems_(problems), take_(take) {}

  std::size_t items() const { return items_; }
  const std::set<std::string>& unknown_keys() const { return unknown_keys_; }

 private:
  bool OnValue(Value value) override {
    if (depth() == 0 && value.kind == Kind::kObject) {
      around_ = 1;
      return true;
    }
    if (!InList()) return OnAround(value);
    if (level() == 0) return OnList(value);
    if (level() == 1) OnItem(value);
    if (level() == 2 && in_item_) OnField(KeyAt(around_ + 1), value);
    if (level() >= 3 && in_ranges_) OnRanges(value);
    return true;
  }

  bool OnEnd() override {
    if (depth() < around_) return has_list_ || RefuseObject();
    if (!InList()) return true;
    if (level() == 3 && in_ranges_ && range_.size() != 2) RefuseRanges();
    if (level() == 2) in_ranges_ = false;
    if (level() == 1 && in_item_) {
      if (item_.path.empty() && !path_told_) {
        Refuse("path", {}, "missing: expected a path or s3://bucket/key");
      }
      CheckParts();
      take_(std::move(item_));
      ++items_;
      in_item_ = false;
    }
    return true;
  }

  // Containers that are open around the value, from the list on.
  std::size_t level() const { return depth() - around_; }
  bool InList() const { return around_ == 0 || KeyAt(0) == "files"; }

  // Beside the list.
  bool OnAround(const Value& value) {
    if (KeyAt(0) != "requires") {
      unknown_keys_.insert(Quoted(KeyAt(0)));
    } else if (depth() == 1 && value.kind != Kind::kArray) {
      problems_.Add(where_, "requires", Shown(value), "expected an array of texts");
    } else if (depth() == 2) {
      const std::string refusal = RefusalOf(value.text);
      if (!refusal.empty()) problems_.Add(where_, "requires", Shown(value), refusal);
    }
    return true;
  }

  bool RefuseObject() {
    problems_.Add(where_, {}, "an object", kExpectedList);
    return false;
  }

  bool OnList(const Value& value) {
    has_list_ = true;
    if (value.kind != Kind::kArray) problems_.Add(where_, {}, Shown(value), kExpectedList);
    return value.kind == Kind::kArray;
  }

  void OnItem(const Value& value) {
    in_item_ = value.kind == Kind::kObject;
    item_ = {};
    path_told_ = in_ranges_ = ranges_told_ = false;
    if (in_item_) return;
    Refuse({}, Shown(value), "expected an object with a path");
    take_({});  // keeps the positions of those after it
    ++items_;
  }

  void OnField(const std::string& key, Value& value) {
    if (value.kind == Kind::kNull) return;
    if (key == "path") {
      OnPath(value);
    } else if (key == "size") {
      if (!value.whole) return Refuse(key, Shown(value), "expected a whole number ≥ 0, in bytes");
      item_.size = *value.whole;
    } else if (key == "last_modified") {
      std::string informative;  // nothing depends on it
      OnText(key, value, informative);
    } else if (key == "version_id") {
      OnText(key, value, item_.version_id);
    } else if (key == "etag") {
      OnText(key, value, item_.etag);
    } else if (key == "key_path") {
      OnText(key, value, item_.key_path);
      if (!item_.key_path.empty()) item_.key_path = NormalPath(item_.key_path);
    } else if (key == "line_set") {
      OnLineSet(value);
    } else if (key == "offset" || key == "length") {
      if (!value.whole) return Refuse(key, Shown(value), "expected a whole number ≥ 0, in bytes");
      if (key == "offset") item_.offset = *value.whole;
      if (key == "length") item_.length = *value.whole;
    } else if (key == "ranges") {
      in_ranges_ = value.kind == Kind::kArray;
      if (!in_ranges_) RefuseRanges();
    } else {
      unknown_keys_.insert(Quoted(key));
    }
  }

  void OnLineSet(const Value& value) {
    const bool is_hash = value.kind == Kind::kText && value.text.size() == 64 && IsHex(value.text);
    if (!is_hash) return Refuse("line_set", Shown(value), "expected a SHA-256 in hexadecimal");
    item_.line_set = LineSet::Named(value.text);
  }

  // [first byte, length] of decompressed bytes, in order.
  void OnRanges(const Value& value) {
    if (level() == 3 && value.kind == Kind::kArray) {
      range_.clear();
    } else if (level() == 4 && value.whole) {
      range_.push_back(*value.whole);
      if (range_.size() == 2) ranges_.push_back({range_[0], range_[1]});
    } else {
      RefuseRanges();
    }
  }

  void CheckParts() {
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      const bool behind = i == 0 || ranges_[i].first >= ranges_[i - 1].end();
      if (ranges_[i].length == 0 || !behind) RefuseRanges();
    }
    if (!ranges_.empty() && (item_.offset > 0 || item_.length)) {
      Refuse("ranges", {}, "expected either ranges, or offset and length");
    }
    if (!item_.line_set.all() && (item_.offset > 0 || item_.length)) {
      Refuse("line_set", {}, "expected either line_set, or offset and length");
    }
    item_.ranges = std::move(ranges_);
    ranges_.clear();
  }

  void RefuseRanges() {
    if (!std::exchange(ranges_told_, true)) {
      Refuse("ranges", {},
             "expected a list of [first byte, length], ascending and apart from each other");
    }
  }

  void OnPath(Value& value) {
    constexpr std::string_view kExpected = "expected a path or s3://bucket/key";
    if (value.kind != Kind::kText || value.text.empty() ||
        value.text.find('\0') != std::string::npos) {
      path_told_ = true;
      return Refuse("path", Shown(value), kExpected);
    }
    if (value.text.starts_with(kS3)) {
      const auto slash = value.text.find('/', kS3.size());
      if (slash == kS3.size() || slash == std::string::npos || slash + 1 == value.text.size()) {
        Refuse("path", Shown(value), kExpected);
      }
    }
    item_.path = NormalPath(value.text);
  }

  void OnText(std::string_view key, Value& value, auto& setting) {
    if (value.kind != Kind::kText) return Refuse(key, Shown(value), "expected text");
    setting = std::move(value.text);
  }

  void Refuse(std::string_view key, std::string_view value, std::string_view expected) {
    const std::string place = Position(items_);
    problems_.Add(where_, key.empty() ? place : fmt::format("{}.{}", place, key), value, expected);
  }

  static std::string Shown(const Value& value) {
    if (value.kind == Kind::kObject) return "an object";
    if (value.kind == Kind::kArray) return "an array";
    if (value.kind == Kind::kNull) return "null";
    return value.kind == Kind::kText ? Quoted(value.text) : value.text;
  }

  std::string_view where_;
  Problems& problems_;
  const FileList::Take& take_;
  std::size_t around_ = 0;  // 1: the list is in an object
  bool has_list_ = false;
  std::size_t items_ = 0;
  FileItem item_;
  std::vector<ByteRange> ranges_;     // of the item
  std::vector<std::uint64_t> range_;  // the one under way
  bool in_item_ = false, path_told_ = false, in_ranges_ = false, ranges_told_ = false;
  std::set<std::string> unknown_keys_;
};

// Reads the list once. False where it has no end that can be read.
bool Walk(const OpenBytes& open, ListReader& reader, std::string_view where, Problems& problems) {
  TextStream text(open());
  std::istream stream(&text);
  const bool parsed = nlohmann::json::sax_parse(stream, &reader);
  if (const auto& problem = text.problem(); problem && problem->zero_byte) {
    problems.Add(where, problem->what, {}, kExpectedList);
  } else if (problem) {
    problems.Add(where, {}, problem->what, "expected a whole gzip file, or plain JSON");
  } else if (!reader.syntax_error().empty()) {
    problems.Add(where, reader.syntax_error(), {}, kExpectedList);
  } else {
    return parsed;
  }
  return false;
}

// The same bytes twice would be sent under one key twice. What is not known to be listed twice by
// the hash of its path and version is looked for no further: equal ones are read again, first
// where they begin and end, then whole.
class DoublesCheck {
 public:
  void See(const FileItem& item) {
    if (HasBytes(item)) hashes_.push_back(HashOfFile(item));
  }

  Result<void> Check(const FileList& list, std::string_view where, Problems& problems) && {
    const std::vector<std::uint64_t> listed_twice = Repeated();
    if (listed_twice.empty()) return {};
    TRY(const std::vector<std::uint64_t> suspects, Meeting(list, listed_twice));
    if (suspects.empty()) return {};
    std::vector<FileItem> items;
    int position = 0;
    TRY_OK(list.ForEachItem([&](FileItem item) {
      item.list_position = position++;
      if (IsAmong(suspects, item)) items.push_back(std::move(item));
    }));
    Compare(items, where, problems);
    return {};
  }

 private:
  struct Stretch {  // from an item's first byte to its last one
    std::uint64_t file = 0, first = 0, end = 0;
    auto operator<=>(const Stretch&) const = default;
  };

  static bool HasBytes(const FileItem& item) { return !item.path.empty() && item.length != 0; }
  static std::uint64_t HashOfFile(const FileItem& item) {
    if (item.version_id.empty()) return HashOf(KeyPathOf(item));
    return HashOf(KeyPathOf(item) + '\0' + std::string(item.version_id));
  }
  static bool IsAmong(const std::vector<std::uint64_t>& hashes, const FileItem& item) {
    return HasBytes(item) && std::ranges::binary_search(hashes, HashOfFile(item));
  }

  std::vector<std::uint64_t> Repeated() {
    std::ranges::sort(hashes_);
    std::vector<std::uint64_t> repeated;
    for (std::size_t i = 1; i < hashes_.size(); ++i) {
      const bool known = !repeated.empty() && repeated.back() == hashes_[i];
      if (hashes_[i] == hashes_[i - 1] && !known) repeated.push_back(hashes_[i]);
    }
    std::vector<std::uint64_t>().swap(hashes_);
    return repeated;
  }

  // Of these files, those of which two items lie across each other.
  static Result<std::vector<std::uint64_t>> Meeting(const FileList& list,
                                                    const std::vector<std::uint64_t>& files) {
    std::vector<Stretch> stretches;
    TRY_OK(list.ForEachItem([&](const FileItem& item) {
      if (!IsAmong(files, item)) return;
      const auto owned = OwnedRanges(item);
      stretches.push_back({HashOfFile(item), owned.front().first, owned.back().end()});
    }));
    std::ranges::sort(stretches);
    std::vector<std::uint64_t> meeting;
    std::uint64_t furthest = 0;
    for (std::size_t i = 0; i < stretches.size(); ++i) {
      const Stretch& stretch = stretches[i];
      if (i == 0 || stretch.file != stretches[i - 1].file) furthest = 0;
      const bool known = !meeting.empty() && meeting.back() == stretch.file;
      if (stretch.first < furthest && !known) meeting.push_back(stretch.file);
      furthest = std::max(furthest, stretch.end);
    }
    return meeting;
  }

  static void Compare(std::vector<FileItem>& items, std::string_view where, Problems& problems) {
    std::ranges::sort(items, [](const FileItem& a, const FileItem& b) {
      return std::tie(KeyPathOf(a), a.version_id, a.offset, a.list_position) <
             std::tie(KeyPathOf(b), b.version_id, b.offset, b.list_position);
    });
    for (std::size_t i = 1; i < items.size(); ++i) {
      const FileItem& second = items[i];
      // Parts by offset are in order: each can only overlap the one before it. Ranges can lie
      // anywhere.
      for (std::size_t back = i; back-- > 0;) {
        const FileItem& first = items[back];
        if (KeyPathOf(first) != KeyPathOf(second) || first.version_id != second.version_id) break;
        if (Overlap(first, second)) {
          problems.Add(where,
                       fmt::format("[{}] and [{}]", first.list_position, second.list_position),
                       Quoted(second.path), "expected every byte of a file once");
          break;
        }
        if (first.ranges.empty() && second.ranges.empty()) break;
      }
    }
  }

  std::vector<std::uint64_t> hashes_;  // of each item's file
};

}  // namespace

Result<void> FileList::ForEachItem(const Take& take) const {
  if (size_ == 0) return {};
  Problems problems;
  ListReader reader(where_, problems, take);
  if (!Walk(open_, reader, where_, problems)) return std::unexpected(problems.ToError());
  if (reader.items() == size_) return {};
  return Fatal(fmt::format("read the list of files again: it had {} items, and has {} now", size_,
                           reader.items()),
               where_, "it must not change while a worker starts");
}

FileList ReadFileList(OpenBytes open, std::string_view where, Problems& problems,
                      std::vector<std::string>& warnings) {
  DoublesCheck doubles;
  const FileList::Take see = [&](const FileItem& item) { doubles.See(item); };
  ListReader reader(where, problems, see);
  if (!Walk(open, reader, where, problems)) return {};
  if (!reader.unknown_keys().empty()) {
    warnings.push_back(fmt::format("{}: unknown keys of items are ignored: {}", where,
                                   fmt::join(reader.unknown_keys(), ", ")));
  }
  FileList list(std::move(open), std::string(where), reader.items());
  if (const auto done = std::move(doubles).Check(list, where, problems); !done) {
    problems.Add(where, {}, done.error().what, {});
  }
  return list;
}

Result<std::vector<FileItem>> ParseFileList(std::string_view text, std::string_view where,
                                            std::vector<std::string>& warnings) {
  Problems problems;
  const FileList list = ReadFileList(BytesOf(text), where, problems, warnings);
  if (!problems.empty()) return std::unexpected(problems.ToError());
  std::vector<FileItem> items;
  TRY_OK(list.ForEachItem([&](FileItem item) { items.push_back(std::move(item)); }));
  return items;
}

}  // namespace reprocess
