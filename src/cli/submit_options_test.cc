#include "cli/submit_options.h"

#include <filesystem>
#include <fstream>
#include <map>

#include <gmock/gmock.h>

namespace reprocess {
namespace {

using ::testing::HasSubstr;

class PodsOptions : public ::testing::Test {
 protected:
  PodsOptions() {
    std::string name = (std::filesystem::temp_directory_path() / "values_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    std::ofstream(folder_ / "values.yaml")
        << "image: of-file\nparallelism: 5\nnodeSelector: {disk: ssd}\nserviceAccount: f\n";
  }
  ~PodsOptions() override { std::filesystem::remove_all(folder_); }

  Result<Values> Of(std::map<std::string_view, std::vector<std::string>> options,
                    const std::map<std::string, std::string>& variables = {}) const {
    Given given;
    given.options = std::move(options);
    return ValuesOf(
        given,
        [&](const std::string& name) -> std::optional<std::string> {
          const auto found = variables.find(name);
          return found == variables.end() ? std::nullopt : std::optional(found->second);
        },
        "1.2.3");
  }
  std::vector<std::string> File() const { return {folder_ / "values.yaml"}; }

  std::filesystem::path folder_;
  const std::map<std::string, std::string> variables_ = {
      {"REPROCESSING_WORKER_IMAGE", "of-environment"},
      {"K8S_MAX_PARALLEL_WORKERS", "7"},
      {"KUBERNETES_NODE_SELECTOR", R"({"disk":"hdd"})"}};
};

TEST_F(PodsOptions, OptionsWinOverTheFileAndThatOverTheEnvironment) {
  EXPECT_EQ(ValuesJson(*Of({})), R"({"image":"jitsucom/bulker-reprocessing-worker:1.2.3"})");
  EXPECT_EQ(ValuesJson(*Of({}, variables_)),
            R"({"image":"of-environment","parallelism":7,"nodeSelector":{"disk":"hdd"}})");
  EXPECT_EQ(
      ValuesJson(*Of({{"--values", File()}}, variables_)),
      R"({"image":"of-file","parallelism":5,"serviceAccount":"f","nodeSelector":{"disk":"ssd"}})");
  EXPECT_EQ(ValuesJson(*Of({{"--values", File()},
                            {"--image", {"i"}},
                            {"--parallelism", {"2"}},
                            {"--service-account", {"o"}},
                            {"--node-selector", {"a=b", "c=d=\"e"}}},
                           variables_)),
            R"({"image":"i","parallelism":2,"serviceAccount":"o",)"
            R"("nodeSelector":{"a":"b","c":"d=\"e"}})");
}

TEST_F(PodsOptions, WhatMakesNoSenseIsNamed) {
  EXPECT_THAT(Of({{"--node-selector", {"disk"}}}).error().what, HasSubstr("--node-selector"));
  EXPECT_THAT(Of({{"--parallelism", {"0"}}}).error().what, HasSubstr("--parallelism"));
  EXPECT_THAT(Of({}, {{"K8S_MAX_PARALLEL_WORKERS", "many"}}).error().what,
              HasSubstr("K8S_MAX_PARALLEL_WORKERS"));
  EXPECT_THAT(Of({}, {{"KUBERNETES_NODE_SELECTOR", "disk"}}).error().ToString(),
              HasSubstr("KUBERNETES_NODE_SELECTOR"));
  EXPECT_THAT(Of({{"--values", {"/no/such/file"}}}).error().where, HasSubstr("/no/such/file"));
}

}  // namespace
}  // namespace reprocess
