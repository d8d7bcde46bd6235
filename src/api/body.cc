#include "api/body.h"

#include <algorithm>

#include <fmt/format.h>

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

std::string Shown(const Json& value) {
  return Quoted(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

Result<Body> Body::Of(const HttpServer::Request& request) {
  if (request.body.empty()) return Body(Json::object(), "body");
  Json json = Json::parse(request.body, nullptr, false);
  if (json.is_object()) return Body(std::move(json), "body");
  return Invalid(json.is_discarded() ? "read the body: it is no JSON"
                                     : "read the body: expected a JSON object");
}

const Json* Body::Find(const char* key) {
  asked_.insert(key);
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void Body::Refuse(const char* key, const std::string& expected) {
  const Json* value = Find(key);
  problems_.Add(place_, key, value == nullptr ? "missing" : Shown(*value), expected);
}

std::string Body::Text(const char* key) {
  const Json* value = Find(key);
  if (value == nullptr) return {};
  if (value->is_string()) return value->get<std::string>();
  Refuse(key, "expected text");
  return {};
}

std::vector<std::string> Body::Texts(const char* key) {
  const Json* value = Find(key);
  if (value == nullptr) return {};
  const bool texts = value->is_array() && std::ranges::all_of(*value, [](const Json& item) {
                       return item.is_string() && item != "";
                     });
  if (texts) return value->get<std::vector<std::string>>();
  Refuse(key, "expected an array of texts, none empty");
  return {};
}

std::optional<bool> Body::Flag(const char* key) {
  const Json* value = Find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  Refuse(key, "expected true or false");
  return std::nullopt;
}

std::optional<std::uint64_t> Body::Whole(const char* key, std::uint64_t most) {
  const Json* value = Find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_unsigned() && value->get<std::uint64_t>() <= most) {
    return value->get<std::uint64_t>();
  }
  Refuse(key, fmt::format("expected a whole number from 0 to {}", most));
  return std::nullopt;
}

Json Body::Any(const char* key) {
  const Json* value = Find(key);
  return value == nullptr ? Json(nullptr) : *value;
}

Body Body::Object(const char* key) {
  const Json* value = Find(key);
  if (value == nullptr) return Body(Json::object(), key);
  if (value->is_object()) return Body(*value, key);
  Refuse(key, "expected an object");
  return Body(Json::object(), key);
}

Result<void> Body::Checked() const {
  Problems problems = problems_;
  for (const auto& [key, value] : object_.items()) {
    if (!asked_.contains(key)) problems.Add(place_, Quoted(key), {}, "no such key");
  }
  if (problems.empty()) return {};
  Error error = problems.ToError();
  constexpr std::string_view kOfConfiguration = "check configuration";
  if (error.what.starts_with(kOfConfiguration)) {
    error.what.replace(0, kOfConfiguration.size(), "read the body");
  }
  return std::unexpected(std::move(error));
}

std::string ReasonOf(Body& body, const char* key) {
  std::string reason = body.Text(key);
  if (reason.size() > kLongestReason) {
    body.Refuse(key, fmt::format("expected at most {} bytes", kLongestReason));
  }
  return reason;
}

}  // namespace reprocess
