#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/worker_config.h"

namespace reprocess {
namespace {

using testing::HasSubstr;

TEST(VariableNames, ASlipInANameOfOursIsAnErrorThatSaysWhatWasMeant) {
  const struct {
    const char *name, *meant;
  } kRows[] = {
      {"REPROCESS_COMIT_LINES", "REPROCESS_COMMIT_LINES"},
      {"REPROCESS_CREATE_TOPICS", "REPROCESS_CREATE_TOPIC"},
      {"REPROCESS_S3_PART_BYTE", "REPROCESS_S3_PART_BYTES"},
      {"REPROCESS_CONFIG_DRI", "REPROCESS_CONFIG_DIR"},
      {"REPROCESS_NO_AUHT", "REPROCESS_NO_AUTH"},
  };
  for (const auto& [name, meant] : kRows) {
    const auto checked = CheckVariableNames({"PATH", name});
    ASSERT_FALSE(checked) << name;
    EXPECT_THAT(checked.error().what,
                HasSubstr(std::string(name) + ": nothing reads it: did you mean " + meant + "?"));
  }
}

TEST(VariableNames, OthersPass) {
  for (const char* name :
       {"REPROCESS_COMMIT_LINES", "REPROCESS_LOCAL_ROOT", "REPROCESS_S3_STALL_MS",
        "REPROCESS_BIN_DIR", "REPROCESS_SOMETHING_OF_THE_IMAGE", "COMIT_LINES", "REPROCES_X",
        "REPROCESS_SERVICE_HOST", "REPROCESS_SERVICE_PORT", "REPROCESS_SERVICE_PORT_HTTP",
        "REPROCESS_PORT", "REPROCESS_PORT_3049_TCP", "REPROCESS_PORT_3049_TCP_ADDR",
        "REPROCESS_S3_SERVICE_HOST", "REPROCESS_LAUNCHER", "REPROCESS_VIEW_TOKENS"}) {
    EXPECT_TRUE(CheckVariableNames({name})) << name;
  }
}

}  // namespace
}  // namespace reprocess
