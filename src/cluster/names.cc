#include "cluster/names.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "base/characters.h"
#include "base/sha256.h"

namespace reprocess {
namespace {

constexpr std::size_t kLongestHostName = 63;

bool IsLowerOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || IsDigit(c);
}

bool IsHostName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestHostName && IsLowerOrDigit(name.back()) &&
         std::ranges::all_of(name, [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

Result<std::string> AuthorityOf(const TextSource& source) {
  if (source.path.empty()) return source.text;
  std::ifstream file(source.path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return Invalid("read the cluster's certificate authority", source.path);
  return text.str();
}

}  // namespace

std::string JobNameOf(const std::string& job_id) {
  return "reprocess-" + job_id;
}
std::string FilesNameOf(const std::string& job_id) {
  return JobNameOf(job_id) + "-files";
}
std::string ConfigNameOf(const std::string& job_id) {
  return JobNameOf(job_id) + "-config";
}
std::string CredentialsNameOf(const std::string& job_id) {
  return JobNameOf(job_id) + "-credentials";
}

KubeSelection ObjectsOfJob(const std::string& job_id) {
  return {.labels = "job-id=" + job_id, .fields = {}};
}

Result<void> CheckJobName(const std::string& job_id, int shards) {
  if (IsHostName(fmt::format("{}-{}", JobNameOf(job_id), shards - 1))) return {};
  return Invalid(
      "name the job's objects: its pods' host names are made of the job's name", job_id,
      fmt::format("plan it under a --job of lower-case letters, digits and hyphens, at "
                  "most {} of them",
                  kLongestHostName - JobNameOf("-").size() - std::to_string(shards - 1).size()));
}

Result<std::string> ClusterIdOf(const ClusterAccess& access) {
  TRY(const std::string authority, AuthorityOf(access.authorities));
  return Hex(Sha256(access.server + "\n" + authority)).substr(0, 16);
}

}  // namespace reprocess
