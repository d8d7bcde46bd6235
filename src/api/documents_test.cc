#include "api/documents.h"

#include <set>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "api/service_for_tests.h"
#include "config/requirements.h"
#include "config/stored_list.h"

namespace reprocess {
namespace {

using Json = nlohmann::json;

// "GET /api/v1/jobs/{id}"
using Operations = std::set<std::string>;

Operations Described() {
  Operations operations;
  const Json document = Json::parse(OpenApiDocument());
  for (const auto& [path, item] : document["paths"].items()) {
    for (const std::string method : {"get", "post", "put", "delete"}) {
      if (!item.contains(method)) continue;
      std::string name = method;
      for (char& c : name) c = static_cast<char>(c & ~0x20);
      operations.insert(name + " " + path);
    }
  }
  return operations;
}

class Documents : public ServiceTest {};

TEST_F(Documents, EveryRouteIsDescribedAndEveryDescriptionHasARoute) {
  Operations routes;
  for (const HttpServer::Route& route : options_.routes) {
    const bool of_page =
        route.path.starts_with("/api") ? false : route.takes == HttpServer::Takes::kNoTime;
    if (!of_page || route.path.starts_with("/health")) {
      routes.insert(route.method + " " + route.path);
    }
  }
  EXPECT_EQ(routes, Described());
}

TEST_F(Documents, EveryReferenceLeadsSomewhere) {
  const Json document = Json::parse(OpenApiDocument());
  const std::function<void(const Json&)> check = [&](const Json& value) {
    if (value.is_object() && value.contains("$ref")) {
      const auto at = value["$ref"].get<std::string>().substr(1);
      EXPECT_TRUE(document.contains(Json::json_pointer(at))) << at;
    }
    if (!value.is_structured()) return;
    for (const Json& item : value) check(item);
  };
  check(document);
}

TEST(Schemas, AListMayRequireWhatAWorkerKnowsAndNothingElse) {
  const Json schema = Json::parse(*SchemaNamed("files"));
  const Json& required = schema["oneOf"].back()["properties"]["requires"]["items"]["enum"];
  EXPECT_EQ(required.get<std::vector<std::string>>(),
            std::vector<std::string>(kKnownRequirements.begin(), kKnownRequirements.end()));
}

TEST(Schemas, AListInTheDatabaseHasTheKeysThatAWorkerNeeds) {
  const Json stored = Json::parse(*SchemaNamed("files"))["$defs"]["stored"];
  const Json list = Json::parse(ToText(StoredList{}));
  std::set<std::string> keys, described;
  for (const auto& [key, value] : list.items()) keys.insert(key);
  for (const auto& [key, value] : stored["properties"].items()) described.insert(key);
  EXPECT_EQ(described, keys);
  EXPECT_EQ(stored["required"].get<std::set<std::string>>(), keys);
  for (const char* key : {"shards", "total_files"}) {
    EXPECT_EQ(stored["properties"][key]["minimum"], 1) << key;
  }
}

TEST(Schemas, AreThereByName) {
  for (const std::string_view name : SchemaNames()) {
    EXPECT_EQ(Json::parse(*SchemaNamed(name))["$schema"],
              "https://json-schema.org/draft/2020-12/schema");
  }
  EXPECT_EQ(SchemaNamed("nothing"), std::nullopt);
}

}  // namespace
}  // namespace reprocess
