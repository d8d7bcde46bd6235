#include "api/guard.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "api/service_for_tests.h"
#include "store/session.h"
#include "views/service.h"

namespace reprocess {
namespace {

using Json = nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;

class GuardedService : public ServiceTest {
 protected:
  std::string Planned(const std::string& key = {}, const std::string& body = kBody) {
    Headers headers;
    if (!key.empty()) headers.emplace_back("idempotency-key", key);
    return Ask("POST", "/api/v1/plans", body, headers).body;
  }
  Json Acts() { return Json::parse(Ask("GET", "/api/v1/audit").body)["acts"]; }
  // Those of one millisecond have no order.
  std::multiset<std::string> OfActs(const char* what) {
    std::multiset<std::string> found;
    for (const Json& act : Acts()) found.insert(act[what].get<std::string>());
    return found;
  }

  static constexpr const char* kBody = R"({"paths":["/in"],"dry_run":true})";
};

TEST_F(GuardedService, EveryRouteButThoseForEverybodyNeedsAToken) {
  const std::vector<HttpServer::Route> routes = options_.routes;
  for (const HttpServer::Route& route : routes) {
    if (!route.path.starts_with("/api") || route.path == "/api/v1/session") continue;
    SCOPED_TRACE(route.method + " " + route.path);
    EXPECT_EQ(Ask(route.method, route.path, "{}", {}, "").status, 401);
    EXPECT_EQ(Ask(route.method, route.path, "{}", {}, "Bearer operator-token-").status, 401);
    // What guesses too much is told so, whatever it asks.
    Start();
  }
}

TEST_F(GuardedService, WhoMayOnlyLookChangesNothing) {
  for (const HttpServer::Route& route : options_.routes) {
    if (!route.path.starts_with("/api") || route.path == "/api/v1/session") continue;
    if (route.method == "GET") continue;
    SCOPED_TRACE(route.method + " " + route.path);
    EXPECT_EQ(Ask(route.method, route.path, "{}", {}, kViewer).status, 403);
  }
  EXPECT_TRUE(launcher_.started.empty());
}

TEST_F(GuardedService, ACallThatNamesNoHostIsRefused) {
  named_ = false;
  EXPECT_EQ(Ask("GET", "/api/v1/jobs").status, 421);
}

TEST_F(GuardedService, AnAddressThatIsNoTextIsRefused) {
  for (const char* target : {"/api/v1/jobs/%ff", "/api/v1/jobs?status=%ff"}) {
    EXPECT_EQ(Ask("GET", target).status, 400) << target;
  }
}

TEST_F(GuardedService, StrangersStoreNothingUnderAKey) {
  const Headers key = {{"idempotency-key", "k"}};
  EXPECT_EQ(Ask("POST", "/api/v1/session", R"({"token":"wrong"})", key, "").status, 401);
  for (int i = 0; i < 2; ++i) {
    const auto in = Ask("POST", "/api/v1/session", R"({"token":"operator-token"})", key, "");
    EXPECT_EQ(in.status, 204);
    EXPECT_THAT(in.headers, Contains(Key("Set-Cookie")));
  }
}

TEST_F(GuardedService, TheSameKeyAndBodyHaveTheSameAnswer) {
  const std::string first = Planned("k");
  EXPECT_EQ(Planned("k"), first);
  EXPECT_NE(Planned("other"), first);
  EXPECT_THAT(Planned("k", R"({"paths":["/in/a.ndjson"],"dry_run":true})"),
              HasSubstr("used with another body"));
  EXPECT_THAT(Planned(std::string(256, 'k')), HasSubstr("1 to 255 characters"));
}

TEST_F(GuardedService, AKeyOfACallThatFailedMayBeUsedAgain) {
  EXPECT_THAT(Planned("k", R"({"paths":[]})"), HasSubstr("invalid"));
  EXPECT_THAT(Planned("k"), HasSubstr("planning"));
}

TEST_F(GuardedService, AnActIsStoredBeforeItIsDone) {
  (void)Run(Request());
  launcher_.begin = [&](const std::string&) {
    const Json begun = Acts()[0];
    EXPECT_EQ(begun["verb"], "retry");
    EXPECT_EQ(begun["job"], "job");
    EXPECT_EQ(begun["reason"], "mended");
    EXPECT_TRUE(begun["status"].is_null());
    EXPECT_THAT(begun["after"].get<std::string>(), HasSubstr("outcome unknown"));
  };
  EXPECT_EQ(Ask("POST", "/api/v1/jobs/job/retry", R"({"why":"mended"})").status, 201);
  EXPECT_EQ(launcher_.started.size(), 1u);
  EXPECT_EQ(Acts().size(), 1u);
  EXPECT_EQ(Acts()[0]["status"], 201);
}

TEST_F(GuardedService, NoActIsDoneThatWasNotStoredBefore) {
  const auto job = UseCases::Planned();
  const std::map<std::string, std::string> bodies = {
      {"/api/v1/plans", kBody},
      {"/api/v1/jobs", fmt::format(R"({{"plan":"job","plan_hash":"{}"}})", job->hash)},
      {"/api/v1/session", R"({"token":"operator-token"})"},
      {"/api/v1/jobs/{id}/parallelism", R"({"pods":1})"},
      {"/api/admin/reprocessing/jobs", R"({"local_path":"/in","dry_run":true})"}};
  Session rows(*ParseDatabaseUrl((directory_ / "jobs.db").string()));
  const auto announced = [&] {
    return rows.Select("SELECT 1 FROM reprocessing_audit WHERE status = 0", 1)->size();
  };
  int done = 0;
  for (const HttpServer::Route& route : options_.routes) {
    if (!route.path.starts_with("/api") || route.method == "GET") continue;
    std::string target = route.path;
    if (const auto id = target.find("{id}"); id != std::string::npos) target.replace(id, 4, "job");
    const auto body = bodies.find(route.path);
    const std::size_t before = announced();
    if (Ask(route.method, target, body == bodies.end() ? "{}" : body->second).status >= 400)
      continue;
    EXPECT_EQ(announced(), before + 1) << route.method << " " << route.path;
    ++done;
  }
  EXPECT_GE(done, 12);
}

TEST_F(GuardedService, ActsAreKeptWithWhoAndWhyDoneOrRefused) {
  (void)Planned();
  EXPECT_EQ(Ask("POST", "/api/v1/jobs/x/cancel", R"({"reason":"by mistake"})", {}, kViewer).status,
            403);
  const Json acts = Acts();
  ASSERT_EQ(acts.size(), 2u);
  const std::size_t refused = acts[0]["who"] == "look" ? 0 : 1, done = 1 - refused;
  EXPECT_EQ(acts[refused]["verb"], "cancel");
  EXPECT_EQ(acts[refused]["who"], "look");
  EXPECT_EQ(acts[refused]["job"], "x");
  EXPECT_EQ(acts[refused]["status"], 403);
  EXPECT_EQ(acts[done]["who"], "ops");
  EXPECT_EQ(acts[done]["status"], 202);
  EXPECT_EQ(acts[done]["from"], "127.0.0.1");
}

TEST_F(GuardedService, AnotherAddressIsBelievedFromATrustedProxyAlone) {
  const Headers head = {{"x-forwarded-for", "198.51.100.7, 10.0.0.9"}};
  (void)Ask("POST", "/api/v1/jobs/x/pause", "{}", head);
  EXPECT_THAT(OfActs("from"), ElementsAre("127.0.0.1"));
  settings_.trusted_proxies = {"127.0.0.1", "10.0.0.0/8"};
  Start();
  (void)Ask("POST", "/api/v1/jobs/x/pause", "{}", head);
  EXPECT_THAT(OfActs("from"), ElementsAre("127.0.0.1", "198.51.100.7"));
  // A proxy that adds a line of its own behind what the client has made up.
  (void)Ask("POST", "/api/v1/jobs/x/pause", "{}",
            {{"x-forwarded-for", "192.0.2.1"}, {"x-forwarded-for", "198.51.100.8"}});
  EXPECT_THAT(OfActs("from"), ElementsAre("127.0.0.1", "198.51.100.7", "198.51.100.8"));
}

TEST_F(GuardedService, AnErrorSaysWhatWhereAndWhatToDo) {
  const Json problem = Json::parse(Ask("GET", "/api/v1/jobs/nobody").body);
  for (const char* key : {"error", "hint", "where", "code"}) EXPECT_TRUE(problem.contains(key));
  EXPECT_EQ(problem["code"], "not_found");
}

TEST_F(GuardedService, AnErrorHasOneCodeInAnswersAndInDocuments) {
  const struct {
    Error error;
    int status;
    const char* code;
  } rows[] = {{{.what = "x", .code = Code::kChanged}, 409, "changed"},
              {{.remedy = Remedy::kRetry, .what = "x", .code = Code::kConflict}, 503, "away"},
              {{.remedy = Remedy::kFenced, .what = "x"}, 409, "conflict"},
              {{.what = "x", .code = Code::kTooLarge}, 413, "invalid"},
              {{.what = "x", .code = Code::kStopped}, 503, "away"},
              {{.what = "x"}, 500, "failed"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.code);
    EXPECT_EQ(ProblemOf(row.error).status, row.status);
    const std::string body = ProblemAnswer(row.error, Speech::kV1).body;
    EXPECT_EQ(Json::parse(body)["code"], row.code);
    const PlanState refused{.kind = PlanState::Kind::kRefused, .error = row.error};
    EXPECT_EQ(Json::parse(PlanStateJson("job", refused))["error"]["code"], row.code);
  }
}

TEST_F(GuardedService, ADatabaseThatIsAwayIs503WithATimeToTryAgain) {
  EXPECT_EQ(ProblemOf({.remedy = Remedy::kWait, .what = "x"}).status, 503);
  const auto answer =
      ProblemAnswer({.remedy = Remedy::kWait, .what = "ask the database"}, Speech::kV1);
  EXPECT_THAT(answer.headers, Contains(Key("Retry-After")));
  EXPECT_EQ(ProblemAnswer({.remedy = Remedy::kWait, .what = "x"}, Speech::kAdmin).body,
            R"({"error":"x"})");
}

}  // namespace
}  // namespace reprocess
