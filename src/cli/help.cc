#include "cli/help.h"

#include <algorithm>
#include <string_view>

#include "cli/table.h"

namespace reprocess {
namespace {

std::string ProgramHelp(const std::vector<CommandHelp>& commands) {
  std::string text =
      "Usage: reprocess COMMAND [options]\n\n"
      "Replays failover logs into Kafka: each line exactly once, whoever dies on the way, and the\n"
      "books prove it.\n\nCommands:\n";
  Table table({{}, {}}, "  ");
  for (const auto& command : commands) {
    const std::string gap = command.arguments.empty() ? "" : " ";
    table.Add({command.name + gap + command.arguments, command.summary});
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

std::string Options(const CommandHelp& command) {
  std::vector<std::string> groups;
  std::size_t width = std::string_view("--help").size();
  const auto head = [](const OptionHelp& option) {
    return option.value.empty() ? option.name : option.name + " " + option.value;
  };
  for (const auto& option : command.options) {
    if (std::ranges::find(groups, option.group) == groups.end()) groups.push_back(option.group);
    width = std::max(width, head(option).size());
  }
  const auto line = [&](const std::string& name, const std::string& help) {
    return "  " + name + std::string(width - name.size() + 2, ' ') + help + "\n";
  };
  std::string text;
  for (const auto& group : groups) {
    text += "\n" + group + ":\n";
    for (const auto& option : command.options) {
      if (option.group == group) text += line(head(option), option.help);
    }
  }
  if (groups.empty()) text += "\nOptions:\n";
  return text + line("--help", "show this");
}

std::string CommandText(const CommandHelp& command) {
  std::string text = "Usage: reprocess " + command.name;
  if (!command.arguments.empty()) text += " " + command.arguments;
  if (!command.options.empty()) text += " [options]";
  text += "\n\n" + command.description + "\n" + Options(command) + "\nExamples:\n";
  for (const auto& [what, line] : command.examples) {
    text += "  # " + what + "\n  " + line + "\n";
  }
  return text;
}

}  // namespace

std::string HelpText(const std::string& command) {
  const auto commands = DescribeCommands();
  const auto found = std::ranges::find(commands, command, &CommandHelp::name);
  return found == commands.end() ? ProgramHelp(commands) : CommandText(*found);
}

}  // namespace reprocess
