// The pieces that the JSON output of several commands shares. Keys are a promise: they are added,
// never renamed (tests/golden). For .cc files alone.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "model/counters.h"
#include "plan/discover.h"
#include "store/queries.h"

namespace reprocess {

using Json = nlohmann::ordered_json;

// One line; bytes that are not UTF-8 are replaced.
std::string ToLine(const Json& json);
// Set in by two spaces, for documents.
std::string ToDocument(const Json& json);

// The begin of an event of `run --json`, a line each: its name, and the time now.
Json Event(std::string_view name);

Json ToJson(const Error& error);
Json ToJson(const Counters& counters);  // lines, sent, skipped, errors, …_by_reason, bytes
Json ToJson(const std::vector<IgnoredFile>& ignored);
Json ToJson(const std::vector<StoredError>& errors);
Json ToJson(const std::vector<ErrorGroup>& groups);

// null for an empty text.
Json OrNull(const std::string& text);

}  // namespace reprocess
