#include "cluster/values.h"

#include <gmock/gmock.h>

namespace reprocess {
namespace {

using ::testing::HasSubstr;

TEST(Values, WhatAFileSaysComesBackFromWhatASubmissionKeeps) {
  const auto values = ReadValues(R"(image: registry/reprocess:1
parallelism: 10
serviceAccount: replayer
nodeSelector:
  disk: ssd
tolerations:
  - key: dedicated
    operator: Exists
imagePullSecrets: [{name: regcred}]
labels: {team: data}
env:
  - name: LOG_LEVEL
    value: debug
resources:
  limits: {cpu: 2, memory: 4Gi}
queue: batch
existingSecret: replay-credentials
)",
                                 "values.yaml");
  ASSERT_TRUE(values) << values.error().ToString();
  EXPECT_EQ(values->image, "registry/reprocess:1");
  EXPECT_EQ(values->parallelism, 10);
  EXPECT_EQ(values->service_account, "replayer");
  EXPECT_EQ(values->node_selector, R"({"disk":"ssd"})");
  EXPECT_EQ(values->resources, R"({"limits":{"cpu":2,"memory":"4Gi"}})");
  EXPECT_EQ(values->queue, "batch");
  const std::string kept = ValuesJson(*values);
  const auto again = ReadValues(kept, "the submission");
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(ValuesJson(*again), kept);
  EXPECT_THAT(kept, HasSubstr(R"("imagePullSecrets":[{"name":"regcred"}])"));
}

TEST(Values, NothingIsSaidByAnEmptyFile) {
  for (const char* text : {"", "{}", "image:\n"}) {
    EXPECT_EQ(ValuesJson(*ReadValues(text, "f")), "{}") << text;
  }
}

TEST(Values, AllThatIsWrongIsToldAtOnceWithItsLine) {
  const auto values = ReadValues(R"(image: [x]
toleration: []
parallelism: 0
nodeSelector: {disk: 1}
labels:
  job-id: mine
env:
  - name: TOTAL_WORKERS
    value: "3"
  - name: A
    value: 1
  - value: b
imagePullSecrets: regcred
)",
                                 "values.yaml");
  ASSERT_FALSE(values);
  EXPECT_EQ(values.error().code, Code::kInvalid);
  EXPECT_EQ(values.error().where, "values.yaml");
  EXPECT_EQ(values.error().what,
            "check the values: 9 problems\n"
            "  line 1: image: expected a text\n"
            "  line 2: toleration: unknown key; is tolerations meant?\n"
            "  line 3: parallelism: expected a whole number from 1\n"
            "  line 4: nodeSelector: expected a mapping of texts (quote numbers and true)\n"
            "  line 6: labels/job-id: the Job sets this label itself\n"
            "  line 8: env/0: the Job sets this variable itself\n"
            "  line 10: env/1: expected a text as value (quote numbers and true)\n"
            "  line 12: env/2: expected {name, value} or {name, valueFrom}\n"
            "  line 13: imagePullSecrets: expected a list of mappings, as a pod has it");
}

TEST(Values, ASecretIsNamedAndNotWritten) {
  const auto written = ReadValues("env: [{name: KAFKA_SASL, value: '{\"password\":\"p\"}'}]", "f");
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().what, HasSubstr("env/0: a secret is not written here"));
  EXPECT_TRUE(ReadValues(
      "env: [{name: KAFKA_SASL, valueFrom: {secretKeyRef: {name: s, key: sasl}}}]", "f"));
}

TEST(Values, WhatIsNoMappingIsRefused) {
  EXPECT_THAT(ReadValues("- a", "f").error().what, HasSubstr("expected a mapping"));
  EXPECT_THAT(ReadValues("a: [", "f").error().what, HasSubstr("not YAML, line"));
}

}  // namespace
}  // namespace reprocess
