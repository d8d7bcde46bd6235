#include "config/settings_table.h"

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

constexpr std::string_view kOurs = "REPROCESS_";

std::string Readme() {
  std::ifstream file(REPROCESS_README);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Rows that share a sentence are one in README.
std::string MarkdownOf(std::span<const Setting> table, std::string_view prefix) {
  const EnvironmentConfig defaults;
  std::string text;
  for (std::size_t i = 0, next = 0; i < table.size(); i = next) {
    for (next = i + 1; next < table.size() && table[next].meaning.empty();) ++next;
    std::vector<std::string> names, shown;
    for (const Setting& row : table.subspan(i, next - i)) {
      EXPECT_TRUE(row.name.starts_with(prefix)) << row.name;
      names.push_back(fmt::format("`{}`", row.name.substr(prefix.size())));
      if (!table[i].absent.empty()) continue;
      const std::string value = row.shown(defaults);
      if (shown.empty() || value != shown.front()) shown.push_back(value);
    }
    const std::string absent(table[i].absent);
    text += fmt::format("| {} | {} | {} |\n", fmt::join(names, ", "), table[i].meaning,
                        absent.empty() ? fmt::format("{}", fmt::join(shown, ", ")) : absent);
  }
  return text;
}

// The rows below the heading line of a table.
std::string TableOf(const std::string& readme, const std::string& heading) {
  const auto head = readme.find(heading + "\n| --- | --- | --- |\n");
  if (head == std::string::npos) return "";
  const auto begin = readme.find('\n', readme.find('\n', head) + 1) + 1;
  return readme.substr(begin, readme.find("\n\n", begin) + 1 - begin);
}

TEST(SettingsTable, IsWhatReadmeSays) {
  const std::string readme = Readme();
  EXPECT_EQ(TableOf(readme, "| variable | meaning | if absent |"),
            MarkdownOf(ServiceSettings(), ""));
  EXPECT_EQ(TableOf(readme, "| name | meaning | default |"), MarkdownOf(ReplaySettings(), kOurs));
}

TEST(SettingsTable, NamesWhatIsReadAndNothingElse) {
  std::set<std::string> asked;
  const Environment noting = [&](const std::string& name) -> std::optional<std::string> {
    asked.insert(name);
    return std::nullopt;
  };
  ASSERT_TRUE(LoadEnvironment(noting));
  std::set<std::string> named;
  for (const auto& table : {ServiceSettings(), ReplaySettings()}) {
    for (const Setting& row : table) {
      const std::string name(row.name);
      EXPECT_TRUE(named.insert(name).second) << name << " stands there twice";
      // What tells who we are to AWS is read by aws/, when it is needed.
      const bool of_aws = name.starts_with("AWS_") && row.read == nullptr;
      EXPECT_TRUE(of_aws || asked.contains(name)) << name << " is not read";
    }
  }
  for (const auto& name : asked) EXPECT_TRUE(named.contains(name)) << name << " is not named";
}

// Numbers at their bounds, and just outside of them.
TEST(SettingsTable, HoldsEveryNumberToItsBounds) {
  const auto problems = [](const Setting& row, std::uint64_t value) {
    Problems found;
    const Environment environment = [&](const std::string& name) -> std::optional<std::string> {
      if (name != row.name) return std::nullopt;
      return std::to_string(value);
    };
    EnvironmentConfig config;
    row.read(Variables(environment, found), row, config);
    return found.count();
  };
  for (const auto& table : {ServiceSettings(), ReplaySettings()}) {
    for (const Setting& row : table) {
      if (row.max == 0) continue;
      SCOPED_TRACE(row.name);
      EXPECT_EQ(problems(row, row.min), 0U);
      EXPECT_EQ(problems(row, row.max), 0U);
      EXPECT_EQ(problems(row, row.max + 1), 1U);
      if (row.min > 0) {
        EXPECT_EQ(problems(row, row.min - 1), 1U);
      }
    }
  }
}

}  // namespace
}  // namespace reprocess
