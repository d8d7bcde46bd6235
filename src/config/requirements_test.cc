#include "config/requirements.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "config/stored_list.h"
#include "config/worker_config.h"

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kItems =
    R"([{"path":"/a","ranges":[[1,2],[5,4]]},{"path":"/b","offset":3}])";

Result<std::vector<FileItem>> Read(const std::string& text) {
  std::vector<std::string> warnings;
  auto items = ParseFileList(text, "files.json", warnings);
  EXPECT_THAT(warnings, IsEmpty()) << text;
  return items;
}

std::vector<FileItem> Items(const std::string& text) {
  auto items = Read(text);
  EXPECT_TRUE(items) << items.error().ToString();
  return std::move(items).value_or(std::vector<FileItem>());
}

std::string Problem(const std::string& text) {
  const auto items = Read(text);
  return items ? "none" : items.error().what;
}

TEST(Requirements, AJobThatHasNoneKeepsTheArrayOfTheContract) {
  EXPECT_EQ(WithRequirements({}, std::string(kItems)), kItems);
}

TEST(Requirements, TheListIsTheSameInTheObjectAsItIsAlone) {
  const std::string text = WithRequirements({requirement::kOnlyConnections}, std::string(kItems));
  EXPECT_TRUE(text.starts_with(R"({"requires":["only_connections"],"files":[{)")) << text;
  const std::vector<FileItem> alone = Items(std::string(kItems));
  ASSERT_EQ(alone.size(), 2u);
  EXPECT_TRUE(Items(text) == alone);
  const std::string other =
      fmt::format(R"({{"files":{},"requires":["only_connections"]}})", kItems);
  EXPECT_TRUE(Items(other) == alone);
  EXPECT_TRUE(Items(R"({"requires":[],"files":[]})").empty());
}

TEST(Requirements, ThatThisBuildDoesNotKnowAreRefusedByNameWithTheRemedy) {
  for (const std::string text : {R"({"requires":["only_connections","of_2031"],"files":[]})",
                                 R"({"files":[{"path":"/a"}],"requires":["of_2031"]})"}) {
    EXPECT_THAT(Problem(text), HasSubstr(R"(files.json: requires: "of_2031": expected only what)"));
    EXPECT_THAT(Problem(text), HasSubstr("run it from the image of the `reprocess` that"));
  }
  EXPECT_THAT(Problem(R"({"requires":[7],"files":[]})"), HasSubstr("requires: 7: expected"));
  EXPECT_THAT(Problem(R"({"requires":"x","files":[]})"), HasSubstr("expected an array of texts"));
}

TEST(Requirements, AnObjectWithoutAListIsNoList) {
  for (const std::string text : {R"({"requires":["only_connections"]})", "{}"}) {
    EXPECT_THAT(Problem(text), HasSubstr("files.json: an object: expected a JSON array"));
  }
  EXPECT_THAT(Problem(R"({"requires":[],"files":{"path":"/a"}})"),
              HasSubstr("files.json: an object: expected a JSON array"));
}

TEST(Requirements, StandBesideAListInTheDatabaseToo) {
  const StoredList list{3, 70'000, 5, "0123456789abcdef", std::string(64, 'a')};
  EXPECT_EQ(**ParseStoredList(WithRequirements({requirement::kOnlyConnections}, ToText(list))),
            list);
  const auto unknown = ParseStoredList(WithRequirements({"of_2031"}, ToText(list)));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::kUnsupported);
  EXPECT_EQ(unknown.error().what, "requires of_2031");
  EXPECT_THAT(*ParseStoredList(WithRequirements({"of_2031"}, "[]")), testing::Eq(std::nullopt));
}

}  // namespace
}  // namespace reprocess
