#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace reprocess {
namespace {

struct LogState {
  LogFormat format = LogFormat::kText;
  std::vector<LogField> common;
  std::shared_ptr<spdlog::logger> logger = MakeLogger();

  static std::shared_ptr<spdlog::logger> MakeLogger() {
    auto logger =
        std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%-5l%$ %v", spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::info);
    return logger;
  }
};

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

// Quotes for JSON, and for text values that need them. Bytes over 0x7F pass through.
void AppendQuoted(fmt::memory_buffer& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void AppendText(fmt::memory_buffer& out, const LogField& field) {
  fmt::format_to(std::back_inserter(out), " {}=", field.key);
  if (field.value.empty() || field.value.find_first_of(" \"\\\n\t=") != std::string::npos) {
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

void Log(LogLevel level, std::string_view message, std::vector<LogField> fields) {
  LogState& state = State();
  if (!state.logger->should_log(LevelOf(level))) return;
  fmt::memory_buffer line;
  if (state.format == LogFormat::kJson) {
    AppendJson(line, {"message", message});
    for (const auto& field : state.common) AppendJson(line, field);
    for (const auto& field : fields) AppendJson(line, field);
  } else {
    line.append(message);
    for (const auto& field : state.common) AppendText(line, field);
    for (const auto& field : fields) AppendText(line, field);
  }
  state.logger->log(LevelOf(level), "{}", std::string_view(line.data(), line.size()));
}

}  // namespace reprocess
