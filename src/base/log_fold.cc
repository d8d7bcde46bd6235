#include "base/log_fold.h"

#include <algorithm>

namespace reprocess {
namespace {

std::string KindOf(std::string_view message, const std::vector<LogField>& fields) {
  const auto value = [&](std::string_view name) {
    const auto field = std::ranges::find(fields, name, &LogField::key);
    return field == fields.end() ? std::string_view() : std::string_view(field->value);
  };
  const std::string_view reason = value("reason");
  return fmt::format("{}\n{}\n{}", message, value("shard"), reason.empty() ? value("why") : reason);
}

std::string TextOf(const std::vector<LogField>& fields) {
  std::string text;
  for (const LogField& field : fields) {
    text.append(field.key).append(1, '\0').append(field.value).append(1, '\0');
  }
  return text;
}

}  // namespace

bool LogFold::Admit(LogLevel level, std::string_view message, const std::vector<LogField>& fields,
                    SteadyTime now) {
  Kind& kind = kinds_[KindOf(message, fields)];
  std::string text = TextOf(fields);
  const bool bounded = level == LogLevel::kWarn || level == LogLevel::kError;
  if (kind.written == 0) {
    kind.until = now + kWindow;
    next_over_ = std::min(next_over_, kind.until);
  } else if (text == kind.last_text || (bounded && kind.written >= kMostAlike)) {
    const std::uint64_t count = kind.repeated.count + 1;
    kind.repeated = {level, std::string(message), fields, count};
    return false;
  }
  kind.last_text = std::move(text);
  ++kind.written;
  return true;
}

std::vector<LogFold::Repeated> LogFold::TakeOver(SteadyTime now) {
  std::vector<std::pair<SteadyTime, Repeated>> over;
  if (now < next_over_) return {};
  next_over_ = SteadyTime::max();
  for (auto kind = kinds_.begin(); kind != kinds_.end();) {
    const SteadyTime until = kind->second.until;
    if (until > now) {
      next_over_ = std::min(next_over_, until);
      ++kind;
      continue;
    }
    if (kind->second.repeated.count > 0) over.emplace_back(until, std::move(kind->second.repeated));
    kind = kinds_.erase(kind);
  }
  std::ranges::sort(over, {}, &std::pair<SteadyTime, Repeated>::first);
  std::vector<Repeated> repeated;
  for (auto& [until, line] : over) repeated.push_back(std::move(line));
  return repeated;
}

}  // namespace reprocess
