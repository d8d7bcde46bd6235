// The pieces that the JSON output of several commands shares. Keys are a promise: they are added,
// never renamed (tests/golden). For .cc files alone.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "model/checkpoint.h"
#include "model/counters.h"
#include "plan/discover.h"
#include "store/queries.h"
#include "views/next_step.h"

namespace reprocess {

using Json = nlohmann::ordered_json;

// One line; bytes that are not UTF-8 are replaced.
std::string ToLine(const Json& json);
// Set in by two spaces, for documents.
std::string ToDocument(const Json& json);

// An object of so many fields, one by one; each name once. An initializer list copies what it is given,
// which is seen where there are thousands of fields.
class ObjectBuilder {
 public:
  explicit ObjectBuilder(std::size_t count) { object_.reserve(count); }
  template <class Value>
  ObjectBuilder& Add(const char* name, Value&& value) {
    object_.emplace_back(name, std::forward<Value>(value));
    return *this;
  }
  Json Made() { return std::move(object_); }

 private:
  Json::object_t object_;
};

// The begin of an event of `run --json`, a line each: its name, and the time now.
Json Event(std::string_view name);

Json ToJson(const Error& error);
Json ToJson(const Counters& counters);  // lines, sent, skipped, errors, …_by_reason, bytes
Json ToJson(const std::vector<IgnoredFile>& ignored);
Json ToJson(const std::vector<StoredError>& errors);
Json ToJson(const std::vector<ErrorGroup>& groups);
Json ToJson(const Checkpoint& checkpoint);
Json ToJson(const std::array<std::uint64_t, 6>& files);  // by FileState
Json ToJson(const std::vector<NextStep>& steps);
Json ToJson(const std::vector<FileRow>& failed);  // where each of them stopped, and why
Json ToJson(const std::optional<VerifyResult>& verdict);

// null for an empty text.
Json OrNull(const std::string& text);
Json TimeOrNull(const std::optional<WallTime>& time);

}  // namespace reprocess
