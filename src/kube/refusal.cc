#include "kube/refusal.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/json.h"

namespace reprocess {
namespace {

constexpr std::size_t kMaxMessage = 500;

// On one line.
std::string MessageOf(int status, std::string_view body) {
  const nlohmann::json root = nlohmann::json::parse(body, nullptr, false);
  std::string message = TextAt(root, {"message"}).substr(0, kMaxMessage);
  std::ranges::replace_if(message, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return message.empty() ? fmt::format("HTTP {}", status) : message;
}

// What the server says where a patch names another uid: that it may not be changed.
bool IsOfAnotherUid(std::string_view body) {
  const nlohmann::json root = nlohmann::json::parse(body, nullptr, false);
  const nlohmann::json& causes = At(root, {"details", "causes"});
  return std::ranges::any_of(causes, [](const nlohmann::json& cause) {
    return TextAt(cause, {"field"}) == "metadata.uid";
  });
}

std::string ResourceOf(const KubeCall& call) {
  std::string resource(call.resource.plural);
  if (!call.subresource.empty()) resource += "/" + call.subresource;
  return resource;
}

// Quotas and admission forbid as well; what Roles forbid is said in these words.
bool IsMissingRight(const KubeCall& call, std::string_view message) {
  return message.find(fmt::format("cannot {} resource", call.verb)) != std::string_view::npos;
}

}  // namespace

std::string NameOf(const KubeCall& call) {
  std::string name = fmt::format("kubernetes {} {}", call.verb, ResourceOf(call));
  if (!call.name.empty()) name += " " + call.name;
  return name;
}

Error RefusalOf(const KubeCall& call, std::string_view name_space, int status,
                std::string_view body) {
  const std::string message = MessageOf(status, body);
  Error error{.remedy = Remedy::kStop,
              .what = fmt::format("{}: {}", NameOf(call), message),
              .where = fmt::format("namespace {}", name_space)};
  if (status == 429 || status == 408 || status >= 500) {
    error.remedy = Remedy::kWait;
  } else if (status == 422 && IsOfAnotherUid(body)) {
    error.code = Code::kConflict;
    error.what = fmt::format("{}: the object of that name is another one by now", NameOf(call));
  } else if (status == 400 || status == 422) {
    error.code = Code::kInvalid;
  } else if (status == 401) {
    error.code = Code::kNotAuthorized;
    error.hint = "the cluster does not know these credentials: renew the token or the kubeconfig";
  } else if (status == 403 && IsMissingRight(call, message)) {
    error.code = Code::kNotAuthorized;
    error.hint = fmt::format(
        R"(the Role lacks the rule {{apiGroups: ["{}"], resources: ["{}"], verbs: ["{}"]}})",
        call.resource.group, ResourceOf(call), call.verb);
  } else if (status == 404) {
    error.code = Code::kNotFound;
  } else if (status == 409) {
    error.code = Code::kConflict;
  } else if (status == 410) {
    error.code = Code::kChanged;
  }
  return error;
}

}  // namespace reprocess
