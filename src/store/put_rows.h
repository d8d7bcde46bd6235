// One INSERT of many rows, as each backend takes it fastest: PostgreSQL as a statement over an array
// a column, so that a journey carries many rows and none of them is parsed, and over one value where
// all rows have the same; SQLite as one prepared statement that is run for each row.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/columns.h"
#include "store/session.h"

namespace reprocess {

struct PutStatement {
  std::string_view table;
  std::vector<Arg> of_all;      // columns in which the rows are alike
  std::vector<Column> columns;  // the others
  // Columns that the database fills, as SQL over the row's own: {name} there stands for a value.
  std::string_view more_columns;
  std::string more_values;
  std::string on_conflict;  // what follows ON CONFLICT
};

// `values_of(i)` has the values of row i < `count`, in the order of `columns`. Run inside a
// transaction. Keys are distinct within one call.
Result<void> PutRows(Session& session, const PutStatement& put, std::size_t count,
                     const std::function<std::vector<Arg::Value>(std::size_t)>& values_of);

}  // namespace reprocess
