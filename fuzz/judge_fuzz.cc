// A line is judged as a filter over nlohmann's tree judges it, and what is sent is the line without
// white space outside strings. The first byte chooses the job's filters. What that reader refuses
// although it is sent (contract: numbers of any size, lone surrogates, bytes that are not UTF-8) is
// left to json_fuzz.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "filter/filter.h"
#include "second_json.h"

using namespace reprocess;

namespace {

constexpr std::uint64_t kMaxValue = 200;

struct Job {
  explicit Job(unsigned choice) : has_streams((choice & 8U) != 0) {
    if ((choice & 1U) != 0) config.stream_ids = {"a", "b"};
    if ((choice & 2U) != 0) config.date_from = ParseRfc3339("2026-05-01T00:00:00Z");
    if ((choice & 4U) != 0) config.connection_ids = {"x", "y"};
    if ((choice & 20U) == 16) {
      config.only_connections = {"c2", "c3"};
      config.stream_connections = {{"a", {"c2"}}, {"b", {"c3"}}};
    }
  }
  JobConfig config;
  StreamMap streams{{"a", "c1,c2"}, {"c", ""}};
  bool has_streams;
};

struct Judged {
  Verdict verdict = Verdict::kSend;
  Reason reason = Reason::kBlank;
  std::string connections, text;
  bool operator==(const Judged&) const = default;
};

Judged ByFilter(const Job& job, std::string_view text) {
  Batch batch;
  batch.buffer = std::make_shared<Buffer>(text.size());
  std::memcpy(batch.buffer->data(), text.data(), text.size());
  Line line;
  line.text = batch.buffer->data();
  line.size = static_cast<std::uint32_t>(text.size());
  batch.lines = {line};
  Filter filter(job.config, job.has_streams ? &job.streams : nullptr, kMaxValue);
  filter.Judge(batch);
  const Line& judged = batch.lines[0];
  if ((judged.verdict == Verdict::kError) != (judged.message == 1)) std::abort();
  if (judged.verdict != Verdict::kSend) return {judged.verdict, judged.reason, {}, {}};
  return {Verdict::kSend, Reason::kBlank, std::string(judged.connection_ids),
          std::string(judged.text, judged.size)};
}

std::string Compact(std::string_view text) {
  std::string left;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (quoted || std::string_view(" \t\r\n").find(text[at]) == std::string::npos) left += text[at];
    if (quoted && text[at] == '\\') left += text[++at];
  }
  return left;
}

std::string TextIn(const json& object, const char* key) {
  return object.is_object() ? TextOf(object, key).value_or("") : "";
}

Judged Failed(Reason reason) {
  return {IsSkip(reason) ? Verdict::kSkip : Verdict::kError, reason, {}, {}};
}

Judged Naively(const Job& job, std::string_view text, const json& message) {
  if (!message.is_object()) return Failed(Reason::kNotObject);
  const json origin = message.value("origin", json());
  const std::string source = TextIn(origin, "sourceId"), slug = TextIn(origin, "slug");
  const auto listed = [&](const std::string& id) { return id == "a" || id == "b"; };
  if (!job.config.stream_ids.empty() && !listed(source) && !listed(slug)) {
    return Failed(Reason::kStream);
  }
  const auto created = ParseRfc3339(TextIn(message, "messageCreated"));
  if (job.config.date_from && created && *created < *job.config.date_from) {
    return Failed(Reason::kDate);
  }
  Judged sent{Verdict::kSend, Reason::kBlank, {}, Compact(text)};
  const std::string id = source.empty() ? slug : source;
  if (!job.config.only_connections.empty()) {
    if (id != "a" && id != "b") return Failed(Reason::kConnection);
    sent.connections = id == "a" ? "c2" : "c3";
  } else if (!job.config.connection_ids.empty()) {
    sent.connections = "x,y";
  } else if (!id.empty()) {
    if (!job.has_streams) return Failed(Reason::kNoRepository);
    if (id != "a" && id != "c") return Failed(Reason::kUnknownStream);
    if (id == "c") return Failed(Reason::kNoDestination);
    sent.connections = "c1,c2";
  }
  return sent.text.size() > kMaxValue ? Failed(Reason::kTooLarge) : sent;
}

// Whether nlohmann's reader refuses what is valid here.
bool IsBeyondTheTree(std::string_view text) {
  const auto high = [](char c) { return static_cast<unsigned char>(c) > 0x7F; };
  if (std::ranges::any_of(text, high)) return true;
  if (text.find("\\ud") != std::string::npos || text.find("\\uD") != std::string::npos) return true;
  try {
    return json::parse(text).is_discarded();
  } catch (const json::out_of_range&) {
    return true;
  } catch (const json::parse_error&) {
    return false;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Job job(data[0]);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Judged ours = ByFilter(job, text);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    if (ours != Failed(Reason::kBlank)) std::abort();
    return 0;
  }
  if (text.starts_with("\xEF\xBB\xBF")) return 0;  // the tree's reader drops it
  const json message = TreeOf(text).root;
  if (message.is_discarded()) {
    if (ours != Failed(Reason::kInvalidJson) && !IsBeyondTheTree(text)) std::abort();
    return 0;
  }
  if (ours != Naively(job, text, message)) std::abort();
  return 0;
}
