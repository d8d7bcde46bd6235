#include "base/log.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/log_file.h"
#include "base/log_fold.h"
#include "base/utf8.h"

namespace reprocess {
namespace {

struct LogState {
  LogFormat format = LogFormat::kText;
  std::vector<LogField> common;
  std::shared_ptr<spdlog::logger> logger = MakeLogger();
  std::mutex mutex;
  LogFold fold;
  std::string file;  // that standard output and error are, where they are one of ours
  std::uint64_t most = 0;

  static std::shared_ptr<spdlog::logger> MakeLogger() {
    auto logger =
        std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%-5l%$ %v", spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::info);
    return logger;
  }
};

thread_local std::vector<LogField> scope_fields;

LogState& State() {
  static LogState state;
  return state;
}

spdlog::level::level_enum LevelOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      break;
  }
  return spdlog::level::off;
}

// The character that `text` begins with, where a terminal would obey it instead of showing it.
bool IsControl(std::string_view text, std::size_t length) {
  const auto c = static_cast<unsigned char>(text.front());
  const bool c1 = length == 2 && c == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
  return c < 0x20 || c == 0x7F || c1 || IsBidiControl(text.substr(0, length));
}

void AppendEscaped(fmt::memory_buffer& out, std::string_view text, std::size_t length) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned code = length == 3 ? (at(0) & 0x0FU) << 12 | (at(1) & 0x3FU) << 6 | (at(2) & 0x3FU)
                        : length == 2 ? (at(0) & 0x1FU) << 6 | (at(1) & 0x3FU)
                                      : at(0);
  fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
}

// Quotes for JSON, and for text values that need them.
void AppendQuoted(fmt::memory_buffer& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const char c = text.front();
    const std::size_t length = Utf8Sequence(text);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (length == 0) {
      out.append(std::string_view("\\ufffd"));
    } else if (IsControl(text, length)) {
      AppendEscaped(out, text, length);
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out.push_back('"');
}

// A message in a text log: its lines stay lines.
void AppendMessage(fmt::memory_buffer& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(Utf8Sequence(text), 1);
    if (text.front() != '\n' && IsControl(text, length)) {
      AppendEscaped(out, text, length);
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty() || text.find_first_of(" \"\\=") != std::string_view::npos) return true;
  for (std::size_t length = 0; !text.empty(); text.remove_prefix(length)) {
    length = std::max<std::size_t>(Utf8Sequence(text), 1);
    if (IsControl(text, length)) return true;
  }
  return false;
}

void AppendText(fmt::memory_buffer& out, const LogField& field) {
  fmt::format_to(std::back_inserter(out), " {}=", field.key);
  if (NeedsQuotes(field.value)) {
    AppendQuoted(out, field.value);
  } else {
    out.append(field.value);
  }
}

void AppendJson(fmt::memory_buffer& out, const LogField& field) {
  out.push_back(',');
  AppendQuoted(out, field.key);
  out.push_back(':');
  if (field.quoted) {
    AppendQuoted(out, field.value);
  } else {
    out.append(field.value);
  }
}

// False where it cannot be opened: then what there was stays.
bool Redirect(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  return file && ::dup2(file.get(), STDOUT_FILENO) >= 0 && ::dup2(file.get(), STDERR_FILENO) >= 0;
}

void BeginFileAnew(LogState& state) {
  struct stat file{};
  if (::fstat(STDERR_FILENO, &file) != 0 || static_cast<std::uint64_t>(file.st_size) < state.most) {
    return;
  }
  if (std::rename(state.file.c_str(), (state.file + ".1").c_str()) == 0) (void)Redirect(state.file);
}

void Write(LogState& state, LogLevel level, std::string_view message,
           const std::vector<LogField>& fields, std::uint64_t repeated) {
  fmt::memory_buffer line;
  const bool json = state.format == LogFormat::kJson;
  const auto append = json ? AppendJson : AppendText;
  if (json) {
    AppendJson(line, {"message", message});
  } else {
    AppendMessage(line, message);
    if (repeated > 0) fmt::format_to(std::back_inserter(line), " (repeated {} times)", repeated);
  }
  for (const auto& field : state.common) append(line, field);
  for (const auto& field : fields) append(line, field);
  if (json && repeated > 0) AppendJson(line, {"repeated", repeated});
  state.logger->log(LevelOf(level), "{}", std::string_view(line.data(), line.size()));
  if (!state.file.empty()) BeginFileAnew(state);
}

void WriteRepeated(LogState& state, SteadyTime now) {
  for (const auto& [level, message, fields, count] : state.fold.TakeOver(now)) {
    Write(state, level, message, fields, count);
  }
}

}  // namespace

void SetUpLog(LogLevel level, LogFormat format, std::vector<LogField> common) {
  LogState& state = State();
  state.format = format;
  state.common = std::move(common);
  state.logger->set_level(LevelOf(level));
  if (format == LogFormat::kJson) {
    state.logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l"%v})",
                              spdlog::pattern_time_type::utc);
  }
}

Result<void> LogInto(const std::string& path, std::uint64_t most) {
  LogState& state = State();
  const std::scoped_lock lock(state.mutex);
  if (!Redirect(path)) {
    return Fatal("open the log: " + std::generic_category().message(errno), path);
  }
  state.file = path;
  state.most = most;
  return {};
}

void Log(LogLevel level, std::string_view message, std::vector<LogField> fields) {
  LogState& state = State();
  if (!state.logger->should_log(LevelOf(level))) return;
  fields.insert(fields.begin(), scope_fields.begin(), scope_fields.end());
  const SteadyTime now = SystemClock().Now();
  const std::scoped_lock lock(state.mutex);
  WriteRepeated(state, now);
  if (state.fold.Admit(level, message, fields, now)) Write(state, level, message, fields, 0);
}

void LogRepeated(bool all) {
  LogState& state = State();
  const std::scoped_lock lock(state.mutex);
  WriteRepeated(state, all ? SteadyTime::max() : SystemClock().Now());
}

LogScope::LogScope(std::vector<LogField> fields)
    : before_(std::exchange(scope_fields, std::move(fields))) {}

LogScope::~LogScope() {
  scope_fields = std::move(before_);
}

const std::vector<LogField>& LogScope::CurrentFields() {
  return scope_fields;
}

}  // namespace reprocess
