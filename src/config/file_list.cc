#include <algorithm>
#include <filesystem>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/gunzip.h"
#include "config/json_walker.h"
#include "config/load.h"

namespace reprocess {
namespace {

constexpr std::uint64_t kMaxListBytes = std::uint64_t{1} << 30;
constexpr std::string_view kS3 = "s3://";
constexpr std::string_view kExpectedList =
    "expected a JSON array of {\"path\": \"…\", \"size\": 1024, \"last_modified\": \"…\"}";

std::string Position(std::size_t index) {
  return fmt::format("[{}]", index);
}

// Takes the items out of the list as they go by.
class ListReader final : public JsonWalker {
 public:
  ListReader(std::string_view where, Problems& problems) : where_(where), problems_(problems) {}

  void Expect(std::size_t items) { items_.reserve(items); }
  std::vector<FileItem> TakeItems() { return std::move(items_); }
  const std::set<std::string>& unknown_keys() const { return unknown_keys_; }

 private:
  bool OnValue(Value value) override {
    if (depth() == 0) return OnList(value);
    if (depth() == 1) OnItem(value);
    if (depth() == 2 && in_item_) OnField(KeyAt(1), value);
    if (depth() >= 3 && in_ranges_) OnRanges(value);
    return true;
  }

  bool OnEnd() override {
    if (depth() == 3 && in_ranges_ && range_.size() != 2) RefuseRanges();
    if (depth() == 2) in_ranges_ = false;
    if (depth() == 1 && in_item_) {
      if (item_.path.empty() && !path_told_) {
        Refuse("path", {}, "missing: expected a path or s3://bucket/key");
      }
      CheckParts();
      items_.push_back(std::move(item_));
      in_item_ = false;
    }
    return true;
  }

  bool OnList(const Value& value) {
    if (value.kind != Kind::kArray) problems_.Add(where_, {}, Shown(value), kExpectedList);
    return value.kind == Kind::kArray;
  }

  void OnItem(const Value& value) {
    in_item_ = value.kind == Kind::kObject;
    item_ = {};
    path_told_ = in_ranges_ = ranges_told_ = false;
    if (in_item_) return;
    Refuse({}, Shown(value), "expected an object with a path");
    items_.emplace_back();  // keeps the positions of those after it
  }

  void OnField(const std::string& key, Value& value) {
    if (value.kind == Kind::kNull) return;
    if (key == "path") {
      OnPath(value);
    } else if (key == "size") {
      if (!value.whole) return Refuse(key, Shown(value), "expected a whole number ≥ 0, in bytes");
      item_.size = *value.whole;
    } else if (key == "last_modified") {
      std::string informative;  // nothing depends on it, and there may be 100,000 of them
      OnText(key, value, informative);
    } else if (key == "version_id") {
      OnText(key, value, item_.version_id);
    } else if (key == "etag") {
      OnText(key, value, item_.etag);
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

  // [first byte, length] of decompressed bytes, in order.
  void OnRanges(const Value& value) {
    if (depth() == 3 && value.kind == Kind::kArray) {
      range_.clear();
    } else if (depth() == 4 && value.whole) {
      range_.push_back(*value.whole);
      if (range_.size() == 2) item_.ranges.push_back({range_[0], range_[1]});
    } else {
      RefuseRanges();
    }
  }

  void CheckParts() {
    const auto& ranges = item_.ranges;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      if (ranges[i].length == 0 || (i > 0 && ranges[i].first < ranges[i - 1].end())) RefuseRanges();
    }
    if (!ranges.empty() && (item_.offset > 0 || item_.length)) {
      Refuse("ranges", {}, "expected either ranges, or offset and length");
    }
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
    item_.path = NormalisedPath(value.text);
  }

  void OnText(std::string_view key, Value& value, std::string& setting) {
    if (value.kind != Kind::kText) return Refuse(key, Shown(value), "expected text");
    setting = std::move(value.text);
  }

  void Refuse(std::string_view key, std::string_view value, std::string_view expected) {
    const std::string place = Position(items_.size());
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
  std::vector<FileItem> items_;
  FileItem item_;
  std::vector<std::uint64_t> range_;
  bool in_item_ = false, path_told_ = false, in_ranges_ = false, ranges_told_ = false;
  std::set<std::string> unknown_keys_;
};

// One line of a file has one key: the same bytes twice would be sent under one key twice.
void CheckDoubles(const std::vector<FileItem>& items, std::string_view where, Problems& problems) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].length != 0) order.push_back(i);  // else it has no bytes
  }
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return std::tie(items[a].path, items[a].version_id, items[a].offset, a) <
           std::tie(items[b].path, items[b].version_id, items[b].offset, b);
  });
  const auto same_file = [&](std::size_t a, std::size_t b) {
    return items[a].path == items[b].path && items[a].version_id == items[b].version_id;
  };
  for (std::size_t i = 1; i < order.size(); ++i) {
    const std::size_t second = order[i];
    // Parts by offset are in order: each can only overlap the one before it. Ranges can lie
    // anywhere.
    for (std::size_t back = i; back-- > 0 && same_file(order[back], second);) {
      const std::size_t first = order[back];
      if (!items[first].path.empty() && Overlap(items[first], items[second])) {
        problems.Add(where, fmt::format("[{}] and [{}]", first, second), Quoted(items[second].path),
                     "expected every byte of a file once");
        break;
      }
      if (items[first].ranges.empty() && items[second].ranges.empty()) break;
    }
  }
}

}  // namespace

std::string NormalisedPath(const std::string& path) {
  if (path.starts_with(kS3)) return path;
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  return (error ? std::filesystem::path(path) : absolute).lexically_normal().string();
}

std::vector<FileItem> ReadFileList(std::string_view text, std::string_view where,
                                   Problems& problems, std::vector<std::string>& warnings) {
  std::string inflated;
  if (IsGzip(text)) {
    auto result = Gunzip(text, kMaxListBytes);
    if (!result) {
      problems.Add(where, {}, result.error().what, "expected a whole gzip file, or plain JSON");
      return {};
    }
    inflated = *std::move(result);
    text = inflated;
  }
  if (const auto zero = ZeroByteIn(text); !zero.empty()) {
    problems.Add(where, zero, {}, kExpectedList);
    return {};
  }
  ListReader reader(where, problems);
  // Doubling its room would take half as much again for a moment. An item has a path at least.
  reader.Expect(std::min(static_cast<std::size_t>(std::ranges::count(text, '{')),
                         text.size() / std::string_view(R"({"path":"/"})").size()));
  if (!nlohmann::json::sax_parse(text, &reader)) {
    if (!reader.syntax_error().empty())
      problems.Add(where, reader.syntax_error(), {}, kExpectedList);
    return {};
  }
  if (!reader.unknown_keys().empty()) {
    warnings.push_back(fmt::format("{}: unknown keys of items are ignored: {}", where,
                                   fmt::join(reader.unknown_keys(), ", ")));
  }
  auto items = reader.TakeItems();
  CheckDoubles(items, where, problems);
  return items;
}

Result<std::vector<FileItem>> ParseFileList(std::string_view text, std::string_view where,
                                            std::vector<std::string>& warnings) {
  Problems problems;
  auto items = ReadFileList(text, where, problems, warnings);
  if (!problems.empty()) return std::unexpected(problems.ToError());
  return items;
}

}  // namespace reprocess
