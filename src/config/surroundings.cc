#include "config/surroundings.h"

#include <utility>

namespace reprocess {

Environment Overlay(Environment environment, std::map<std::string, std::string> options) {
  std::erase_if(options, [](const auto& option) { return option.second.empty(); });
  return [environment = std::move(environment),
          options = std::move(options)](const std::string& name) {
    const auto found = options.find(name);
    return found != options.end() ? std::optional(found->second) : environment(name);
  };
}

Environment WithAdminsNames(Environment environment) {
  return [environment = std::move(environment)](const std::string& name) {
    auto admins = environment("ADMIN_" + name);
    return admins ? admins : environment(name);
  };
}

Result<std::string> UsersStateFolder(const Environment& environment, std::string hint) {
  if (const auto state = environment("XDG_STATE_HOME"); state && state->starts_with('/')) {
    return *state + "/reprocess";
  }
  if (const auto home = environment("HOME"); home && home->starts_with('/')) {
    return *home + "/.local/state/reprocess";
  }
  return Invalid("find the state folder: neither XDG_STATE_HOME nor HOME is set", {},
                 std::move(hint));
}

}  // namespace reprocess
