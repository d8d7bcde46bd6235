#include "plan/manifest_line.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/percent_decoded.h"

namespace reprocess {
namespace {

using Json = nlohmann::json;

constexpr char kSchemaHint[] =
    "lines are bucket,key or bucket,key,version; of an S3 Inventory with more columns, put the "
    "fileSchema of its manifest.json in front as the first line";

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// RFC 4180, of one line: fields may be quoted, a quote in them is doubled.
Result<std::vector<std::string>> FieldsOf(std::string_view line) {
  std::vector<std::string> fields(1);
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == ',') {
      fields.emplace_back();
    } else if (line[at] != '"') {
      fields.back() += line[at];
    } else {
      for (++at; at < line.size(); ++at) {
        if (line[at] != '"') {
          fields.back() += line[at];
        } else if (line.substr(at + 1).starts_with('"')) {
          fields.back() += line[at++];
        } else {
          break;
        }
      }
      if (at >= line.size()) return Invalid("a quote that does not end");
    }
  }
  return fields;
}

Result<std::uint64_t> SizeOf(std::string_view text) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error == std::errc() && end == text.data() + text.size()) return size;
  return Invalid(fmt::format("expected a size in bytes, not {}", text));
}

Result<void> Check(const ManifestFile& file) {
  if (file.path.empty() || file.path.find('\0') != file.path.npos) {
    return Invalid("expected the path of a file");
  }
  return {};
}

Result<std::string> TextAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::string();
  if (!found->is_string()) return Invalid(fmt::format("{}: expected a text", key));
  return found->get<std::string>();
}

Result<ManifestFile> FileOfObject(const Json& object) {
  constexpr std::string_view kKeys[] = {"path", "version_id", "size", "etag", "last_modified"};
  for (const auto& [key, value] : object.items()) {
    if (std::ranges::find(kKeys, key) != std::end(kKeys)) continue;
    return Invalid(fmt::format("{} is none of its keys", key), {},
                   "a file has path, version_id, size, etag and last_modified");
  }
  ManifestFile file;
  TRY(file.path, TextAt(object, "path"));
  TRY(file.version_id, TextAt(object, "version_id"));
  TRY(file.etag, TextAt(object, "etag"));
  TRY(file.last_modified, TextAt(object, "last_modified"));
  if (const auto size = object.find("size"); size != object.end() && !size->is_null()) {
    if (!size->is_number_unsigned()) return Invalid("size: expected a number of bytes");
    file.size = size->get<std::uint64_t>();
  }
  return file;
}

Result<std::optional<ManifestFile>> ReadJson(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  ManifestFile file;
  if (json.is_string()) {
    file.path = json.get<std::string>();
  } else if (json.is_object()) {
    TRY(file, FileOfObject(json));
  } else {
    return Invalid("expected a path or an object, as JSON");
  }
  TRY_OK(Check(file));
  return file;
}

}  // namespace

Result<std::optional<ManifestFile>> ManifestLines::Read(std::string_view line) {
  line = Trimmed(line);
  if (line.empty()) return std::nullopt;
  const bool first = form_ == Form::kUnknown;
  if (first) {
    // A quoted text alone is JSON; with more behind it, the first field of a CSV.
    const bool json = line.starts_with('{') || Json::accept(line);
    form_ = json ? Form::kJson : Form::kCsv;
  }
  return form_ == Form::kJson ? ReadJson(line) : ReadCsv(line, first);
}

// nullopt: these are no names of columns.
std::optional<std::vector<ManifestLines::Column>> ManifestLines::ColumnsOf(
    const std::vector<std::string>& fields) {
  constexpr std::pair<std::string_view, Column> kNames[] = {
      {"Bucket", Column::kBucket},     {"Key", Column::kKey},
      {"VersionId", Column::kVersion}, {"IsDeleteMarker", Column::kDeleteMarker},
      {"Size", Column::kSize},         {"LastModifiedDate", Column::kModified},
      {"ETag", Column::kEtag},         {"StorageClass", Column::kClass}};
  std::vector<Column> columns;
  for (const std::string& field : fields) {
    const auto name =
        std::ranges::find(kNames, Trimmed(field), [](const auto& row) { return row.first; });
    columns.push_back(name == std::end(kNames) ? Column::kOther : name->second);
  }
  const auto has = [&](Column column) {
    return std::ranges::find(columns, column) != columns.end();
  };
  if (!has(Column::kBucket) || !has(Column::kKey)) return std::nullopt;
  return columns;
}

Result<std::optional<ManifestFile>> ManifestLines::ReadCsv(std::string_view line, bool first) {
  TRY(auto fields, FieldsOf(line));
  if (first) {
    if (auto columns = ColumnsOf(fields)) {
      columns_ = *std::move(columns);
      return std::nullopt;
    }
    if (fields.size() == 3) columns_ = {Column::kBucket, Column::kKey, Column::kVersion};
    if (fields.size() == 2) columns_ = {Column::kBucket, Column::kKey};
  }
  if (fields.size() != columns_.size() || columns_.empty()) {
    return Invalid(columns_.empty() ? fmt::format("{} columns, and no names of them", fields.size())
                                    : fmt::format("{} columns, where the first line has {}",
                                                  fields.size(), columns_.size()),
                   {}, kSchemaHint);
  }
  std::string bucket, key;
  ManifestFile file;
  for (std::size_t at = 0; at < fields.size(); ++at) {
    std::string& field = fields[at];
    switch (columns_[at]) {
      case Column::kBucket:
        bucket = std::move(field);
        break;
      case Column::kKey:
        key = PercentDecoded(field, Plus::kSpace);
        break;
      case Column::kVersion:
        file.version_id = std::move(field);
        break;
      case Column::kDeleteMarker:
        file.delete_marker = field == "true";
        break;
      case Column::kSize:
        if (!field.empty()) {
          TRY(file.size, SizeOf(field));
        }
        break;
      case Column::kModified:
        file.last_modified = std::move(field);
        break;
      case Column::kEtag:
        file.etag = std::move(field);
        break;
      case Column::kClass:
        file.storage_class = std::move(field);
        break;
      case Column::kOther:
        break;
    }
  }
  if (bucket.empty() || key.empty() || bucket.find('/') != bucket.npos) {
    return Invalid("expected the name of a bucket and a key", {}, kSchemaHint);
  }
  file.path = fmt::format("s3://{}/{}", bucket, key);
  TRY_OK(Check(file));
  return file;
}

}  // namespace reprocess
