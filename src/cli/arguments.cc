#include "cli/arguments.h"

#include <algorithm>
#include <cctype>
#include <ranges>
#include <string_view>

#include <CLI/CLI.hpp>

#include "base/edit_distance.h"
#include "cli/commands.h"

namespace reprocess {
namespace {

std::string HelpHint(const std::string& command) {
  return "`reprocess " + (command.empty() ? std::string() : command + " ") + "--help` shows all";
}

// "did you mean …?" where a known name is near, else where help is.
std::string Hint(std::string_view word, const std::vector<std::string>& known,
                 const std::string& command) {
  constexpr std::size_t kNear = 2;
  const auto best = std::ranges::min_element(
      known, {}, [&](const std::string& name) { return EditDistance(word, name); });
  if (best == known.end() || EditDistance(word, *best) > kNear) return HelpHint(command);
  return "did you mean " + *best + "? " + HelpHint(command);
}

void Declare(CLI::App& app, CommandSpec& spec) {
  CLI::App* command = app.add_subcommand(spec.help.name, spec.help.summary);
  command->allow_extras();
  for (std::size_t i = 0; i < spec.options.size(); ++i) {
    const std::string& name = spec.help.options[i].name;
    if (auto* const* flag = std::get_if<bool*>(&spec.options[i])) {
      command->add_flag(name, **flag);
    } else if (auto* const* text = std::get_if<std::string*>(&spec.options[i])) {
      command->add_option(name, **text);
    } else {
      // One value each time, or the option would eat the paths that follow it.
      command->add_option(name, *std::get<std::vector<std::string>*>(spec.options[i]))
          ->allow_extra_args(false);
    }
  }
  CLI::Option* argument = nullptr;
  // The first word: CLI11 takes no name with a '=' in it.
  const std::string name = spec.help.arguments.substr(0, spec.help.arguments.find(' '));
  if (auto* const* text = std::get_if<std::string*>(&spec.argument)) {
    argument = command->add_option(name, **text);
  } else if (auto* const* list = std::get_if<std::vector<std::string>*>(&spec.argument)) {
    argument = command->add_option(name, **list);
  }
  if (argument != nullptr) argument->required(spec.argument_required);
}

Arguments Pick(const std::string& command, AllArguments& all) {
  if (command == "run") return std::move(all.run);
  if (command == "inspect") return std::move(all.inspect);
  if (command == "status") return std::move(all.status);
  if (command == "errors") return std::move(all.errors);
  if (command == "reset") return std::move(all.reset);
  if (command == "set") return std::move(all.set);
  if (command == "pause") return std::move(all.pause);
  if (command == "resume") return std::move(all.resume);
  if (command == "verify") return std::move(all.verify);
  if (command == "retry") return std::move(all.retry);
  if (command == "schema") return SchemaArguments{};
  return std::move(all.completion);
}

// What was left over: an option or an argument that nothing knows.
std::unexpected<Error> Unexpected(const std::string& word, const CommandHelp& command) {
  if (!word.starts_with('-')) {
    return Invalid("read arguments: unexpected argument " + word, {}, HelpHint(command.name));
  }
  std::vector<std::string> names = {"--help"};
  for (const auto& option : command.options) names.push_back(option.name);
  const std::string name = word.substr(0, word.find('='));
  return Invalid("read arguments: unknown option " + name, {}, Hint(name, names, command.name));
}

// A parser's complaint, in this program's words.
std::unexpected<Error> Complaint(std::string text, const std::string& command) {
  const bool shouted = text.size() > 1 && std::isupper(static_cast<unsigned char>(text[1])) != 0;
  if (!shouted) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  while (!text.empty() && (text.back() == '.' || text.back() == '\n')) text.pop_back();
  return Invalid("read arguments: " + text, {}, HelpHint(command));
}

}  // namespace

Result<Arguments> ParseArguments(const std::vector<std::string>& words) {
  AllArguments all;
  auto commands = CommandsInto(all);
  CLI::App app;
  bool version = false;
  app.add_flag("-V,--version", version);
  app.allow_extras();
  for (auto& spec : commands) Declare(app, spec);

  const auto named = [&](const std::string& command) {
    return std::ranges::find(commands, command, [](const auto& s) { return s.help.name; });
  };
  const auto unknown = [&](const std::string& command) {
    std::vector<std::string> names = {"help", "version"};
    for (const auto& spec : commands) names.push_back(spec.help.name);
    return Invalid("read arguments: unknown command " + command, {}, Hint(command, names, ""));
  };
  if (words.size() == 1 && words.front() == "version") return VersionArguments{};
  if (!words.empty() && words.front() == "help" && words.size() <= 2) {
    const std::string command = words.size() == 2 ? words[1] : "";
    if (!command.empty() && named(command) == commands.end()) return unknown(command);
    return HelpArguments{command};
  }

  if (!words.empty() && (words.front() == "help" || words.front() == "version")) {
    return Invalid("read arguments: unexpected argument " + words.back(), {}, HelpHint(""));
  }

  std::string name;
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app.parse(std::move(reversed));
    if (!app.get_subcommands().empty()) name = app.get_subcommands().front()->get_name();
  } catch (const CLI::CallForHelp&) {
    if (!app.get_subcommands().empty()) name = app.get_subcommands().front()->get_name();
    return HelpArguments{name};
  } catch (const CLI::ParseError& error) {
    if (!app.get_subcommands().empty()) name = app.get_subcommands().front()->get_name();
    return Complaint(error.what(), name);
  }
  if (version) return VersionArguments{};
  if (name.empty()) {
    if (words.empty()) return HelpArguments{};
    if (words.front().starts_with('-')) {
      return Invalid("read arguments: unknown option " + words.front(), {}, HelpHint(""));
    }
    return unknown(words.front());
  }
  const auto spec = named(name);
  auto left = app.remaining(true);
  std::erase(left, "--");
  if (!left.empty()) return Unexpected(left.front(), spec->help);
  return Pick(name, all);
}

}  // namespace reprocess
