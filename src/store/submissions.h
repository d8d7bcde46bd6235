// Rows of reprocessing_submissions: that a job was given to Kubernetes, where, and by whom.
//
//   generation  rises with everybody who submits, resumes or cancels the job: who was there before
//               can write nothing more, neither here nor in the job's row
//   errors      as in model/stores.h; kFenced: somebody else has taken the submission;
//               kNotAuthorized, with the statements to run, where the table is missing
//   threads     any; calls of one object are serialised inside
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/schema.h"
#include "store/session.h"

namespace reprocess {

struct Submission {
  std::string job_id;
  std::string cluster;     // which one: a hash of its authority and address
  std::string name_space;  // of the Job
  std::string job_uid{};   // empty until the Job exists
  std::uint64_t generation = 0;
  int parallelism = 1;      // wanted: how many pods run at once when all goes well
  bool suspended = false;   // on somebody's request
  std::string plan_hash{};  // of what was confirmed
  std::string options{};    // JSON: all that makes the same objects again
  std::string submitted_by{}, reason{};
  std::string phase{};         // what happens now and why it waits, for people; else empty
  std::string submitted_at{};  // RFC 3339: the first time; set by the database
  std::string ended_at{};      // … the end of all its pods; empty: not yet
};

// What is given is written.
struct SubmissionChange {
  std::optional<std::string> job_uid{}, phase{};
  std::optional<int> parallelism{};
  std::optional<bool> suspended{};
  bool ended = false;
};

// Whose turn it may be to be submitted.
enum class Take : std::uint8_t {
  kUnended,  // a job that is pending or running
  kFailed,   // … or has failed: it goes back to pending
};

class Submissions {
 public:
  virtual ~Submissions() = default;

  // Makes the row, or takes it over with the next generation and what `wanted` says; the Job's uid
  // stays, but for a job that had failed, whose Job is over. The row as it is then. kConflict: the
  // job's status forbids it, `reprocess run` has begun it, or it is being submitted to another
  // cluster or name space.
  virtual Result<Submission> Begin(const Submission& wanted, Take take) = 0;

  // kFenced where the row has another generation.
  virtual Result<void> Change(const std::string& job_id, std::uint64_t generation,
                              const SubmissionChange& change) = 0;

  // The job's row: running, with its Job's name. kFenced where the row has another generation, the
  // job is neither pending nor running, or `reprocess run` has begun it.
  virtual Result<void> MarkRunning(const std::string& job_id, std::uint64_t generation,
                                   const std::string& kubernetes_name) = 0;

  // The job's row: failed, with this error; the submission: suspended. kFenced as above.
  virtual Result<void> MarkFailed(const std::string& job_id, std::uint64_t generation,
                                  const std::string& error) = 0;

  // The job's row: cancelled, which may be said again; and nobody who submits it may go on. The
  // submission as it is then, none where there is no row. kConflict: it has completed or failed.
  virtual Result<std::optional<Submission>> Cancel(const std::string& job_id) = 0;

  // The job's row, where it has failed: cancelled, without its error. kConflict where it has not.
  virtual Result<void> CancelFailed(const std::string& job_id) = 0;

  virtual Result<bool> IsCancelled(const std::string& job_id) = 0;

  virtual Result<std::optional<Submission>> Find(const std::string& job_id) = 0;
  // Those without `ended_at`, by job; empty arguments: of all clusters, of all name spaces.
  virtual Result<std::vector<Submission>> Unended(const std::string& cluster,
                                                  const std::string& name_space) = 0;
};

std::unique_ptr<Submissions> MakeSubmissions(std::unique_ptr<Session> session, Schema schema);

}  // namespace reprocess
