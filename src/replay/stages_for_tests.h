// Batches made by hand, a stage that plays them, and what comes out of a stage. For tests.
#pragma once

#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "replay/stage.h"

namespace reprocess {

// Where the first line of a batch lies.
struct BatchPlace {
  int list_position = 0;
  std::uint64_t byte = 0, line = 0;  // before it
};

// A batch of these lines, not judged, each with a newline.
inline Batch BatchOfLines(const std::vector<std::string>& texts, BatchPlace place = {}) {
  std::size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size() + 1;
  Batch batch;
  batch.list_position = place.list_position;
  batch.buffer = std::make_shared<Buffer>(bytes);
  batch.version_tag = "v1";
  batch.begin = batch.after = {place.byte, place.line, {}};
  char* to = batch.buffer->data();
  for (const std::string& text : texts) {
    Line line;
    line.text = to;
    line.size = static_cast<std::uint32_t>(text.size());
    line.first_byte = batch.after.byte;
    line.end_byte = batch.after.byte = line.first_byte + text.size() + 1;
    line.number = ++batch.after.line;
    std::memcpy(to, (text + "\n").data(), text.size() + 1);
    to += text.size() + 1;
    batch.lines.push_back(line);
  }
  return batch;
}

inline constexpr std::uint64_t kJudgedLineBytes = 10;

// A judged batch, a letter a line of ten bytes: g to send, . blank, b invalid JSON, u unknown
// stream.
inline Batch JudgedBatch(std::string_view letters, BatchPlace place = {}) {
  std::vector<std::string> texts;
  for (const char letter : letters) texts.emplace_back(kJudgedLineBytes - 1, letter);
  Batch batch = BatchOfLines(texts, place);
  batch.messages = {"why"};
  for (std::size_t i = 0; i < letters.size(); ++i) {
    Line& line = batch.lines[i];
    switch (letters[i]) {
      case 'g':
        line.verdict = Verdict::kSend;
        break;
      case '.':
        line.verdict = Verdict::kSkip;
        line.reason = Reason::kBlank;
        break;
      default:
        line.verdict = Verdict::kError;
        line.reason = letters[i] == 'b' ? Reason::kInvalidJson : Reason::kUnknownStream;
        line.message = 1;
    }
  }
  return batch;
}

// The end of a file at the place where `last` ended.
inline Batch EndAfter(const Batch& last, FileEnd::State state = FileEnd::State::kDone,
                      std::string why = {}) {
  Batch batch;
  batch.list_position = last.list_position;
  batch.version_tag = last.version_tag;
  batch.begin = batch.after = last.after;
  batch.end = FileEnd{state, {}};
  batch.end->error.what = std::move(why);
  return batch;
}

// Plays what it was given, then the end, again and again.
class Script final : public Stage {
 public:
  explicit Script(std::vector<Batch> batches) {
    for (Batch& batch : batches) played_.emplace_back(std::move(batch));
  }
  void Add(Result<Pulled> next) { played_.push_back(std::move(next)); }
  Result<Pulled> Next(SteadyTime) override {
    ++pulls;
    if (on_pull) on_pull();
    if (played_.empty()) return PipeEnd{};
    Result<Pulled> next = std::move(played_.front());
    played_.pop_front();
    return next;
  }
  int pulls = 0;
  std::function<void()> on_pull;  // called by each Next, when given

 private:
  std::deque<Result<Pulled>> played_;
};

struct Drained {
  std::vector<Batch> batches;
  std::optional<Error> error;
  std::string Letters() const {  // of all lines, '|' between batches, '$' where a file ends
    std::string letters;
    for (const Batch& batch : batches) {
      if (&batch != batches.data()) letters += '|';
      for (const Line& line : batch.lines) letters += line.size > 0 ? line.text[0] : '_';
      if (batch.end) letters += '$';
    }
    return letters;
  }
};

// Everything that a stage gives, up to its end or an error.
inline Drained Drain(Stage& stage) {
  Drained drained;
  for (;;) {
    Result<Pulled> next = stage.Next(SteadyTime::max());
    if (!next) {
      drained.error = next.error();
      return drained;
    }
    if (std::holds_alternative<PipeEnd>(*next)) return drained;
    if (auto* batch = std::get_if<Batch>(&*next)) drained.batches.push_back(std::move(*batch));
  }
}

}  // namespace reprocess
