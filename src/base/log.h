// One structured line an event that matters: text ("INFO message key=value …") or JSON, on stderr.
//
//   never a line a message, never a secret
//   threads    any
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace reprocess {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat : std::uint8_t { kText, kJson };

struct LogField {
  std::string key, value;
  bool quoted = true;  // in JSON; numbers and booleans are not

  template <class T>
  LogField(std::string_view k, const T& v)
      : key(k), value(fmt::format("{}", v)), quoted(!std::is_arithmetic_v<T>) {}
};

// Once, before the first line. `common` fields (job, shard) lead every line.
void SetUpLog(LogLevel level, LogFormat format, std::vector<LogField> common);

void Log(LogLevel level, std::string_view message, std::vector<LogField> fields = {});

}  // namespace reprocess
