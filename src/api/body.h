// A call's body: a JSON object whose keys are known. What is wrong is collected, so that one answer
// tells all of it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "config/problems.h"
#include "http/server.h"

namespace reprocess {

class Body {
 public:
  // An empty body is an empty object.
  static Result<Body> Of(const HttpServer::Request& request);

  std::string Text(const char* key);
  std::vector<std::string> Texts(const char* key);
  std::optional<bool> Flag(const char* key);
  std::optional<std::uint64_t> Whole(const char* key, std::uint64_t most = INT64_MAX);
  // The member as it is, null where it is not there: for what others check.
  nlohmann::ordered_json Any(const char* key);
  // An object within; empty where it is not there.
  Body Object(const char* key);

  void Refuse(const char* key, const std::string& expected);
  // kInvalid: what was refused, and keys that nobody asked for.
  Result<void> Checked() const;

 private:
  Body(nlohmann::ordered_json object, std::string place)
      : object_(std::move(object)), place_(std::move(place)) {}
  const nlohmann::ordered_json* Find(const char* key);

  nlohmann::ordered_json object_;
  std::string place_;
  std::set<std::string> asked_;
  Problems problems_;
};

// Bounded, so that rows stay readable.
inline constexpr std::size_t kLongestReason = 2'000;
std::string ReasonOf(Body& body, const char* key = "reason");

}  // namespace reprocess
