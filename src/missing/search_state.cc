#include "missing/search_state.h"

#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "decode/gzipped.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

using Json = nlohmann::json;

constexpr int kFormat = 1;
constexpr std::size_t kMostBytes = std::size_t{1} << 31;
constexpr std::size_t kSizeDigits = 16;

Json CountsJson(const MissingCounts& counts) {
  return {counts.lines,   counts.there,   counts.partly,  counts.missing,
          counts.outside, counts.foreign, counts.not_sent};
}

MissingCounts CountsFrom(const Json& json) {
  const auto at = [&json](std::size_t i) { return json.at(i).get<std::uint64_t>(); };
  return {at(0), at(1), at(2), at(3), at(4), at(5), at(6)};
}

Json TopicJson(const ScannedTopic& topic) {
  Json spans = Json::array();
  for (const OffsetSpan& span : topic.spans) {
    spans.push_back({span.partition, span.from, span.to});
  }
  return {{"name", topic.name}, {"spans", std::move(spans)}};
}

ScannedTopic TopicFrom(const Json& json) {
  ScannedTopic topic{.name = json.at("name").get<std::string>(), .spans = {}};
  for (const Json& span : json.at("spans")) {
    topic.spans.push_back(
        {span.at(0).get<int>(), span.at(1).get<std::int64_t>(), span.at(2).get<std::int64_t>()});
  }
  return topic;
}

Json FileJson(const MissingOfFile& file) {
  const std::string& bits = file.wanted.bytes();
  return {{"tag", file.version_tag},
          {"counts", CountsJson(file.counts)},
          {"equal", file.equal},
          {"wanted", Json::binary(std::vector<std::uint8_t>(bits.begin(), bits.end()))},
          {"failure", file.failure}};
}

MissingOfFile FileFrom(const Json& json) {
  const auto& bits = json.at("wanted").get_binary();
  MissingOfFile file;
  file.version_tag = json.at("tag").get<std::string>();
  file.counts = CountsFrom(json.at("counts"));
  file.equal = json.at("equal").get<std::uint64_t>();
  file.wanted = LineBits(std::string(bits.begin(), bits.end()));
  file.failure = json.at("failure").get<std::string>();
  return file;
}

SearchState StateFrom(const Json& json) {
  SearchState state;
  state.seed = json.at("seed").get<std::uint64_t>();
  for (const Json& range : json.at("left")) {
    state.left.push_back({range.at(0).get<std::uint64_t>(), range.at(1).get<std::uint64_t>()});
  }
  state.report.passes = json.at("passes").get<std::size_t>();
  state.report.equal_at = json.at("equal_at").get<std::string>();
  for (const Json& topic : json.at("topics")) state.report.topics.push_back(TopicFrom(topic));
  for (const Json& file : json.at("files")) state.report.files.push_back(FileFrom(file));
  return state;
}

}  // namespace

std::string Encode(std::uint64_t seed, const std::deque<KeyRange>& left,
                   const MissingReport& report) {
  Json json = {{"format", kFormat},           {"seed", seed},
               {"left", Json::array()},       {"passes", report.passes},
               {"equal_at", report.equal_at}, {"topics", Json::array()},
               {"files", Json::array()}};
  for (const KeyRange& range : left) json["left"].push_back({range.first, range.last});
  for (const ScannedTopic& topic : report.topics) json["topics"].push_back(TopicJson(topic));
  for (const MissingOfFile& file : report.files) json["files"].push_back(FileJson(file));
  std::string bytes;
  Json::to_cbor(json, bytes);
  return fmt::format("{:0{}x}", bytes.size(), kSizeDigits) + Gzipped(bytes);
}

std::optional<SearchState> DecodeSearch(std::string_view bytes) {
  if (bytes.size() < kSizeDigits) return std::nullopt;
  try {
    const std::size_t size = std::stoull(std::string(bytes.substr(0, kSizeDigits)), nullptr, 16);
    if (size > kMostBytes) return std::nullopt;
    const auto text = Gunzipped(bytes.substr(kSizeDigits), size);
    if (!text) return std::nullopt;
    const Json json = Json::from_cbor(*text);
    if (json.at("format") != kFormat) return std::nullopt;
    return StateFrom(json);
  } catch (const std::exception&) {  // both libraries throw for what they cannot read
    return std::nullopt;
  }
}

std::string NameOf(const MissingRequest& request) {
  const MissingLook& look = request.look;
  std::string text =
      fmt::format("{}\n{}\n{}\n{} {} {} {} {} {}\n{}\n", request.kafka.brokers, request.kafka.topic,
                  request.config.json, request.streams != nullptr, request.compare_connections,
                  request.wanted.partly, request.wanted.outside, look.shard_topics, look.foreign,
                  look.since ? FormatRfc3339(*look.since) : "");
  for (const FileItem& item : request.files) {
    text += FingerprintText(item, 0) + fmt::format("{} {}\n", item.size, *item.etag);
  }
  return Hex(Sha256(text));
}

}  // namespace reprocess
