#include "cli/plan_view.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/next_steps.h"
#include "cli/numbers.h"
#include "cli/table.h"
#include "model/time_text.h"
#include "views/plan.h"

namespace reprocess {
namespace {

constexpr std::size_t kShownPaths = 10;

// "2026-05-01 06:00".
std::string Minute(WallTime time) {
  std::string text = FormatRfc3339(time).substr(0, 16);
  text[10] = ' ';
  return text;
}

std::string Headline(const PlannedJob& job) {
  if (!job.existed) return "planned; nothing is started";
  switch (job.plan.begun) {
    case Begun::kNot:
      return "planned before, the same; nothing is started";
    case Begun::kHere:
      return "planned before, the same; begun here";
    case Begun::kElsewhere:
      break;
  }
  return "planned before, the same; submitted or cancelled";
}

std::string Span(const std::string& least, const std::string& most) {
  return least == most ? most : least + " to " + most;
}

// How evenly the list is shared out.
std::string SharesText(const std::vector<PlannedShare>& shares) {
  const auto [few, many] = std::ranges::minmax(shares, {}, &PlannedShare::files);
  const auto [light, heavy] = std::ranges::minmax(shares, {}, &PlannedShare::bytes);
  if (shares.size() == 1) return "1";
  return fmt::format("{}, each with {}, {}", shares.size(),
                     few.files == many.files ? Plural(many.files, "file")
                                             : fmt::format("{} to {}", Thousands(few.files),
                                                           Plural(many.files, "file")),
                     Span(HumanBytes(light.bytes), HumanBytes(heavy.bytes)));
}

}  // namespace

std::string PlannedText(const PlannedJob& job, const std::vector<NextStep>& next,
                        const Screen& screen) {
  const PlanSums sums = SumsOf(job);
  Table table({{}, {}}, "  ");
  const auto add = [&](const char* what, const std::string& text) {
    if (!text.empty()) table.Add({what, text});
  };
  const std::size_t parts = job.plan.files.size();
  add("files", fmt::format("{}{}, {}", Thousands(sums.files),
                           parts == sums.files ? "" : fmt::format(" in {} parts", Thousands(parts)),
                           HumanBytes(sums.bytes)));
  add("to", Describe(job.destination));
  add("workers", SharesText(job.shares));
  add("times", TimesText(sums.times));
  add("missing", MissingSentence(job.plan.config));
  add("filters", job.checked.filters);
  add("before", job.checked.replayed);
  if (job.expected) {
    add("takes", fmt::format("about {}, as fast as job {} went",
                             HumanDuration(job.expected->seconds), job.expected->job_id));
  }
  add("plan", job.hash);
  return fmt::format("job {}: {}\n", job.plan.job_id, Headline(job)) + table.Render(screen) +
         IgnoredText(job.ignored) + NextText(next);
}

std::string PathList(const std::string& title, const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string text = title + "\n";
  for (std::size_t i = 0; i < std::min(lines.size(), kShownPaths); ++i) {
    text += "  " + Printable(lines[i], 200) + "\n";
  }
  if (lines.size() > kShownPaths) {
    text += fmt::format("  ... and {} more\n", Thousands(lines.size() - kShownPaths));
  }
  return text;
}

std::string IgnoredText(const std::vector<IgnoredFile>& ignored) {
  std::vector<std::string> lines;
  for (const auto& file : ignored) lines.push_back(file.path + ": " + file.reason);
  return PathList(Plural(lines.size(), "file") + " ignored:", lines);
}

std::string TimesText(const NameTimes& times) {
  if (!times.first) return {};
  if (*times.first == *times.last) return Minute(*times.first) + " UTC, by its name";
  return fmt::format("{} to {} UTC, by their names", Minute(*times.first), Minute(*times.last));
}

}  // namespace reprocess
