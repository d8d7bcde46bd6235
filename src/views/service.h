// Documents that the API alone has; those of jobs, plans and reports are the commands' own. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cluster/job_logs.h"
#include "jobs/planner.h"
#include "jobs/verifications.h"
#include "store/cluster_store.h"
#include "store/queries.h"
#include "store/service_store.h"

namespace reprocess {

// An error's code, one of those that the API's document lists.
std::string_view CodeOf(const Error& error);
std::string ProblemJson(const Error& error, std::string_view code);

struct About {
  std::string version, launcher;
  std::string name_space{};  // empty: none
  std::string who{};
  bool operates = false, open = false;
  std::string now{};           // RFC 3339
  std::string brokers, topic;  // of calls that name no destination; empty: none
  int most_workers = 0;
};
std::string AboutJson(const About& about);

// `next`: behind which one the next page begins; empty: this is the last.
std::string PlanStateJson(const std::string& id, const PlanState& state);
std::string FilesJson(const std::vector<FileRow>& files, const std::string& next);
std::string PodsJson(const std::vector<PodRow>& pods);
std::string AuditJson(const std::vector<AuditRow>& rows, const std::string& next);
std::string VerificationJson(const std::string& job_id, const VerificationState& state);

// "<ms>-<id>", which names a row of the audit.
std::string IdOf(const AuditRow& row);

std::string LogLineJson(const JobLogLine& line);  // on one line
std::string NoteJson(const std::string& text);    // so too
std::string LogsJson(const std::vector<JobLogLine>& lines, const std::vector<std::string>& notes);

// JSON Patch (RFC 6902) from one document to another, on one line; empty where they are the same.
std::string PatchOf(const std::string& before, const std::string& after);
// The document on one line.
std::string OnOneLine(const std::string& document);

}  // namespace reprocess
