#include "store/columns.h"

#include <fmt/format.h>

namespace reprocess {
namespace {

// Each column as `form` has it, joined by commas.
template <class Form>
std::string Joined(const std::vector<Column>& columns, const Form& form) {
  std::string text;
  for (const Column& column : columns) {
    const std::string one = form(column);
    if (!one.empty()) text += (text.empty() ? "" : ", ") + one;
  }
  return text;
}

}  // namespace

FileState FromCell::FileStateOf(std::string_view name) {
  for (const FileState state : {FileState::kReading, FileState::kDone, FileState::kFailed,
                                FileState::kPartial, FileState::kNotRead}) {
    if (NameOf(state) == name) return state;
  }
  return FileState::kPlanned;
}

Mode FromCell::ModeOf(std::string_view name) {
  for (const Mode mode : {Mode::kAtLeastOnce, Mode::kFiles, Mode::kDryRun}) {
    if (NameOf(mode) == name) return mode;
  }
  return Mode::kExactlyOnce;
}

std::string NamesOf(const std::vector<Column>& columns, std::string_view before) {
  return Joined(columns, [&](const Column& c) { return fmt::format("{}{}", before, c.name); });
}

std::string SelectListOf(const std::vector<Column>& columns, const Schema& schema,
                         std::string_view table) {
  return Joined(columns, [&](const Column& c) {
    return schema.Has(table, c.name) ? std::string(c.name) : "NULL";
  });
}

std::string AssignedOf(const std::vector<Column>& columns, Role only) {
  return Joined(columns, [&](const Column& c) {
    return c.role == only ? fmt::format("{0} = :{0}", c.name) : std::string();
  });
}

std::string ReplacedOf(const std::vector<Column>& columns) {
  return Joined(columns, [](const Column& c) {
    const bool replaced = c.role == Role::kReplaced || c.role == Role::kProgress;
    return replaced ? fmt::format("{0} = excluded.{0}", c.name) : std::string();
  });
}

}  // namespace reprocess
