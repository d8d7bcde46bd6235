#include "http/target.h"

#include <gtest/gtest.h>

#include "http/query.h"
#include "http/routes.h"

namespace reprocess {
namespace {

using Segments = std::vector<std::string>;

TEST(Target, IsCutAtSlashesBeforeItIsDecoded) {
  const struct {
    std::string_view text;
    Segments segments;
    std::string_view query;
  } rows[] = {
      {"/", {}, ""},
      {"/a/b", {"a", "b"}, ""},
      {"//a///b/?x=/../&y", {"a", "b"}, "x=/../&y"},
      {"/a%2Fb/%3f?%3f", {"a/b", "?"}, "%3f"},
      {"/a+b%20c/%c5%be", {"a+b c", "ž"}, ""},
      {"/...", {"..."}, ""},
  };
  for (const auto& [text, segments, query] : rows) {
    SCOPED_TRACE(text);
    const auto target = ParseTarget(text);
    ASSERT_TRUE(target);
    EXPECT_EQ(target->segments, segments);
    EXPECT_EQ(target->query, query);
  }
}

TEST(Target, ThatClimbsOrIsNoPathIsNone) {
  for (const auto* text : {"", "a", "*", "?", "http://x/", "/..", "/a/../b", "/%2e%2E", "/.%2e/",
                           "/a%2f..%2fb", "/%", "/%1", "/%zz", "/%00", "/a%00b"}) {
    EXPECT_FALSE(ParseTarget(text)) << text;
  }
}

TEST(Query, GivesNamesAndValuesDecoded) {
  const Query query("a=1&b=x%20y+z&a=2&&c&d=&=e&%zz=1&f=%&g%3D=%26=");
  EXPECT_EQ(*query.Find("a"), "1");
  EXPECT_EQ(query.All("a"), (Segments{"1", "2"}));
  EXPECT_EQ(*query.Find("b"), "x y z");
  EXPECT_EQ(*query.Find("c"), "");
  EXPECT_EQ(*query.Find("d"), "");
  EXPECT_EQ(query.Find("f"), nullptr);
  EXPECT_EQ(*query.Find("g="), "&=");
  EXPECT_EQ(query.pairs().size(), 6U);
  EXPECT_TRUE(Query("").pairs().empty());
}

TEST(Routes, TheFirstWhoseSegmentsAreThePathsIsTaken) {
  const auto route = [](std::string method, std::string path) {
    return HttpServer::Route{std::move(method), std::move(path)};
  };
  const RouteTable table({route("GET", "/"), route("GET", "/jobs/new"), route("GET", "/jobs/{id}"),
                          route("PUT", "/jobs/{id}"), route("GET", "/jobs/{id}/files/{n}"),
                          route("GET", "/assets/{*}"), route("GET", "/{page}")});
  const struct {
    std::string_view method;
    Segments path;
    std::string_view route;
    Segments parts;
  } rows[] = {
      {"GET", {}, "/", {}},
      {"GET", {"jobs", "new"}, "/jobs/new", {}},
      {"GET", {"jobs", "{id}"}, "/jobs/{id}", {"{id}"}},
      {"PUT", {"jobs", "new"}, "/jobs/{id}", {"new"}},
      {"GET", {"jobs", "a/b", "files", "7"}, "/jobs/{id}/files/{n}", {"a/b", "7"}},
      {"GET", {"assets", "css", "page.css"}, "/assets/{*}", {"css/page.css"}},
      {"GET", {"assets"}, "/{page}", {"assets"}},
      {"GET", {"jobs", "1", "files"}, "", {}},
      {"POST", {"jobs", "1"}, "", {}},
  };
  for (const auto& [method, path, expected, parts] : rows) {
    const auto found = table.Find(method, path);
    SCOPED_TRACE(expected);
    EXPECT_EQ(found.route ? found.route->path : "", expected);
    EXPECT_EQ(found.parts, parts);
  }
  EXPECT_EQ(table.Find("POST", {"jobs", "1"}).allowed, "GET, HEAD, PUT");
  EXPECT_EQ(table.Find("POST", {"jobs", "1", "x"}).allowed, "");
}

}  // namespace
}  // namespace reprocess
