// JSON read as a stream: memory does not grow with the text, however large that is. Only .cc files
// of this room include it, since it pulls in all of nlohmann's JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace reprocess {

// "line 3, column 5: syntax error while parsing value - invalid literal", made from the text of one
// of nlohmann's exceptions. The bytes that it quotes are left out: they may be a secret.
std::string SyntaxErrorOf(std::string_view exception_text);

// "a zero byte at byte 17"; empty where there is none. nlohmann's reader takes a zero byte for the
// end of the text, and would read nothing of what follows.
std::string ZeroByteIn(std::string_view text);

// A double that is a whole number ≥ 0, and exactly so.
std::optional<std::uint64_t> WholeOf(double value);

// Calls back for every value, containers before what is in them.
class JsonWalker : public nlohmann::json_sax<nlohmann::json> {
 public:
  const std::string& syntax_error() const { return syntax_error_; }

  bool null() override { return OnValue({Kind::kNull, {}, {}}); }
  bool boolean(bool value) override { return OnValue({Kind::kFlag, value ? "true" : "false", {}}); }
  bool number_integer(number_integer_t value) override {
    const auto whole = value < 0 ? std::nullopt : std::optional<std::uint64_t>(value);
    return OnValue({Kind::kNumber, std::to_string(value), whole});
  }
  bool number_unsigned(number_unsigned_t value) override {
    return OnValue({Kind::kNumber, std::to_string(value), value});
  }
  bool number_float(number_float_t value, const string_t& text) override {
    return OnValue({Kind::kNumber, text, WholeOf(value)});
  }
  bool string(string_t& value) override { return OnValue({Kind::kText, std::move(value), {}}); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return OnValue({Kind::kObject, {}, {}}) && Open(); }
  bool start_array(std::size_t) override { return OnValue({Kind::kArray, {}, {}}) && Open(); }
  bool key(string_t& name) override {
    keys_[depth_ - 1].swap(name);
    return true;
  }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception& error) override {
    syntax_error_ = SyntaxErrorOf(error.what());
    return false;
  }

 protected:
  enum class Kind : std::uint8_t { kNull, kFlag, kNumber, kText, kObject, kArray };
  struct Value {
    Kind kind;
    std::string text;                    // of a scalar, as it may be shown
    std::optional<std::uint64_t> whole;  // of a number that is one
  };

  // False ends the reading. depth() containers are open around the value.
  virtual bool OnValue(Value value) = 0;
  // A container has ended; depth() is what it was when its OnValue was called.
  virtual bool OnEnd() = 0;

  std::size_t depth() const { return depth_; }
  // The key last read in open container `level`, 0 being the outermost; empty in an array.
  const std::string& KeyAt(std::size_t level) const { return keys_[level]; }

 private:
  bool Open() {
    if (keys_.size() == depth_) keys_.emplace_back();
    keys_[depth_++].clear();
    return true;
  }
  bool Close() {
    --depth_;
    return OnEnd();
  }

  std::vector<std::string> keys_;  // longer than depth_: strings are used again
  std::size_t depth_ = 0;
  std::string syntax_error_;
};

}  // namespace reprocess
