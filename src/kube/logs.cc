#include "kube/logs.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/json.h"
#include "kube/line_cutter.h"
#include "kube/objects.h"
#include "net/uri_encoding.h"

namespace reprocess {
namespace {

constexpr std::chrono::minutes kLongest{5};
constexpr Milliseconds kSilence{60'000};  // follows hang where the kubelet rotates
constexpr std::size_t kMaxLine = 16 << 20;

std::string WholeSecond(WallTime time) {
  return FormatRfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

bool HasEnded(const nlohmann::json& pod, std::string_view container) {
  const std::string phase = TextAt(pod, {"status", "phase"});
  if (phase == "Succeeded" || phase == "Failed") return true;
  const nlohmann::json& statuses = At(pod, {"status", "containerStatuses"});
  return statuses.is_array() && std::ranges::any_of(statuses, [&](const nlohmann::json& status) {
           return TextAt(status, {"name"}) == container &&
                  At(status, {"state", "terminated"}).is_object();
         });
}

// A container that is not in the pod's specification will never write.
Result<void> CheckHas(const nlohmann::json& pod, const LogQuery& query) {
  std::string names;
  for (const std::string_view kind : {"initContainers", "containers"}) {
    for (const nlohmann::json& container : At(pod, {"spec", kind})) {
      const std::string name = TextAt(container, {"name"});
      if (name == query.container) return {};
      names += (names.empty() ? "" : ", ") + name;
    }
  }
  if (names.empty() || query.container.empty()) return {};
  return Invalid(fmt::format("follow the log: pod {} has no container {}, but {}", query.pod,
                             query.container, names));
}

class Log {
 public:
  Log(KubeApi& api, const LogQuery& query, const LogTaker& taker, const std::stop_token& stop)
      : api_(api), query_(query), taker_(taker), stop_(stop) {}

  enum class Mode : bool { kRead, kFollow };
  enum class State : std::uint8_t { kRuns, kEnded, kGone };

  // One answer, from where the one before ended.
  Result<void> Round(Mode mode) {
    heard_ = false;
    passed_ = last_;
    LineCutter lines(kMaxLine);
    const auto take = [this](std::string_view line) { return Take(line); };
    auto outcome = api_.Stream(
        {.verb = "get",
         .resource = kPods,
         .name = query_.pod,
         .subresource = "log",
         .query = Query(mode)},
        kLongest, kSilence, [&](std::string_view bytes) { return lines.Add(bytes, take); }, stop_);
    if (lines.too_long())
      return Fatal(fmt::format("read the log: a line of over {} bytes", kMaxLine));
    if (outcome && mode == Mode::kRead && !enough_ && !lines.rest().empty()) Take(lines.rest());
    return outcome;
  }

  Result<void> Follow() {
    State state = State::kRuns;
    for (int silent = 0;; silent = heard_ ? 0 : silent + 1) {
      const auto outcome = Round(state == State::kRuns ? Mode::kFollow : Mode::kRead);
      if (enough_) return {};
      if (state != State::kRuns && outcome) return {};
      if (!outcome && IsFinal(outcome.error(), state)) return outcome;
      const auto now = Look();
      if (!now && now.error().remedy != Remedy::kWait) return std::unexpected(now.error());
      if (now && *now == State::kGone) return {};
      if (now && *now != std::exchange(state, *now)) continue;
      if (heard_) continue;
      if (!outcome && outcome.error().code != Code::kTimedOut) taker_.away(outcome.error());
      if (!now) taker_.away(now.error());
      if (!api_.Pause(silent, stop_)) return Stopped("follow the log");
    }
  }

 private:
  // While the container runs the log may not be there yet (400), and the pod be gone (404) by now.
  static bool IsFinal(const Error& error, State state) {
    if (error.remedy == Remedy::kWait || error.code == Code::kNotFound) return false;
    return state != State::kRuns || error.code != Code::kInvalid;
  }

  // Of the pod in a list: that needs no right to get one.
  Result<State> Look() {
    TRY(const KubeList list,
        ListObjects(api_, kPods, {.fields = "metadata.name=" + query_.pod}, stop_));
    if (list.objects.empty()) return State::kGone;
    const auto pod = nlohmann::json::parse(list.objects[0].json, nullptr, false);
    TRY_OK(CheckHas(pod, query_));
    return HasEnded(pod, query_.container) ? State::kEnded : State::kRuns;
  }

  std::string Query(Mode mode) const {
    std::string text = "timestamps=true";
    if (mode == Mode::kFollow) text += "&follow=true";
    if (!query_.container.empty()) {
      text += "&container=" + UriEncoded(query_.container, Slash::kEncoded);
    }
    if (query_.previous) text += "&previous=true";
    const std::optional<WallTime> since = last_ ? std::optional<WallTime>(*last_) : query_.since;
    if (since) text += "&sinceTime=" + UriEncoded(WholeSecond(*since), Slash::kEncoded);
    if (!last_ && query_.tail) text += fmt::format("&tailLines={}", *query_.tail);
    return text;
  }

  bool Take(std::string_view text) {
    const auto line = ParseLogLine(text);
    if (!line || (passed_ && line->time <= *passed_)) return true;
    heard_ = true;
    last_ = last_ ? std::max(*last_, line->time) : line->time;
    enough_ = !taker_.line(*line);
    return !enough_;
  }

  KubeApi& api_;
  const LogQuery& query_;
  const LogTaker& taker_;
  const std::stop_token& stop_;
  std::optional<PreciseTime> last_, passed_;  // of all lines; of those before this answer
  bool heard_ = false, enough_ = false;
};

}  // namespace

std::optional<LogLine> ParseLogLine(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto blank = std::min(line.find(' '), line.size());
  const auto time = ParseRfc3339(line.substr(0, blank));
  if (!time) return std::nullopt;
  return LogLine{*time, line.substr(std::min(blank + 1, line.size()))};
}

Result<void> ReadLog(KubeApi& api, const LogQuery& query, const LogTaker& taker,
                     const std::stop_token& stop) {
  return Log(api, query, taker, stop).Round(Log::Mode::kRead);
}

Result<void> FollowLog(KubeApi& api, const LogQuery& query, const LogTaker& taker,
                       const std::stop_token& stop) {
  return Log(api, query, taker, stop).Follow();
}

}  // namespace reprocess
