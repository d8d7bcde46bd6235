// The service's routes over a SQLite file, asked without a server. For tests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "api/context.h"
#include "api/routes.h"
#include "http/routes.h"
#include "http/target.h"
#include "jobs/launcher_for_tests.h"
#include "jobs/use_cases_for_tests.h"

namespace reprocess {

// An answer's bytes, and whether it ended.
class KeptOutlet final : public HttpServer::Outlet {
 public:
  bool Write(std::shared_ptr<const std::string> bytes) override {
    const std::scoped_lock lock(mutex_);
    text_ += *bytes;
    wake_.notify_all();
    return open_;
  }
  void End() override {
    const std::scoped_lock lock(mutex_);
    open_ = false;
    wake_.notify_all();
  }
  // Waits until `words` have come; all that has.
  std::string Until(const std::string& words) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::seconds(20), [&] { return text_.contains(words); });
    return text_;
  }
  bool open() {
    const std::scoped_lock lock(mutex_);
    return open_;
  }
  void Leave() { End(); }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string text_;
  bool open_ = true;
};

class ServiceTest : public UseCases {
 protected:
  using Headers = std::vector<HttpServer::Header>;

  static constexpr const char* kOperator = "Bearer operator-token";
  static constexpr const char* kViewer = "Bearer viewer-token";

  ServiceTest() {
    settings_.raw_tokens = "ops=operator-token";
    settings_.view_tokens = "look=viewer-token";
    settings_.work.settings.local_root = "/in";
    Start();
  }

  // With the settings as they are now.
  void Start() {
    table_.reset();
    api_.reset();
    planner_ = std::make_unique<Planner>(world_, launcher_, Planner::Options{});
    api_ = std::make_unique<ApiContext>(
        ApiWorld{world_, launcher_, *planner_, verifications_, settings_, "1.2.3"});
    options_ = ServiceOf(*api_);
    table_ = std::make_unique<RouteTable>(options_.routes);
  }

  HttpServer::Answer Ask(const std::string& method, const std::string& target,
                         const std::string& body = {}, Headers headers = {},
                         const std::string& token = kOperator) {
    HttpServer::Request request;
    request.method = method;
    request.body = body;
    request.address = "127.0.0.1";
    if (named_) headers.emplace_back("host", "localhost:3049");
    if (!token.empty()) headers.emplace_back("authorization", token);
    request.headers = std::move(headers);
    const auto parsed = ParseTarget(target);
    request.path = parsed->path;
    request.query = parsed->query;
    auto found = table_->Find(method, parsed->segments);
    if (found.route == nullptr) return options_.otherwise(request);
    request.parts = std::move(found.parts);
    return found.route->handle(request);
  }

  bool named_ = true;  // calls have a Host
  World world_ = TheWorld();
  IdleLauncher launcher_;
  Verifications verifications_{world_, {}, {}};
  ServeSettings settings_;
  std::unique_ptr<Planner> planner_;
  std::unique_ptr<ApiContext> api_;
  HttpServer::Options options_;
  std::unique_ptr<RouteTable> table_;
};

}  // namespace reprocess
