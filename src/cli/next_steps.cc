#include "cli/next_steps.h"

#include <algorithm>
#include <ranges>
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
    steps.push_back({fmt::format("reprocess retry{} --reason {}{}{}{}", job, NameOf(c.reason),
                                 options.kafka, options.database, options.repository),
                     fmt::format("sends {} again, {}", Lines(count(c), "of that reason"), c.once)});
  }
}

// What they have taken up is retried from them; where all of it was sent, nothing is left to retry.
void AddLookAtRetries(const RunReport& report, const std::string& job, const JobOptions& options,
                      std::vector<NextStep>& steps) {
  constexpr std::size_t kMost = 3;
  for (const std::string& retry : report.retries | std::views::reverse | std::views::take(kMost)) {
    steps.push_back(
        {"reprocess status " + ShellWord(retry) + options.database,
         fmt::format("shows what became of what this retry has taken up; what none has, "
                     "`reprocess retry{} --reason NAME` sends",
                     job)});
  }
}

// What a limit left out of them, and what could not be read.
void AddForFiles(const RunReport& report, const PreparedRun& run, const JobOptions& options,
                 const NextStep& go_on, std::vector<NextStep>& steps) {
  const std::string job = " " + ShellWord(report.job_id);
  const bool retried = !report.retries.empty();
  const auto files = [&](FileState state) {
    return report.files.at(static_cast<std::size_t>(state));
  };
  // What a retry has taken up of failed files, a run of the job would send once more.
  const bool may_run = !options.kubernetes && (!retried || report.failed_files.empty());
  const bool cut = files(FileState::kPartial) + files(FileState::kNotRead) > 0;
  if (run.config.limit > 0 && cut && may_run) {
    steps.push_back({go_on.command + " --no-limit",
                     "sends what the limit left out (--limit +N: up to N messages of it)", true});
  }
  if (retried || report.failed_files.empty()) return;
  const bool begun = std::ranges::any_of(
      report.failed_files, [](const FileRow& file) { return file.place.hash.value.has_value(); });
  if (begun) {
    steps.push_back({fmt::format("reprocess retry{} --repaired{}{}{}", job, options.kafka,
                                 options.database, options.repository),
                     "sends the rest of files that were repaired (copies in DIR: --repaired DIR)"});
  }
  if (options.kubernetes) {
    steps.push_back({fmt::format("reprocess retry{} --failed-files{}{}{}", job, options.kafka,
                                 options.database, options.repository),
                     "tries the rest of the failed files, in the version that was read"});
  } else {
    steps.push_back(
        {go_on.command, "tries the failed files again, in the version that was read", true});
  }
}

}  // namespace

std::string OptionText(std::string_view name, const std::string& value, std::string_view variable) {
  if (value.empty()) return {};
  return fmt::format(" {} {}", name,
                     HasPassword(value) ? fmt::format("\"${}\"", variable) : ShellWord(value));
}

std::vector<NextStep> NextSteps(const RunReport& report, const PreparedRun& run,
                                JobOptions options) {
  if (options.repository.empty() && report.counters[Reason::kNoRepository] > 0) {
    options.repository = kRepositoryByName;
  }
  const std::string job = " " + ShellWord(report.job_id);
  const bool dry = run.destination.kind == Destination::kNone;
  const bool finished = Finished(report.outcome);
  const bool too_many = report.outcome == Outcome::kTooManyErrors;
  const NextStep go_on = {options.kubernetes ? "reprocess resume" + job + options.database
                                             : "reprocess run --job" + job + options.kafka +
                                                   options.database + options.repository,
                          "goes on from where it stopped", true};
  std::vector<NextStep> steps;
  if (!finished && !report.cancelled && !too_many) steps.push_back(go_on);
  const std::uint64_t unsent = report.counters.lines_unsent();
  if (unsent > 0) {
    steps.push_back(
        {"reprocess errors" + job + options.database,
         fmt::format("shows {}, and why",
                     Lines(unsent, unsent == 1 ? "that was not sent" : "that were not sent"))});
  }
  if (too_many && !report.cancelled) {
    steps.push_back({"reprocess set" + job + " max_errors=100%" + options.database,
                     "lets it go on, however many lines cannot be sent"});
    steps.push_back(go_on);
  }
  if (!finished || dry) return steps;
  if (!report.retries.empty()) {
    AddLookAtRetries(report, job, options, steps);
  } else {
    AddRetries(report, job, options, steps);
  }
  AddForFiles(report, run, options, go_on, steps);
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
