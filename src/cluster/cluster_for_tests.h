// An API server in memory: objects are made, listed, watched, patched and deleted as the real one
// does it, as far as the tests of this room go.
//
//   watch      answers with what has happened since, and ends; so waiting is the client's
//   deletion   at once, with all that names the object as its owner
//   threads    any
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "kube/api.h"
#include "kube/cluster_for_tests.h"
#include "kube/json.h"
#include "net/server_for_tests.h"

namespace reprocess {

class FakeCluster {
 public:
  using Json = nlohmann::json;
  // An answer instead of the server's own, and a look at what is asked: "GET", "jobs/name".
  using Before =
      std::function<std::optional<Reply>(const std::string& method, const std::string& target)>;

  FakeCluster() : server_([this](const std::string& request) { return Served(request); }) {}

  ClusterAccess access() const {
    return {.server = server_.url(""), .name_space = "team", .proxy = ""};
  }
  void Intercept(Before before) {
    const std::scoped_lock lock(mutex_);
    before_ = std::move(before);
  }
  // … and after it has acted: what is answered instead.
  using After = std::function<std::optional<Reply>(const Reply& answer)>;
  void InterceptAnswers(After after) {
    const std::scoped_lock lock(mutex_);
    after_ = std::move(after);
  }
  // "POST jobs", "DELETE jobs/reprocess-1", … but for what only reads.
  std::vector<std::string> writes() {
    const std::scoped_lock lock(mutex_);
    return writes_;
  }

  // As somebody else does it. From within `Before` too.
  void Put(const std::string& plural, const std::string& name, Json object) {
    const std::scoped_lock lock(mutex_);
    Store(plural, name, std::move(object));
  }
  void Merge(const std::string& plural, const std::string& name, const Json& patch) {
    const std::scoped_lock lock(mutex_);
    Json object = objects_[plural].at(name);
    object.merge_patch(patch);
    Store(plural, name, std::move(object));
  }
  void Remove(const std::string& plural, const std::string& name) {
    const std::scoped_lock lock(mutex_);
    Erase(plural, name);
  }
  std::optional<Json> Find(const std::string& plural, const std::string& name) {
    const std::scoped_lock lock(mutex_);
    const auto found = objects_[plural].find(name);
    return found != objects_[plural].end() ? std::optional(found->second) : std::nullopt;
  }
  std::vector<std::string> Names(const std::string& plural) {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, object] : objects_[plural]) names.push_back(name);
    return names;
  }
  // With times in front.
  void SetLog(const std::string& pod, const std::string& text) {
    const std::scoped_lock lock(mutex_);
    logs_[pod] = text;
  }

 private:
  struct Event {
    int version = 0;
    std::string plural;
    Json event;
  };
  struct Asked {
    std::string method, plural, name, subresource, query, body;
    std::string target() const { return name.empty() ? plural : plural + "/" + name; }
  };

  static std::string Status(const std::string& status, const std::string& message) {
    return Answered(status, Json{{"kind", "Status"}, {"message", message}}.dump());
  }
  static std::string NotFound(const Asked& asked) {
    return Status("404 Not Found", asked.target() + " not found");
  }

  // "GET /apis/batch/v1/namespaces/team/jobs/name/log?a=b HTTP/1.1".
  static Asked Read(const std::string& request) {
    Asked asked;
    const auto blank = request.find(' ');
    asked.method = request.substr(0, blank);
    std::string path = request.substr(blank + 1, request.find(' ', blank + 1) - blank - 1);
    if (const auto query = path.find('?'); query != std::string::npos) {
      asked.query = "&" + path.substr(query + 1);
      path.resize(query);
    }
    path.erase(0, path.find("/namespaces/team/") + std::string("/namespaces/team/").size());
    std::string* const parts[] = {&asked.plural, &asked.name, &asked.subresource};
    for (std::string* part : parts) {
      const auto slash = std::min(path.find('/'), path.size());
      *part = path.substr(0, slash);
      path.erase(0, slash + 1);
    }
    asked.body = request.substr(request.find("\r\n\r\n") + 4);
    return asked;
  }

  Reply Served(const std::string& request) {
    const Reply answer = Answer(request);
    const std::scoped_lock lock(mutex_);
    return after_ ? after_(answer).value_or(answer) : answer;
  }

  Reply Answer(const std::string& request) {
    if (!request.contains("\r\n\r\n")) return Status("400 Bad Request", "whoever asked has left");
    const Asked asked = Read(request);
    Before before;
    {
      const std::scoped_lock lock(mutex_);
      before = before_;
    }
    if (before) {
      if (const auto reply = before(asked.method, asked.target())) return *reply;
    }
    const std::scoped_lock lock(mutex_);
    if (asked.method == "GET") return Get(asked);
    writes_.push_back(asked.method + " " + asked.target());
    const Json body = Json::parse(asked.body, nullptr, false);
    if (asked.method == "POST") return Create(asked, body);
    const auto found = objects_[asked.plural].find(asked.name);
    if (found == objects_[asked.plural].end()) return NotFound(asked);
    if (asked.method == "PATCH") return Patch(asked, found->second, body);
    return Delete(asked, found->second, body);
  }

  Reply Get(const Asked& asked) {
    if (asked.subresource == "log") {
      const auto log = logs_.find(asked.name);
      return log != logs_.end() ? Answered("200 OK", log->second)
                                : Status("400 Bad Request", "waiting to start");
    }
    if (asked.query.contains("&watch=1")) return Watch(asked);
    if (asked.name.empty()) return List(asked);
    const auto found = objects_[asked.plural].find(asked.name);
    if (found == objects_[asked.plural].end()) return NotFound(asked);
    return Answered("200 OK", found->second.dump());
  }

  Reply List(const Asked& asked) {
    Json items = Json::array();
    for (const auto& [name, object] : objects_[asked.plural]) {
      if (IsSelected(asked.query, object)) items.push_back(object);
    }
    return Answered("200 OK", Json{{"metadata", {{"resourceVersion", std::to_string(version_)}}},
                                   {"items", std::move(items)}}
                                  .dump());
  }

  Reply Watch(const Asked& asked) {
    const auto at = asked.query.find("&resourceVersion=") + std::string("&resourceVersion=").size();
    const int since = std::stoi(asked.query.substr(at));
    std::string lines;
    for (const Event& event : events_) {
      if (event.version <= since || event.plural != asked.plural) continue;
      if (IsSelected(asked.query, event.event["object"])) lines += event.event.dump() + "\n";
    }
    return Answered("200 OK", lines);
  }

  // By one label or one name.
  static bool IsSelected(const std::string& query, const Json& object) {
    const auto of = [&](const std::string& name) {
      const auto begin = query.find("&" + name + "=");
      if (begin == std::string::npos) return std::string();
      const auto value = begin + name.size() + 2;
      return query.substr(value, query.find('&', value) - value);
    };
    const std::string labels = of("labelSelector"), fields = of("fieldSelector");
    const auto equals = labels.find("%3D");
    if (equals != std::string::npos &&
        TextAt(object, {"metadata", "labels", labels.substr(0, equals)}) !=
            labels.substr(equals + 3)) {
      return false;
    }
    const std::string name = "metadata.name%3D";
    return !fields.starts_with(name) ||
           TextAt(object, {"metadata", "name"}) == fields.substr(name.size());
  }

  Reply Create(const Asked& asked, Json object) {
    const std::string name = TextAt(object, {"metadata", "name"});
    if (objects_[asked.plural].contains(name)) {
      return Status("409 Conflict", asked.plural + " \"" + name + "\" already exists");
    }
    if (asked.query.contains("dryRun=All")) return Answered("201 Created", object.dump());
    Store(asked.plural, name, std::move(object));
    return Answered("201 Created", objects_[asked.plural][name].dump());
  }

  Reply Patch(const Asked& asked, Json object, const Json& body) {
    const std::string uid = TextAt(body, {"metadata", "uid"});
    if (!uid.empty() && uid != TextAt(object, {"metadata", "uid"})) {
      return Status("409 Conflict", "the UID in the precondition is not the object's");
    }
    object.merge_patch(body);
    Store(asked.plural, asked.name, std::move(object));
    return Answered("200 OK", objects_[asked.plural][asked.name].dump());
  }

  Reply Delete(const Asked& asked, const Json& object, const Json& body) {
    const std::string uid = TextAt(body, {"preconditions", "uid"});
    if (!uid.empty() && uid != TextAt(object, {"metadata", "uid"})) {
      return Status("409 Conflict", "the UID in the precondition is not the object's");
    }
    Erase(asked.plural, asked.name);
    return Answered("200 OK", R"({"kind":"Status","metadata":{}})");
  }

  void Store(const std::string& plural, const std::string& name, Json object) {
    const bool is_new = !objects_[plural].contains(name);
    object["metadata"]["name"] = name;
    object["metadata"]["resourceVersion"] = std::to_string(++version_);
    if (TextAt(object, {"metadata", "uid"}).empty()) {
      object["metadata"]["uid"] = fmt::format("uid-{}", version_);
    }
    events_.push_back(
        {version_, plural, {{"type", is_new ? "ADDED" : "MODIFIED"}, {"object", object}}});
    objects_[plural][name] = std::move(object);
  }

  void Erase(const std::string& plural, const std::string& name) {
    const auto found = objects_[plural].find(name);
    if (found == objects_[plural].end()) return;
    Json object = found->second;
    objects_[plural].erase(found);
    object["metadata"]["resourceVersion"] = std::to_string(++version_);
    events_.push_back({version_, plural, {{"type", "DELETED"}, {"object", object}}});
    EraseOwnedBy(TextAt(object, {"metadata", "uid"}));
  }

  void EraseOwnedBy(const std::string& uid) {
    std::vector<std::pair<std::string, std::string>> owned;
    for (const auto& [plural, objects] : objects_) {
      for (const auto& [name, object] : objects) {
        for (const Json& owner : At(object, {"metadata", "ownerReferences"})) {
          if (TextAt(owner, {"uid"}) == uid) owned.emplace_back(plural, name);
        }
      }
    }
    for (const auto& [plural, name] : owned) Erase(plural, name);
  }

  std::mutex mutex_;
  Before before_;
  After after_;
  std::map<std::string, std::map<std::string, Json>> objects_;  // by plural and name
  std::map<std::string, std::string> logs_;                     // by pod
  std::vector<Event> events_;
  std::vector<std::string> writes_;
  int version_ = 100;
  Server server_;  // last: it uses all of the above
};

// Waits are short, and end when they are to.
class HastyClock final : public Clock {
 public:
  SteadyTime Now() override { return SystemClock().Now(); }
  WallTime Wall() override { return SystemClock().Wall(); }
  bool SleepFor(Milliseconds, const std::stop_token& stop) override {
    return SystemClock().SleepFor(Milliseconds(1), stop);
  }
};

}  // namespace reprocess
