#include "cli/completion.h"

#include <ranges>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.h"

namespace reprocess {
namespace {

// In single quotes, for all three shells.
std::string Quoted(std::string_view given) {
  std::string text(given);
  for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 4) {
    text.replace(at, 1, "'\\''");
  }
  return "'" + text + "'";
}

bool TakesPath(const Option& option) {
  return option.value == "DIR";
}
bool TakesJob(const Option& option) {
  return option.value == "JOB";
}

std::string Bash() {
  std::string text =
      "# bash completion for reprocess\n"
      "_reprocess_jobs() {\n"
      "  \"${COMP_WORDS[0]}\" completion jobs 2>/dev/null\n"
      "}\n"
      "_reprocess() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  local options= choices=\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n";
  text +=
      fmt::format("    COMPREPLY=($(compgen -W '{} help version --help --version' -- \"$word\"))\n",
                  fmt::join(kCommands | std::views::transform(&Command::name), " "));
  text += "    return\n  fi\n  case ${COMP_WORDS[1]} in\n";
  for (const Command* const each : kCommands) {
    const Command& command = *each;
    std::string options = "--help", cases;
    for (const auto& option : command.options) {
      options.append(" ").append(option.name);
      if (option.value.empty()) continue;
      const std::string reply = TakesPath(option) ? "COMPREPLY=($(compgen -d -- \"$word\")); return"
                                : TakesJob(option) ? "choices=$(_reprocess_jobs)"
                                : option.choices == nullptr
                                    ? "return"
                                    : fmt::format("choices='{}'", option.choices());
      cases += fmt::format("        {}) {} ;;\n", option.name, reply);
    }
    text += fmt::format("    {})\n      options='{}'\n", command.name, options);
    if (!cases.empty()) text += "      case $before in\n" + cases + "      esac\n";
    const std::string choices =
        command.choices == nullptr ? "" : fmt::format("choices='{}'", command.choices());
    if (command.takes_job() && command.choices != nullptr) {
      text += "      if [ \"$COMP_CWORD\" -eq 2 ]; then choices=$(_reprocess_jobs)\n      else " +
              choices + "; compopt -o nospace 2>/dev/null; fi\n";
    } else if (command.takes_job()) {
      text += "      [ -n \"$choices\" ] || choices=$(_reprocess_jobs)\n";
    } else if (command.choices != nullptr) {
      text += "      [ -n \"$choices\" ] || " + choices + "\n";
    }
    text += "      ;;\n";
  }
  text +=
      "  esac\n"
      "  case $word in\n"
      "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
      "    *) COMPREPLY=($(compgen -W \"$choices\" -- \"$word\")) ;;\n"
      "  esac\n"
      "}\n"
      "complete -o default -F _reprocess reprocess\n";
  return text;
}

// Brackets and colons have a meaning in _arguments' specifications.
std::string ZshText(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string ZshOption(const Option& option) {
  std::string spec =
      fmt::format("{}{}[{}]", option.repeats ? "*" : "", option.name, ZshText(option.help));
  if (!option.value.empty()) {
    spec += fmt::format(":{}:", option.value);
    if (TakesPath(option)) spec += "_directories";
    if (TakesJob(option)) spec += "_reprocess_jobs";
    if (option.choices != nullptr) spec += fmt::format("({})", option.choices());
  }
  return Quoted(spec);
}

std::string Zsh() {
  std::string text =
      "#compdef reprocess\n"
      "_reprocess_jobs() {\n"
      "  local -a jobs\n"
      "  jobs=(${(f)\"$(reprocess completion jobs 2>/dev/null)\"})\n"
      "  compadd -a jobs\n"
      "}\n"
      "_reprocess() {\n"
      "  local -a commands\n"
      "  commands=(\n";
  for (const Command* const each : kCommands) {
    const Command& command = *each;
    text += fmt::format("    {}\n",
                        Quoted(fmt::format("{}:{}", command.name, ZshText(command.summary))));
  }
  text +=
      "  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case $command in\n";
  for (const Command* const each : kCommands) {
    const Command& command = *each;
    text += fmt::format("    {}) _arguments '--help[show this]'", command.name);
    for (const auto& option : command.options) text += " \\\n      " + ZshOption(option);
    if (command.takes_files()) text += " \\\n      '*:path:_files'";
    if (command.takes_job()) text += " \\\n      '1:job:_reprocess_jobs'";
    if (command.takes_job() && command.choices != nullptr) {
      text += fmt::format(" \\\n      '*:limit:compadd -S \"\" - {}'", command.choices());
    } else if (command.choices != nullptr) {
      text += fmt::format(" \\\n      '1:choice:({})'", command.choices());
    }
    text += " ;;\n";
  }
  return text + "  esac\n}\ncompdef _reprocess reprocess\n";
}

std::string Fish() {
  std::string text =
      "# fish completion for reprocess\n"
      "complete -c reprocess -n __fish_use_subcommand -f\n";
  for (const Command* const each : kCommands) {
    const Command& command = *each;
    text += fmt::format("complete -c reprocess -n __fish_use_subcommand -a {} -d {}\n",
                        command.name, Quoted(command.summary));
  }
  for (const Command* const each : kCommands) {
    const Command& command = *each;
    const std::string here =
        fmt::format("complete -c reprocess -n '__fish_seen_subcommand_from {}'", command.name);
    if (!command.takes_files()) text += here + " -f\n";
    if (command.takes_job()) text += here + " -a '(reprocess completion jobs 2>/dev/null)'\n";
    if (command.choices != nullptr) {
      text += fmt::format("{} -a '{}'\n", here, command.choices());
    }
    for (const auto& option : command.options) {
      text += fmt::format("{} -l {} -d {}", here, option.name.substr(2), Quoted(option.help));
      if (!option.value.empty()) text += TakesPath(option) ? " -r" : " -x";
      if (TakesJob(option)) text += " -a '(reprocess completion jobs 2>/dev/null)'";
      if (option.choices != nullptr) {
        text += fmt::format(" -a '{}'", option.choices());
      }
      text += "\n";
    }
  }
  return text;
}

}  // namespace

Result<std::string> CompletionScript(const std::string& shell) {
  if (shell == "bash") return Bash();
  if (shell == "zsh") return Zsh();
  if (shell == "fish") return Fish();
  return Invalid("print completion: no such shell: " + shell, {}, "expected bash, zsh or fish");
}

}  // namespace reprocess
