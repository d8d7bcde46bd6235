#include "cli/commands.h"
#include "cli/program.h"
#include "store/database.h"

namespace reprocess {
namespace {

constexpr Example kExamples[] = {{"Make the tables as an administrator",
                                  "reprocess schema | psql postgresql://admin@localhost/bulker"}};

Result<ExitCode> PrintSchema(const Given&, const Program& program) {
  Print(program.console.out, SchemaDdl());
  return ExitCode::kCompleted;
}

}  // namespace

constinit const Command kSchemaCommand = {
    "schema",
    "",
    "print the SQL that makes the tables",
    "For a database whose user may not create tables: let one who may run this (PostgreSQL).",
    {},
    kExamples,
    PrintSchema};

}  // namespace reprocess
