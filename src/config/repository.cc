#include "config/repository.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "config/json_walker.h"
#include "net/http.h"

namespace reprocess {
namespace {

constexpr Milliseconds kTimeout{30'000};
constexpr int kAttempts = 3;
constexpr Milliseconds kFirstWait{500}, kLongestWait{5'000};

// Reads JSON text in which an escaped surrogate without its other half stands for U+FFFD, as it
// does for the Go worker: nlohmann's reader refuses it, and names and options are free text.
class RepairedText {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  explicit RepairedText(std::string_view rest) : rest_(rest) { Look(); }

  reference operator*() const { return now_.front(); }
  RepairedText& operator++() {
    now_.remove_prefix(1);
    if (now_.empty()) Look();
    return *this;
  }
  bool operator==(const RepairedText& other) const {
    return now_.size() + rest_.size() == other.now_.size() + other.rest_.size();
  }

 private:
  static constexpr std::size_t kEscape = 6;  // \uD83D

  // Takes the text up to the next escape, or that escape, out of rest_.
  void Look() {
    const auto backslash = rest_.find('\\');
    if (backslash != 0) return Take(std::min(backslash, rest_.size()));
    if (!IsSurrogate(rest_, '8', 'B')) {
      return IsSurrogate(rest_, 'C', 'F') ? Replace()
                                          : Take(std::min<std::size_t>(2, rest_.size()));
    }
    if (!IsSurrogate(rest_.substr(kEscape), 'C', 'F')) return Replace();
    Take(2 * kEscape);
  }
  void Take(std::size_t size) {
    now_ = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  void Replace() {
    now_ = "\\uFFFD";
    rest_.remove_prefix(kEscape);
  }

  // Whether `text` begins with \uD and then a digit from `low` to `high`.
  static bool IsSurrogate(std::string_view text, char low, char high) {
    if (text.size() < kEscape || text[0] != '\\' || text[1] != 'u') return false;
    const char digit = static_cast<char>(text[3] >= 'a' ? text[3] - 'a' + 'A' : text[3]);
    return (text[2] == 'D' || text[2] == 'd') && digit >= low && digit <= high;
  }

  std::string_view now_, rest_;
};

// Keeps of each element the stream's id and the connection ids of its counting destinations. A
// destination without a connectionId has nowhere to send to: it is left out.
class RepositoryReader final : public JsonWalker {
 public:
  StreamMap TakeStreams() { return std::move(streams_); }
  const std::string& problem() const { return problem_; }

 private:
  enum class Part : std::uint8_t { kOther, kStream, kDestinations };
  struct Destination {
    std::string id, type, connection;
  };

  bool OnValue(Value value) override {
    switch (depth()) {
      case 0:
        return value.kind == Kind::kArray || Refuse("expected a JSON array");
      case 1:
        return OnElement(value);
      case 2:
        return OnPart(value);
      case 3:
        return part_ == Part::kOther || OnMember(value);
      case 4:
        return part_ != Part::kDestinations || OnDestinationMember(value);
      default:
        return true;
    }
  }

  bool OnEnd() override {
    if (depth() == 3 && part_ == Part::kDestinations) EndDestination();
    if (depth() == 2) part_ = Part::kOther;
    return depth() != 1 || EndElement();
  }

  bool OnElement(const Value& value) {
    stream_id_.clear();
    connections_.clear();
    return value.kind == Kind::kObject || Refuse("expected an object");
  }

  bool OnPart(const Value& value) {
    const std::string& key = KeyAt(1);
    part_ = Part::kOther;
    if (value.kind == Kind::kNull) return true;
    if (key == "stream") {
      if (value.kind != Kind::kObject) return Refuse("stream: expected an object");
      part_ = Part::kStream;
    } else if (key == "destinations") {
      if (value.kind != Kind::kArray) return Refuse("destinations: expected an array");
      part_ = Part::kDestinations;
      connections_.clear();
    }
    return true;
  }

  bool OnMember(Value& value) {
    if (part_ == Part::kStream) {
      return KeyAt(2) != "id" || TakeText(value, stream_id_, "stream.id");
    }
    destination_ = {};
    return value.kind == Kind::kObject || Refuse("destinations: expected objects in it");
  }

  bool OnDestinationMember(Value& value) {
    const std::string& key = KeyAt(3);
    if (key == "id") return TakeText(value, destination_.id, "destinations: id");
    if (key == "destinationType") {
      return TakeText(value, destination_.type, "destinations: destinationType");
    }
    if (key != "connectionId") return true;
    return TakeText(value, destination_.connection, "destinations: connectionId");
  }

  void EndDestination() {
    const auto& [id, type, connection] = destination_;
    if (id.empty() || type.empty() || connection.empty()) return;
    if (!connections_.empty()) connections_ += ',';
    connections_ += connection;
  }

  bool EndElement() {
    if (stream_id_.empty()) return Refuse("stream.id: missing");
    streams_.Set(stream_id_, connections_);
    ++element_;
    return true;
  }

  bool TakeText(Value& value, std::string& text, std::string_view what) {
    if (value.kind == Kind::kNull) return true;
    if (value.kind != Kind::kText) return Refuse(fmt::format("{}: expected text", what));
    text = std::move(value.text);
    return true;
  }

  bool Refuse(std::string_view why) {
    problem_ = depth() == 0 ? std::string(why) : fmt::format("[{}]: {}", element_, why);
    return false;
  }

  StreamMap streams_;
  std::size_t element_ = 0;
  Part part_ = Part::kOther;
  std::string stream_id_, connections_, problem_;
  Destination destination_;
};

}  // namespace

Result<StreamMap> ParseRepository(std::string_view text) {
  RepositoryReader reader;
  const std::string zero = ZeroByteIn(text);
  if (zero.empty() && nlohmann::json::sax_parse(RepairedText(text), RepairedText({}), &reader)) {
    return reader.TakeStreams();
  }
  std::string why = zero.empty() ? reader.syntax_error() : zero;
  if (!reader.problem().empty()) why = reader.problem();
  return Fatal(fmt::format("read streams repository: {}", why), {},
               "expected an array of {\"stream\": {\"id\"}, \"destinations\": [{\"id\", "
               "\"connectionId\", \"destinationType\"}]}");
}

Result<std::unique_ptr<const StreamMap>> FetchRepository(const RepositoryAccess& access,
                                                         const std::stop_token& stop) {
  const auto& [url, token] = access;
  if (url.empty()) return nullptr;
  HttpRequest request{.url = url, .timeout = kTimeout};
  if (!token.empty()) request.headers.push_back({"Authorization", "Bearer " + token});
  Backoff backoff(kFirstWait, kLongestWait);
  for (int attempt = 1;; ++attempt) {
    const auto answer = Get(request, stop);
    if (answer && answer->status == 200) {
      auto streams = ParseRepository(answer->body);
      if (streams) return std::make_unique<const StreamMap>(*std::move(streams));
      streams.error().where = UrlForMessages(url);
      return std::unexpected(std::move(streams).error());
    }
    if (answer) {
      return Fatal(fmt::format("fetch streams repository: status {}", answer->status),
                   UrlForMessages(url),
                   "expected 200; check REPOSITORY_URL and REPOSITORY_AUTH_TOKEN");
    }
    // A time-out has waited long enough already.
    const bool again = answer.error().remedy == Remedy::kRetry &&
                       answer.error().code != Code::kTimedOut && attempt < kAttempts;
    if (!again || !SystemClock().SleepFor(backoff.Next(), stop)) {
      Error error = WithContext("fetch streams repository", answer.error());
      error.remedy = Remedy::kStop;
      return std::unexpected(std::move(error));
    }
  }
}

}  // namespace reprocess
