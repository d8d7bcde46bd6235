#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/documents.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "store/database.h"

namespace reprocess {
namespace {

constexpr Example kExamples[] = {{"Make the tables as an administrator",
                                  "reprocess schema | psql postgresql://admin@localhost/bulker"},
                                 {"What a job's configuration may be", "reprocess schema config"}};

std::string Names() {
  return fmt::format("{}", fmt::join(SchemaNames(), " "));
}

Result<ExitCode> PrintSchema(const Given& given, const Program& program) {
  if (given.arguments.empty()) {
    Print(program.console.out, SchemaDdl());
    return ExitCode::kCompleted;
  }
  const auto schema = SchemaNamed(given.arguments.front());
  if (!schema) {
    return Invalid("read NAME: there is no schema of " + given.arguments.front(), {},
                   "name one of: " + Names());
  }
  Print(program.console.out, *schema);
  return ExitCode::kCompleted;
}

}  // namespace

constinit const Command kSchemaCommand = {
    "schema",
    "[NAME]",
    "print the SQL that makes the tables, or a JSON Schema",
    "Without NAME, for a database whose user may not create tables: let one who may run this\n"
    "(PostgreSQL). With it the JSON Schema (2020-12) of files.json, config.json or the report's\n"
    "document: files, config, report.",
    {},
    kExamples,
    PrintSchema,
    Names};

}  // namespace reprocess
