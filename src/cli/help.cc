#include "cli/help.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/table.h"

namespace reprocess {
namespace {

std::string WithArguments(const Command& command) {
  std::string text(command.name);
  return command.arguments.empty() ? text : text.append(" ").append(command.arguments);
}

std::string ProgramHelp() {
  std::string text =
      "Usage: reprocess COMMAND [options]\n\n"
      "Replays failover logs into Kafka: each line exactly once, whoever dies on the way, and the\n"
      "books prove it.\n\nCommands:\n";
  Table table({{}, {}}, "  ");
  for (const Command* command : kCommands) {
    table.Add({WithArguments(*command), std::string(command->summary)});
  }
  text += table.Render();
  text +=
      "\nOptions:\n"
      "  --help         show this; `reprocess help COMMAND` or `reprocess COMMAND --help` for one\n"
      "                 command\n"
      "  -V, --version  show the version\n\n"
      "Exit codes: 0 completed, 1 failed or misused, 2 finished but some files failed, 3 another\n"
      "worker has a shard, 4 stopped by a signal with work left, 5 cannot be verified.\n";
  return text;
}

std::string Options(const Command& command) {
  std::vector<std::string_view> groups;
  std::size_t width = std::string_view("--help").size();
  const auto head = [](const Option& option) {
    std::string text(option.name);
    return option.value.empty() ? text : text.append(" ").append(option.value);
  };
  for (const Option& option : command.options) {
    if (std::ranges::find(groups, option.group) == groups.end()) groups.push_back(option.group);
    width = std::max(width, head(option).size());
  }
  const auto line = [&](std::string_view name, std::string_view help) {
    return fmt::format("  {:<{}}  {}\n", name, width, help);
  };
  std::string text;
  for (const std::string_view group : groups) {
    text += fmt::format("\n{}:\n", group);
    for (const Option& option : command.options) {
      if (option.group == group) text += line(head(option), option.help);
    }
  }
  if (groups.empty()) text += "\nOptions:\n";
  return text + line("--help", "show this");
}

std::string CommandHelp(const Command& command) {
  std::string text = fmt::format(
      "Usage: reprocess {}{}\n\n{}\n{}\nExamples:\n", WithArguments(command),
      command.options.empty() ? "" : " [options]", command.description, Options(command));
  for (const auto& [what, line] : command.examples) {
    text += fmt::format("  # {}\n  {}\n", what, line);
  }
  return text;
}

}  // namespace

std::string HelpText(const Command* command) {
  return command == nullptr ? ProgramHelp() : CommandHelp(*command);
}

}  // namespace reprocess
