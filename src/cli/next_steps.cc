#include "cli/next_steps.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/thousands.h"

namespace reprocess {
namespace {

bool HasPassword(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == url.npos) return false;
  const std::string_view authority =
      url.substr(scheme + 3, url.find_first_of("/?", scheme + 3) - scheme - 3);
  const auto at = authority.rfind('@');
  return (at != url.npos && authority.substr(0, at).contains(':')) || url.contains("password=");
}

// A value that a shell takes as one word.
std::string ShellWord(const std::string& word) {
  if (word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "_-./:,=@") == std::string::npos) {
    return word;
  }
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string Lines(std::uint64_t count, std::string_view what) {
  return count == 1 ? fmt::format("the line {}", what)
                    : fmt::format("the {} lines {}", Thousands(count), what);
}

// Reasons that something outside the file can take away.
struct Curable {
  Reason reason;
  std::string_view once;
};
constexpr Curable kCurable[] = {
    {Reason::kUnknownStream, "once the repository knows their streams"},
    {Reason::kNoDestination, "once their streams have destinations"},
    {Reason::kNoRepository, "looking up their streams"},
    {Reason::kTooLarge, "once the topic takes records of their size"},
    {Reason::kRefused, "once the topic takes them"},
};

void AddRetries(const RunReport& report, const std::string& job, const JobOptions& options,
                std::vector<NextStep>& steps) {
  std::vector<Curable> curable(std::begin(kCurable), std::end(kCurable));
  const auto count = [&](const Curable& c) { return report.counters[c.reason]; };
  std::erase_if(curable, [&](const Curable& c) { return count(c) == 0; });
  std::ranges::stable_sort(curable, std::greater(), count);
  for (const Curable& c : curable) {
    const bool must_look_up = c.reason == Reason::kNoRepository && options.repository.empty();
    steps.push_back(
        {fmt::format("reprocess retry{} --reason {}{}{}{}", job, NameOf(c.reason), options.kafka,
                     options.database,
                     must_look_up ? " --repository-url \"$REPOSITORY_URL\"" : options.repository),
         fmt::format("sends {} again, {}", Lines(count(c), "of that reason"), c.once)});
  }
}

}  // namespace

std::string OptionText(std::string_view name, const std::string& value, std::string_view variable) {
  if (value.empty()) return {};
  return fmt::format(" {} {}", name,
                     HasPassword(value) ? fmt::format("\"${}\"", variable) : ShellWord(value));
}

std::vector<NextStep> NextSteps(const RunReport& report, const PreparedRun& run,
                                const JobOptions& options) {
  const std::string job = " " + ShellWord(report.job_id);
  const bool dry = run.destination.kind == Destination::kNone;
  const bool finished = Finished(report.outcome);
  const NextStep go_on = {
      "reprocess run --job" + job + options.kafka + options.database + options.repository,
      "goes on from where it stopped", true};
  std::vector<NextStep> steps;
  if (!finished && !report.cancelled) steps.push_back(go_on);
  const std::uint64_t unreadable = report.counters[Reason::kUnreadable];
  const std::uint64_t unsent = report.counters.errors() - unreadable;
  if (unsent > 0) {
    steps.push_back(
        {"reprocess errors" + job + options.database,
         fmt::format("shows {}, and why",
                     Lines(unsent, unsent == 1 ? "that was not sent" : "that were not sent"))});
  }
  if (!finished || dry) return steps;
  AddRetries(report, job, options, steps);
  const auto files = [&](FileState state) {
    return report.files.at(static_cast<std::size_t>(state));
  };
  if (run.config.limit > 0 && files(FileState::kPartial) + files(FileState::kNotRead) > 0) {
    steps.push_back({go_on.command + " --no-limit",
                     "sends what the limit left out (--limit +N: up to N messages of it)", true});
  }
  const bool begun = std::ranges::any_of(
      report.failed_files, [](const FileRow& file) { return file.place.hash.value.has_value(); });
  if (begun) {
    steps.push_back({fmt::format("reprocess retry{} --repaired{}{}{}", job, options.kafka,
                                 options.database, options.repository),
                     "sends the rest of files that were repaired (copies in DIR: --repaired DIR)"});
  }
  if (!report.failed_files.empty()) {
    steps.push_back(
        {go_on.command, "tries the failed files again, in the version that was read", true});
  }
  return steps;
}

std::string NextText(const std::vector<NextStep>& steps) {
  if (steps.empty()) return {};
  std::string text = "\nNext\n";
  for (const NextStep& step : steps) {
    text += fmt::format("  {}\n      {}\n", step.command, step.why);
  }
  const auto named = [&](std::string_view variable) {
    return std::ranges::any_of(steps,
                               [&](const NextStep& s) { return s.command.contains(variable); });
  };
  if (named("$DATABASE_URL")) text += "  DATABASE_URL is to be set to what --database was\n";
  if (named("$REPOSITORY_URL")) text += "  REPOSITORY_URL is to be set to the repository's URL\n";
  return text;
}

}  // namespace reprocess
