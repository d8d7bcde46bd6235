#include "cli/parse.h"

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

void Declare(CLI::App& app, const Command& command, Given& given) {
  for (const Option& option : command.options) {
    auto& values = given.options[option.name];
    const std::string name(option.name);
    if (option.value.empty()) {
      app.add_flag_function(name, [&](std::int64_t on) { values.assign(on > 0 ? 1 : 0, "yes"); });
    } else if (!option.repeats) {
      app.add_option_function<std::string>(name, [&](const std::string& text) { values = {text}; });
    } else {
      // One value each time, or the option would eat the paths that follow it.
      app.add_option_function<std::vector<std::string>>(name,
                                                        [&](const auto& all) { values = all; })
          ->allow_extra_args(false);
    }
  }
  if (command.arguments.empty()) return;
  // The first word: CLI11 takes no name with a '=' in it.
  const std::string name(command.arguments.substr(0, command.arguments.find(' ')));
  const bool many = command.arguments.contains("...") || command.arguments.contains(' ');
  CLI::Option* argument =
      many ? app.add_option(name, given.arguments)
           : app.add_option_function<std::string>(
                 name, [&](const std::string& text) { given.arguments = {text}; });
  argument->required(!name.starts_with('['));
}

// What was left over: an option or an argument that nothing knows.
std::unexpected<Error> Unexpected(const std::string& word, const Command& command) {
  const std::string name(command.name);
  if (!word.starts_with('-')) {
    return Invalid("read arguments: unexpected argument " + word, {}, HelpHint(name));
  }
  std::vector<std::string> names = {"--help"};
  for (const Option& option : command.options) names.emplace_back(option.name);
  const std::string given = word.substr(0, word.find('='));
  return Invalid("read arguments: unknown option " + given, {}, Hint(given, names, name));
}

// A parser's complaint, in this program's words.
std::unexpected<Error> Complaint(std::string text, std::string_view command) {
  const bool shouted = text.size() > 1 && std::isupper(static_cast<unsigned char>(text[1])) != 0;
  if (!shouted) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  while (!text.empty() && (text.back() == '.' || text.back() == '\n')) text.pop_back();
  return Invalid("read arguments: " + text, {}, HelpHint(std::string(command)));
}

const Command* Named(std::string_view name) {
  const auto* const found = std::ranges::find(kCommands, name, &Command::name);
  return found == std::end(kCommands) ? nullptr : *found;
}

std::unexpected<Error> Unknown(const std::string& word) {
  if (word.starts_with('-')) {
    return Invalid("read arguments: unknown option " + word, {}, HelpHint(""));
  }
  std::vector<std::string> names = {"help", "version"};
  for (const Command* command : kCommands) names.emplace_back(command->name);
  return Invalid("read arguments: unknown command " + word, {}, Hint(word, names, ""));
}

Result<Asked> OfCommand(const Command& command, const std::vector<std::string>& words) {
  Asked asked{Asked::For::kCommand, &command};
  CLI::App app;
  app.allow_extras();
  Declare(app, command, asked.given);
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend() - 1));
  } catch (const CLI::CallForHelp&) {
    return Asked{Asked::For::kHelp, &command};
  } catch (const CLI::ParseError& error) {
    return Complaint(error.what(), command.name);
  }
  auto left = app.remaining();
  std::erase(left, "--");
  if (!left.empty()) return Unexpected(left.front(), command);
  return asked;
}

}  // namespace

const std::string& Given::Text(const Option& option) const {
  static const std::string kNone;
  const auto& all = All(option);
  return all.empty() ? kNone : all.back();
}

const std::vector<std::string>& Given::All(const Option& option) const {
  static const std::vector<std::string> kNone;
  const auto found = options.find(option.name);
  return found == options.end() ? kNone : found->second;
}

std::string_view Given::NameOf(const Option& option, std::string_view variable) const {
  return Has(option) ? option.name : variable;
}

Result<Asked> Parse(const std::vector<std::string>& words) {
  if (words.empty()) return Asked{};
  const std::string& first = words.front();
  if (first == "--help" || first == "-h") {
    return Asked{Asked::For::kHelp, words.size() > 1 ? Named(words[1]) : nullptr};
  }
  if (first == "--version" || first == "-V") return Asked{Asked::For::kVersion};
  if (first == "help" || first == "version") {
    if (words.size() > (first == "help" ? 2 : 1)) {
      return Invalid("read arguments: unexpected argument " + words.back(), {}, HelpHint(""));
    }
    if (first == "version") return Asked{Asked::For::kVersion};
    if (words.size() == 1) return Asked{};
    const Command* command = Named(words[1]);
    if (command == nullptr) return Unknown(words[1]);
    return Asked{Asked::For::kHelp, command};
  }
  const Command* command = Named(first);
  if (command == nullptr) return Unknown(first);
  return OfCommand(*command, words);
}

}  // namespace reprocess
