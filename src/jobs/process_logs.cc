#include "jobs/process_logs.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "kube/json.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

constexpr Milliseconds kLook{500};
constexpr std::size_t kPiece = 64 << 10, kLongestLine = 1 << 20;

std::string Shown(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string TextIn(const Json& line) {
  std::string text;
  for (const char* key : {"level", "message"}) {
    if (!line.contains(key)) continue;
    text += (text.empty() ? "" : " ") + Shown(line[key]);
  }
  for (const auto& [key, value] : line.items()) {
    if (key == "time" || key == "level" || key == "message" || key == "job" || key == "shard" ||
        key == "kind") {
      continue;
    }
    text += fmt::format(" {}={}", key, Shown(value));
  }
  return text;
}

// As the program has told it (cli/console.cc).
Error ErrorIn(const nlohmann::json& line) {
  const std::string kind = TextAt(line, {"kind"}), why = TextAt(line, {"error"});
  Error error{.what = TextAt(line, {"message"})};
  if (!why.empty()) error.what += ": " + why;
  if (kind == "away") error.remedy = Remedy::kWait;
  error.code = kind == "conflict" ? Code::kConflict
               : kind == "away"   ? Code::kOther
                                  : Code::kInvalid;
  return error;
}

// A file that grows, and is renamed and begun anew.
class GrowingFile {
 public:
  explicit GrowingFile(std::string path) : path_(std::move(path)) {}

  bool Open() {
    file_ = Descriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    return static_cast<bool>(file_);
  }

  bool IsSameAs(const GrowingFile& other) const { return Inode(file_) == Inode(other.file_); }

  // Gives each line that is whole by now; and of the file that has taken its name meanwhile.
  void Read(const std::function<void(std::string_view)>& take) {
    do {
      ReadToItsEnd(take);
    } while (IsBegunAnew() && Open());
  }
  void ReadToItsEnd(const std::function<void(std::string_view)>& take) {
    std::array<char, kPiece> piece;
    for (ssize_t got = 0; (got = ::read(file_.get(), piece.data(), piece.size())) > 0;) {
      rest_.append(piece.data(), static_cast<std::size_t>(got));
      std::size_t begin = 0;
      for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
        take(std::string_view(rest_).substr(begin, end - begin));
        begin = end + 1;
      }
      rest_.erase(0, begin);
      if (rest_.size() > kLongestLine) rest_.clear();
    }
  }

 private:
  static ino_t Inode(const Descriptor& file) {
    struct stat status{};
    return ::fstat(file.get(), &status) == 0 ? status.st_ino : 0;
  }
  bool IsBegunAnew() const {
    struct stat named{};
    return ::stat(path_.c_str(), &named) == 0 && named.st_ino != Inode(file_);
  }

  const std::string path_;
  Descriptor file_;
  std::string rest_;
};

class Reader {
 public:
  Reader(const LogsRequest& request, LogsListener& listener)
      : request_(request), listener_(listener) {}

  void Take(std::string_view text) {
    JobLogLine line = LineOfProcess(text, last_);
    last_ = line.time;
    if (request_.worker && line.worker != *request_.worker) return;
    if (request_.since && line.time < PreciseTime(*request_.since)) return;
    if (live_ || !request_.tail) return listener_.Line(line);
    kept_.push_back(std::move(line));
  }

  // What was there is told; the rest as it comes.
  void GoLive() {
    std::map<int, int> left;
    for (const JobLogLine& line : kept_) ++left[line.worker];
    for (const JobLogLine& line : kept_) {
      if (left[line.worker]-- <= *request_.tail) listener_.Line(line);
    }
    kept_.clear();
    live_ = true;
  }

 private:
  const LogsRequest& request_;
  LogsListener& listener_;
  PreciseTime last_{};
  bool live_ = false;
  std::vector<JobLogLine> kept_;  // where only the last of them are wanted
};

}  // namespace

JobLogLine LineOfProcess(std::string_view text, const PreciseTime& before) {
  const Json line = Json::parse(text, nullptr, false);
  if (!line.is_object()) return {before, 0, {}, std::string(text)};
  const auto time = line.contains("time") ? ParseRfc3339(Shown(line["time"])) : std::nullopt;
  const auto shard = line.find("shard");
  const bool says = shard != line.end() && shard->is_number_integer();
  return {time.value_or(before), says ? shard->get<int>() : 0, {}, TextIn(line)};
}

Result<void> ReadProcessLogs(const std::string& path, const LogsRequest& request,
                             LogsListener& listener, const std::function<bool()>& over,
                             Clock& clock, const std::stop_token& stop) {
  Reader reader(request, listener);
  const auto take = [&](std::string_view line) { reader.Take(line); };
  GrowingFile before(path + ".1"), now(path);
  if (!now.Open()) {
    return Fatal("read the logs: nothing that it wrote is here", request.job_id, {},
                 Code::kNotFound);
  }
  if (before.Open() && !before.IsSameAs(now)) before.ReadToItsEnd(take);
  now.Read(take);
  reader.GoLive();
  for (bool ended = over();; ended = over()) {
    now.Read(take);
    if (ended) return {};
    if (!clock.SleepFor(kLook, stop)) return Stopped("follow the logs");
  }
}

void RemoveOldLogs(const std::string& folder, WallTime now) {
  namespace fs = std::filesystem;
  constexpr auto kKept = std::chrono::days(30);
  std::error_code failed;
  std::vector<fs::path> old;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const auto written = entry.last_write_time(failed);
    if (failed || entry.path().extension() != ".log") continue;
    const bool marked = fs::exists(fs::path(entry.path()).replace_extension(".job"), failed);
    if (!marked && std::chrono::file_clock::to_sys(written) + kKept < now) {
      old.push_back(entry.path());
    }
  }
  for (const fs::path& log : old) {
    fs::remove(log.string() + ".1", failed);
    fs::remove(fs::path(log).replace_extension(".lock"), failed);
    fs::remove(log, failed);
  }
}

std::optional<Error> LastErrorIn(const std::string& path) {
  GrowingFile file(path);
  std::optional<Error> error;
  if (!file.Open()) return error;
  file.Read([&](std::string_view text) {
    const auto line = nlohmann::json::parse(text, nullptr, false);
    if (TextAt(line, {"level"}) == "error") error = ErrorIn(line);
  });
  return error;
}

}  // namespace reprocess
