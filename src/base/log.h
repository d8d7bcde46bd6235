// One structured line for each event that matters, as text ("INFO message key=value …") or JSON.
//
//   where      stderr; never a line for each message, never a secret
//   repeated   a line that says again what the last of its kind said is counted, and written with
//              its count ("repeated 132 times") 30 s after the first (log_fold.h)
//   bytes      what is not UTF-8 becomes U+FFFD in JSON
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

// Called once, before the first line. The `common` fields (job, shard) lead every line.
void SetUpLog(LogLevel level, LogFormat format, std::vector<LogField> common);

void Log(LogLevel level, std::string_view message, std::vector<LogField> fields = {});

// Writes what was counted and is due, as each Log does; with `all`, at the end, the rest too.
void LogRepeated(bool all = false);

// While it lives, its fields follow the common ones in every line of this thread, to tell which
// shard of several a line is about. A stage's own thread takes them over with CurrentFields().
class LogScope {
 public:
  explicit LogScope(std::vector<LogField> fields);
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;
  static const std::vector<LogField>& CurrentFields();

 private:
  std::vector<LogField> before_;
};

}  // namespace reprocess
