#include "model/checkpoint.h"

#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "model/key.h"

namespace reprocess {
namespace {

constexpr std::size_t kMagicBytes = 3;
constexpr std::string_view kMagic = "rp1", kNewerMagic = "rp2";
constexpr std::size_t kFirstReasons = 12;  // of rp1; later ones are appended, never inserted
static_assert(kReasonCount >= kFirstReasons);
constexpr std::array<std::string_view, 3> kStateNames = {"running", "finished_with_failures",
                                                         "complete"};
constexpr std::array<std::string_view, 2> kPassNames = {"first", "retry"};

// One list of the fields, in order, for both directions: `visit(name, field)`.
template <class C, class Visitor>
void VisitCounters(C& counters, Visitor&& visit, std::string_view prefix) {
  visit(prefix, "lines", counters.lines);
  visit(prefix, "bytes", counters.bytes);
  visit(prefix, "sent", counters.success);
  visit(prefix, "sent_bytes", counters.success_bytes);
  visit(prefix, "skipped_bytes", counters.skipped_bytes);
  visit(prefix, "error_bytes", counters.error_bytes);
  visit(prefix, "not_utf8", counters.not_utf8);
  visit(prefix, "reasons", counters.by_reason);
}

template <class C, class Visitor>
void VisitFields(C& c, Visitor&& visit) {
  visit("", "state", c.state);
  visit("", "owner", c.owner);
  visit("", "generation", c.generation);
  visit("", "fingerprint", c.fingerprint);
  visit("", "pass", c.pass);
  visit("", "file", c.list_position);
  visit("", "byte", c.place.byte);
  visit("", "line", c.place.line);
  visit("", "frame_at", c.place.frame.compressed);
  visit("", "frame_byte", c.place.frame.decompressed);
  visit("", "version", c.version_hash);
  visit("", "uncounted", c.uncounted_bytes);
  visit("", "files", c.processed_files);
  visit("", "files_bytes", c.processed_bytes);
  visit("", "failed", c.failed_files);
  VisitCounters(c.shard, visit, "s.");
  VisitCounters(c.file, visit, "f.");
}

// What rp1 does not have: written where it says something, in this order. Append.
template <class C, class Visitor>
void VisitNewerFields(C& c, Visitor&& visit) {
  visit("hash", c.place.hash.value);
  visit("hash_from", c.place.hash.from);
  visit("tail", c.place.hash.tail_bytes);
  visit("tail_hash", c.place.hash.tail_value);
}

class Writer {
 public:
  template <class T>
  void operator()(std::string_view prefix, std::string_view name, const T& value) {
    ((((text_ += ' ') += prefix) += name) += '=');
    Put(value);
  }
  template <class T>
  void operator()(std::string_view name, const T& value) {
    if (value == T()) return;
    (*this)("", name, value);
    newer_ = true;
  }
  std::string&& Take() {
    if (newer_) text_.replace(0, kMagicBytes, kNewerMagic);
    return std::move(text_);
  }

 private:
  void Put(const std::string& value) { text_ += value; }
  void Put(ShardState value) { text_ += NameOf(value); }
  void Put(Pass value) { text_ += kPassNames[static_cast<std::size_t>(value)]; }
  void Put(std::uint64_t value) { text_ += fmt::format_int(value).c_str(); }
  void Put(std::optional<std::uint64_t> value) { Put(*value); }
  void Put(int value) { text_ += fmt::format_int(value).c_str(); }
  void Put(const std::array<std::uint64_t, kReasonCount>& values) {
    std::size_t count = kReasonCount;
    while (count > kFirstReasons && values[count - 1] == 0) --count;
    newer_ |= count > kFirstReasons;
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) text_ += ',';
      Put(values[i]);
    }
  }
  bool newer_ = false;
  std::string text_{kMagic};
};

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  template <class T>
  void operator()(std::string_view prefix, std::string_view name, T& value) {
    good_ = good_ && Skip(" ") && Skip(prefix) && Skip(name) && Skip("=");
    if (!good_) return;
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(word.size());
    good_ = Take(word, value);
  }
  template <class T>
  void operator()(std::string_view name, T& value) {
    const std::string_view before = rest_;
    const bool there = Skip(" ") && Skip(name) && Skip("=");
    rest_ = before;
    if (there) (*this)("", name, value);
  }
  bool good() const { return good_; }

 private:
  bool Skip(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  template <class N>
  static bool Number(std::string_view word, N& value) {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    return error == std::errc() && end == word.data() + word.size();
  }
  template <class E, std::size_t size>
  static bool Named(std::string_view word, const std::array<std::string_view, size>& names,
                    E& out) {
    for (std::size_t i = 0; i < size; ++i) {
      if (names[i] == word) {
        out = static_cast<E>(i);
        return true;
      }
    }
    return false;
  }
  static bool Take(std::string_view word, std::string& value) {
    value = word;
    return true;
  }
  static bool Take(std::string_view word, ShardState& value) {
    return Named(word, kStateNames, value);
  }
  static bool Take(std::string_view word, Pass& value) { return Named(word, kPassNames, value); }
  static bool Take(std::string_view word, std::uint64_t& value) { return Number(word, value); }
  static bool Take(std::string_view word, std::optional<std::uint64_t>& value) {
    return Number(word, value.emplace());
  }
  static bool Take(std::string_view word, int& value) { return Number(word, value); }
  static bool Take(std::string_view word, std::array<std::uint64_t, kReasonCount>& values) {
    for (std::size_t i = 0; i < kReasonCount; ++i) {
      const auto comma = word.find(',');
      if (!Number(word.substr(0, comma), values[i])) return false;
      if (comma == std::string_view::npos) return i + 1 >= kFirstReasons;
      word.remove_prefix(comma + 1);
    }
    return false;
  }

  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

std::string_view NameOf(ShardState state) {
  return kStateNames[static_cast<std::size_t>(state)];
}

std::string Encode(const Checkpoint& checkpoint, std::size_t padded_to) {
  Writer writer;
  VisitFields(checkpoint, writer);
  VisitNewerFields(checkpoint, writer);
  std::string text = writer.Take();
  constexpr std::string_view kPad = " pad=";
  constexpr std::size_t kChecksum = 17;  // a space and 16 digits
  if (text.size() + kPad.size() + kChecksum < padded_to) {
    text += kPad;
    text.append(padded_to - kChecksum - text.size(), 'x');
  }
  return text + " " + HashText(text);
}

Result<Checkpoint> Decode(std::string_view text) {
  const auto refused = [&](std::string_view why) {
    return Fatal(
        fmt::format("read checkpoint: {}", why), {},
        "it was not written by this version of reprocess, or it was damaged; a new JOB_ID, "
        "or `reprocess reset JOB`, starts over");
  };
  const auto space = text.rfind(' ');
  const std::string_view magic = text.substr(0, kMagicBytes);
  if (space == std::string_view::npos || (magic != kMagic && magic != kNewerMagic)) {
    return refused("not a checkpoint");
  }
  if (HashText(text.substr(0, space)) != text.substr(space + 1)) return refused("checksum differs");
  Checkpoint checkpoint;
  Reader reader(text.substr(kMagicBytes, space - kMagicBytes));
  VisitFields(checkpoint, reader);
  VisitNewerFields(checkpoint, reader);
  if (!reader.good()) return refused("a field is missing or malformed");
  // Whatever else reads the same (a leading zero, other filler) is not what Encode writes.
  if (Encode(checkpoint, text.size()) != text) {
    return refused("an unknown field follows the last one, or a number is not written plainly");
  }
  return checkpoint;
}

}  // namespace reprocess
