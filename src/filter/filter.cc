#include "filter/filter.h"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "filter/line_parser.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

constexpr std::size_t kMaxCreatedBytes = 64;
constexpr std::size_t kMaxNamedBytes = 120;

bool IsPrintable(char c) {
  return c >= ' ' && c <= '~';
}

// An id from a message, fit for a log line: printable and bounded.
std::string Named(std::string_view id) {
  std::string text = "\"";
  for (const char c : id) {
    if (text.size() > kMaxNamedBytes) return text + "...\"";
    if (IsPrintable(c)) {
      text += c;
    } else {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return text + "\"";
}

bool IsBlank(const Line& line) {
  return std::all_of(line.text, line.text + line.size, IsJsonSpace);
}

void Skip(Line& line, Reason reason) {
  line.verdict = Verdict::kSkip;
  line.reason = reason;
}

// Neighbours that fail alike share their text.
void Refuse(Batch& batch, Line& line, Reason reason, std::string message) {
  line.verdict = Verdict::kError;
  line.reason = reason;
  if (batch.messages.empty() || batch.messages.back() != message) {
    batch.messages.push_back(std::move(message));
  }
  line.message = static_cast<std::uint32_t>(batch.messages.size());
}

}  // namespace

struct Filter::Impl {
  Impl(const JobConfig& config, const StreamMap* repository, std::uint64_t max_bytes);

  void JudgeLine(Batch& batch, Line& line);
  void Address(Batch& batch, Line& line, const Fields& fields) const;
  void AddressAsPlanned(Line& line, std::string_view id) const;
  bool InStreams(const Fields& fields) const;
  bool InDates(std::string_view created) const;

  const std::vector<std::string> stream_ids;
  const std::unordered_set<std::string_view> wanted;  // views of stream_ids
  const std::optional<PreciseTime> from, to;
  const bool addressed;              // connection_ids are configured
  const std::string connection_ids;  // those, joined
  const bool narrowed;               // only_connections are configured
  StreamMap planned;                 // what they came to
  const StreamMap* const streams;
  const std::uint64_t max_value_bytes;
  LineParser parser;
};

Filter::Impl::Impl(const JobConfig& config, const StreamMap* repository, std::uint64_t max_bytes)
    : stream_ids(config.stream_ids),
      wanted(stream_ids.begin(), stream_ids.end()),
      from(config.date_from),
      to(config.date_to),
      addressed(!config.connection_ids.empty()),
      connection_ids(fmt::format("{}", fmt::join(config.connection_ids, ","))),
      narrowed(!config.only_connections.empty()),
      streams(repository),
      max_value_bytes(max_bytes) {
  for (const auto& [stream, connections] : config.stream_connections) {
    planned.Set(stream, fmt::format("{}", fmt::join(connections, ",")));
  }
}

bool Filter::Impl::InStreams(const Fields& fields) const {
  if (wanted.empty()) return true;
  return fields.has_origin && (wanted.contains(fields.source_id) || wanted.contains(fields.slug));
}

bool Filter::Impl::InDates(std::string_view created) const {
  if (!from && !to) return true;
  const std::optional<PreciseTime> time = ParseRfc3339(created);
  return !time || ((!from || *from <= *time) && (!to || *time <= *to));
}

void Filter::Impl::AddressAsPlanned(Line& line, std::string_view id) const {
  const std::optional<std::string_view> left = planned.Find(id);
  if (!left || left->empty()) return Skip(line, Reason::kConnection);
  line.verdict = Verdict::kSend;
  line.connection_ids = *left;
}

void Filter::Impl::Address(Batch& batch, Line& line, const Fields& fields) const {
  const std::string_view id = fields.source_id.empty() ? fields.slug : fields.source_id;
  if (narrowed) return AddressAsPlanned(line, id);
  line.verdict = Verdict::kSend;
  line.connection_ids = connection_ids;
  if (addressed || id.empty()) return;
  if (streams == nullptr) {
    return Refuse(batch, line, Reason::kNoRepository,
                  fmt::format("look up stream {}: no stream repository is configured", Named(id)));
  }
  const std::optional<std::string_view> found = streams->Find(id);
  if (!found) {
    return Refuse(batch, line, Reason::kUnknownStream,
                  fmt::format("look up stream {}: the repository has no such stream", Named(id)));
  }
  if (found->empty()) {
    return Refuse(batch, line, Reason::kNoDestination,
                  fmt::format("look up stream {}: it has no destination", Named(id)));
  }
  line.connection_ids = *found;
}

void Filter::Impl::JudgeLine(Batch& batch, Line& line) {
  if (line.oversized) {  // never blank: its text is only a sample
    return Refuse(batch, line, Reason::kOversized,
                  fmt::format("line of {} bytes is longer than REPROCESS_MAX_LINE_BYTES",
                              line.end_byte - line.first_byte));
  }
  if (IsBlank(line)) return Skip(line, Reason::kBlank);
  const GrammarVerdict verdict = parser.Parse(line);
  if (!verdict.valid) {
    return Refuse(batch, line, Reason::kInvalidJson,
                  fmt::format("invalid JSON at byte {}: {}", verdict.at, verdict.what));
  }
  if (!verdict.object) {
    return Refuse(batch, line, Reason::kNotObject,
                  fmt::format("not a JSON object but {}", verdict.what));
  }
  const Fields& fields = parser.fields();
  // It goes into a text column: only what no database refuses.
  if (!fields.created.empty() && fields.created.size() <= kMaxCreatedBytes &&
      std::ranges::all_of(fields.created, IsPrintable)) {
    batch.last_created = fields.created;
  }
  if (!InStreams(fields)) return Skip(line, Reason::kStream);
  if (!InDates(fields.created)) return Skip(line, Reason::kDate);
  Address(batch, line, fields);
  if (line.verdict == Verdict::kSend && line.size > max_value_bytes) {
    Refuse(batch, line, Reason::kTooLarge,
           fmt::format("value of {} bytes is larger than the {} bytes that can be sent", line.size,
                       max_value_bytes));
  }
}

Filter::Filter(const JobConfig& config, const StreamMap* streams, std::uint64_t max_value_bytes)
    : impl_(std::make_unique<Impl>(config, streams, max_value_bytes)) {}
Filter::~Filter() = default;

void Filter::Judge(Batch& batch) {
  for (Line& line : batch.lines) impl_->JudgeLine(batch, line);
}

void Filter::Judge(Batch& batch, Line& line) {
  impl_->JudgeLine(batch, line);
}

const Fields& Filter::fields() const {
  return impl_->parser.fields();
}

}  // namespace reprocess
