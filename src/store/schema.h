// The tables: what exists, and making what is missing.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/session.h"

namespace reprocess {

// What there is of our tables and their columns. A table goes by its name without "reprocessing_".
class Schema {
 public:
  void Add(const std::string& table, const std::string& column) { columns_[table].insert(column); }
  bool Has(std::string_view table) const { return columns_.contains(table); }
  bool Has(std::string_view table, std::string_view column) const {
    const auto columns = columns_.find(table);
    return columns != columns_.end() && columns->second.contains(column);
  }
  bool HasContract() const { return Has("jobs") && Has("workers"); }
  bool HasOwnTables() const { return Has("shards") && Has("files") && Has("errors"); }

 private:
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> columns_;
};

// A right to create tables is missing: kNotAuthorized, and the statements to run as the hint.
Error NoTables(std::string what);

// Whether a right is missing that others may have.
bool Denied(const Error& error);

// A transaction in which no other process makes or mends tables.
Result<void> Alone(Session& session, const std::function<Result<void>()>& work);

// What is there, by one question.
Result<Schema> Inspect(Session& session);

// Makes what is missing, as far as the user may. An error with the statements to run when the
// contract's tables are missing and cannot be made.
Result<Schema> EnsureSchema(Session& session);

}  // namespace reprocess
