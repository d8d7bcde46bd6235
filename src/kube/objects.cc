#include "kube/objects.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/json.h"
#include "kube/refusal.h"
#include "net/uri_encoding.h"

namespace reprocess {
namespace {

constexpr int kPage = 200;

std::string Dumped(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

KubeObject ObjectOf(const nlohmann::json& json, std::string text) {
  return {TextAt(json, {"metadata", "name"}), TextAt(json, {"metadata", "uid"}),
          TextAt(json, {"metadata", "resourceVersion"}), std::move(text)};
}

// Something between us and the API answers with a page of its own: it is away.
std::unexpected<Error> NotAnAnswer(const KubeCall& call) {
  return std::unexpected(Error{.remedy = Remedy::kWait,
                               .what = NameOf(call) + ": the answer is not Kubernetes'",
                               .hint = "look at what lies between here and the API server"});
}

Result<KubeWritten> Write(KubeApi& api, KubeCall call, WriteMode mode,
                          const std::stop_token& stop) {
  if (mode == WriteMode::kDryRun) call.query = "dryRun=All&fieldValidation=Strict";
  TRY(const HttpResponse answer, api.Send(call, stop));
  auto object = ParseObject(answer.body, NameOf(call));
  if (!object) return NotAnAnswer(call);
  return KubeWritten{*std::move(object), WarningsOf(answer.headers)};
}

// One page; its `continue`, empty at the end.
Result<std::string> ListPage(KubeApi& api, KubeCall call, const std::string& more, KubeList& list,
                             const std::stop_token& stop) {
  if (!more.empty()) call.query += "&continue=" + UriEncoded(more, Slash::kEncoded);
  TRY(const HttpResponse answer, api.Send(call, stop));
  const nlohmann::json root = nlohmann::json::parse(answer.body, nullptr, false);
  const nlohmann::json& items = At(root, {"items"});
  if (!items.is_array() && !items.is_null()) return NotAnAnswer(call);
  list.resource_version = TextAt(root, {"metadata", "resourceVersion"});
  if (list.resource_version.empty()) return NotAnAnswer(call);
  for (const nlohmann::json& item : items) list.objects.push_back(ObjectOf(item, Dumped(item)));
  return TextAt(root, {"metadata", "continue"});
}

Result<KubeList> ListPages(KubeApi& api, const KubeCall& call, const std::stop_token& stop) {
  KubeList list;
  std::string more;
  do {
    TRY(more, ListPage(api, call, more, list, stop));
  } while (!more.empty());
  return list;
}

}  // namespace

Result<KubeObject> ParseObject(std::string_view json, std::string_view what) {
  const nlohmann::json root = nlohmann::json::parse(json, nullptr, false);
  if (!At(root, {"metadata"}).is_object()) {
    return Invalid(fmt::format("{}: no JSON object with metadata", what));
  }
  return ObjectOf(root, std::string(json));
}

std::string QueryOf(const KubeSelection& selection) {
  std::string query;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    query +=
        fmt::format("{}{}={}", query.empty() ? "" : "&", name, UriEncoded(value, Slash::kEncoded));
  };
  add("labelSelector", selection.labels);
  add("fieldSelector", selection.fields);
  return query;
}

std::vector<std::string> WarningsOf(const std::vector<HttpHeader>& headers) {
  std::vector<std::string> warnings;
  for (const auto& [name, value] : headers) {
    if (name != "warning") continue;
    // 299 - "text"
    std::string text;
    auto at = value.find('"');
    for (++at; at != 0 && at < value.size() && value[at] != '"'; ++at) {
      if (value[at] == '\\' && at + 1 < value.size()) ++at;
      text += value[at];
    }
    if (!text.empty()) warnings.push_back(std::move(text));
  }
  return warnings;
}

Result<KubeObject> GetObject(KubeApi& api, const KubeResource& resource, const std::string& name,
                             const std::stop_token& stop) {
  const KubeCall call{.verb = "get", .resource = resource, .name = name};
  TRY(const HttpResponse answer, api.Send(call, stop));
  auto object = ParseObject(answer.body, NameOf(call));
  if (!object) return NotAnAnswer(call);
  return object;
}

Result<KubeList> ListObjects(KubeApi& api, const KubeResource& resource,
                             const KubeSelection& selection, const std::stop_token& stop) {
  KubeCall call{.verb = "list", .resource = resource, .query = QueryOf(selection)};
  const std::string whole = call.query;
  call.query += fmt::format("{}limit={}", whole.empty() ? "" : "&", kPage);
  auto list = ListPages(api, call, stop);
  if (list || list.error().code != Code::kChanged) return list;
  // The moment of the first page has expired in between: all in one.
  call.query = whole;
  return ListPages(api, call, stop);
}

Result<KubeWritten> CreateObject(KubeApi& api, const KubeResource& resource, std::string json,
                                 WriteMode mode, const std::stop_token& stop) {
  return Write(api,
               {.verb = "create",
                .resource = resource,
                .method = "POST",
                .content_type = "application/json",
                .body = std::move(json)},
               mode, stop);
}

Result<KubeWritten> PatchObject(KubeApi& api, const KubeResource& resource, const std::string& name,
                                std::string_view uid, std::string_view patch, WriteMode mode,
                                const std::stop_token& stop) {
  nlohmann::json body = nlohmann::json::parse(patch, nullptr, false);
  const nlohmann::json& metadata = At(body, {"metadata"});
  if (!body.is_object() || (!metadata.is_object() && !metadata.is_null())) {
    return Invalid(fmt::format("patch {}: no JSON object", name));
  }
  body["metadata"]["uid"] = uid;
  return Write(api,
               {.verb = "patch",
                .resource = resource,
                .name = name,
                .method = "PATCH",
                .content_type = "application/merge-patch+json",
                .body = Dumped(body)},
               mode, stop);
}

Result<void> DeleteObject(KubeApi& api, const KubeResource& resource, const std::string& name,
                          std::string_view uid, const std::stop_token& stop) {
  nlohmann::json options = {
      {"kind", "DeleteOptions"}, {"apiVersion", "v1"}, {"propagationPolicy", "Foreground"}};
  if (!uid.empty()) options["preconditions"]["uid"] = uid;
  TRY_OK(api.Send({.verb = "delete",
                   .resource = resource,
                   .name = name,
                   .method = "DELETE",
                   .content_type = "application/json",
                   .body = Dumped(options)},
                  stop));
  return {};
}

Result<void> DeleteIfThere(KubeApi& api, const KubeResource& resource, const std::string& name,
                           std::string_view uid, const std::stop_token& stop) {
  auto deleted = DeleteObject(api, resource, name, uid, stop);
  if (deleted || deleted.error().code == Code::kNotFound) return {};
  return deleted;
}

}  // namespace reprocess
