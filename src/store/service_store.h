// What the operator's service keeps: who did what, who is logged in, and which calls were answered.
//
//   times      by the database's clock, so that several services on one database agree
//   secrets    sessions and keys are known by their hashes alone
//   audit      rows are added and read, never changed or deleted: of an act one before it, and one with
//              what was answered
//   errors     as in model/stores.h; kNotAuthorized, with the statements to run, where a table is
//              missing
//   threads    any; calls of one object are serialised inside
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/schema.h"
#include "store/session.h"

namespace reprocess {

// One thing that somebody did, or was refused.
struct AuditRow {
  static constexpr int kUnknown = 0;  // a status: it began, and what became of it nobody has told

  std::int64_t at_ms = 0;  // since 1970; set by the database
  std::string id{};        // random; with at_ms, which row it is
  std::string who{}, from{}, verb{}, job_id{}, reason{};
  std::string before{}, after{};  // in words; or empty
  std::string request_id{};
  int status = kUnknown;  // what was answered, as HTTP has it
};

// Rows older than that one.
struct AuditCursor {
  std::int64_t at_ms = 0;
  std::string id;
};

struct SessionRow {
  std::string who;
  bool operates = false;  // else it may only look
  Milliseconds left{0};   // until it expires
};

// What was made, or answered, under a key.
struct KeptAnswer {
  std::string body_hash{};
  std::string job_id{};         // that the call has made; or empty
  std::optional<int> status{};  // nullopt: it has made a job, and was not answered
  std::string body{}, location{};
};

class ServiceStore {
 public:
  virtual ~ServiceStore() = default;

  virtual Result<void> Append(const AuditRow& row) = 0;
  // Newest first, each act once; of one job, or of all where `job_id` is empty.
  virtual Result<std::vector<AuditRow>> Audit(const std::string& job_id,
                                              const std::optional<AuditCursor>& before,
                                              int most) = 0;

  // Forgets expired ones besides.
  virtual Result<void> StoreSession(const std::string& hash, const SessionRow& row) = 0;
  virtual Result<std::optional<SessionRow>> FindSession(const std::string& hash) = 0;
  virtual Result<void> EndSession(const std::string& hash) = 0;

  // What a call of this key, not older than `life`, has come to; older ones are forgotten. The row of a
  // call that makes a job is stored with the job (store/queries.h).
  virtual Result<std::optional<KeptAnswer>> FindCall(const std::string& key_hash,
                                                     Milliseconds life) = 0;
  virtual Result<void> KeepAnswer(const std::string& key_hash, const KeptAnswer& answer) = 0;
};

std::unique_ptr<ServiceStore> MakeServiceStore(std::unique_ptr<Session> session, Schema schema);

}  // namespace reprocess
