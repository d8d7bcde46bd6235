#include "kube/watch.h"

#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/json.h"
#include "kube/line_cutter.h"

namespace reprocess {
namespace {

// The server ends a watch after so long. Events have no bookmarks: where nothing happens, that end is
// the first that is heard of them.
constexpr std::chrono::seconds kLongest{60};
constexpr Milliseconds kSilence{90'000};  // a longer one is a connection that is dead
constexpr std::size_t kMaxLine = 16 << 20;

constexpr std::array<std::pair<std::string_view, WatchEvent::Kind>, 5> kKinds = {{
    {"ADDED", WatchEvent::Kind::kAdded},
    {"MODIFIED", WatchEvent::Kind::kModified},
    {"DELETED", WatchEvent::Kind::kDeleted},
    {"BOOKMARK", WatchEvent::Kind::kBookmark},
    {"ERROR", WatchEvent::Kind::kError},
}};

class Watch {
 public:
  Watch(KubeApi& api, const KubeResource& resource, const KubeSelection& selection,
        WatchListener& listener, const std::stop_token& stop)
      : api_(api), resource_(resource), selection_(selection), listener_(listener), stop_(stop) {}

  Result<void> Run() {
    for (int silent = 0; !enough_;) {
      heard_ = false;
      const Result<void> outcome = version_.empty() ? List() : FromVersion();
      if (!outcome && outcome.error().code == Code::kChanged) version_.clear();
      if (!outcome && outcome.error().code != Code::kChanged &&
          outcome.error().remedy != Remedy::kWait) {
        return outcome;
      }
      if (heard_) {
        silent = 0;
        continue;
      }
      if (outcome) silent = 0;  // nothing happened
      if (!outcome && outcome.error().remedy == Remedy::kWait) listener_.Away(outcome.error());
      if (!api_.Pause(silent++, stop_)) return Stopped("watch");
    }
    return {};
  }

 private:
  Result<void> List() {
    TRY(const KubeList list, ListObjects(api_, resource_, selection_, stop_));
    version_ = list.resource_version;
    enough_ = !listener_.Listed(list);
    heard_ = true;
    return {};
  }

  Result<void> FromVersion() {
    KubeCall call{.verb = "watch", .resource = resource_, .query = QueryOf(selection_)};
    call.query +=
        fmt::format("{}watch=1&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}",
                    call.query.empty() ? "" : "&", version_, kLongest.count());
    LineCutter lines(kMaxLine);
    const auto outcome = api_.Stream(
        call, kLongest, kSilence,
        [&](std::string_view bytes) {
          return lines.Add(bytes, [this](std::string_view line) { return Take(line); });
        },
        stop_);
    if (lines.too_long()) return Fatal(fmt::format("watch: a line of over {} bytes", kMaxLine));
    return outcome;
  }

  // False where nothing more is wanted of this answer.
  bool Take(std::string_view line) {
    const Result<WatchEvent> event = ParseWatchEvent(line);
    if (!event || event->kind == WatchEvent::Kind::kError) {
      version_.clear();
      return false;
    }
    heard_ = true;
    version_ = event->object.resource_version;
    if (event->kind != WatchEvent::Kind::kBookmark) {
      enough_ = !listener_.Changed(event->kind, event->object);
    }
    return !enough_;
  }

  KubeApi& api_;
  const KubeResource resource_;
  const KubeSelection& selection_;
  WatchListener& listener_;
  const std::stop_token& stop_;
  std::string version_;  // empty: to be listed
  bool heard_ = false, enough_ = false;
};

}  // namespace

Result<void> WatchObjects(KubeApi& api, const KubeResource& resource,
                          const KubeSelection& selection, WatchListener& listener,
                          const std::stop_token& stop) {
  return Watch(api, resource, selection, listener, stop).Run();
}

Result<WatchEvent> ParseWatchEvent(std::string_view line) {
  const nlohmann::json root = nlohmann::json::parse(line, nullptr, false);
  const std::string type = TextAt(root, {"type"});
  const nlohmann::json& object = At(root, {"object"});
  for (const auto& [name, kind] : kKinds) {
    if (name != type) continue;
    if (kind == WatchEvent::Kind::kError) return WatchEvent{kind, {}, TextAt(object, {"message"})};
    TRY(KubeObject read,
        ParseObject(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                    "watch"));
    if (read.resource_version.empty()) return Invalid("watch: an object without resourceVersion");
    return WatchEvent{kind, std::move(read), {}};
  }
  return Invalid("watch: a line that is no event");
}

}  // namespace reprocess
