// docs/serve.md names what the service reads.
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "api/settings.h"
#include "config/settings_table.h"

namespace reprocess {
namespace {

using Names = std::set<std::string>;

std::string Document() {
  std::ifstream file(REPROCESS_SERVE_DOC);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Names NamesIn(const std::string& text) {
  static const std::regex kName("`([A-Z][A-Z0-9_]+)`");
  Names names;
  for (std::sregex_iterator at(text.begin(), text.end(), kName), end; at != end; ++at) {
    names.insert((*at)[1]);
  }
  return names;
}

// The first column of the first table: what the service itself reads.
Names NamesOfTable(const std::string& document) {
  std::istringstream lines(document.substr(document.find("| name | meaning | if absent |")));
  std::string first;
  for (std::string line; std::getline(lines, line) && line.starts_with('|');) {
    first += line.substr(0, line.find('|', 1)) + '\n';
  }
  return NamesIn(first);
}

// Those that it asks its environment for, without what workers read.
Names NamesAsked() {
  Names asked;
  const Environment noting = [&](const std::string& name) -> std::optional<std::string> {
    asked.insert(name);
    return std::nullopt;
  };
  EXPECT_TRUE(LoadServeSettings(noting));
  for (const auto& table : {ServiceSettings(), ReplaySettings()}) {
    for (const Setting& row : table) asked.erase(std::string(row.name));
  }
  return asked;
}

TEST(ServeDocument, NamesEverySettingAndNoOther) {
  const std::string document = Document();
  const Names all = NamesIn(document), asked = NamesAsked();
  for (const std::string& name : asked) EXPECT_TRUE(all.contains(name)) << name;
  for (const std::string& name : NamesOfTable(document)) EXPECT_TRUE(asked.contains(name)) << name;
  EXPECT_GE(NamesOfTable(document).size(), 10U);
}

}  // namespace
}  // namespace reprocess
