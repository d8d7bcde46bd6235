#include "config/worker_config.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "config/load.h"

namespace reprocess {
namespace {

// The whole file, or why it cannot be read.
std::expected<std::string, std::string> ReadFile(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::unexpected(std::strerror(errno));
  std::string text;
  std::array<char, 64 << 10> piece;
  ssize_t size = 0;
  while ((size = ::read(file, piece.data(), piece.size())) > 0) {
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
  const int error = errno;
  ::close(file);
  if (size < 0) return std::unexpected(std::strerror(error));
  return text;
}

std::optional<std::string> ReadMounted(const std::string& path, std::string_view what,
                                       Problems& problems) {
  auto text = ReadFile(path);
  if (text) return *std::move(text);
  problems.Add(path, {}, fmt::format("cannot be read ({})", text.error()),
               fmt::format("expected {} there (REPROCESS_CONFIG_DIR moves the directory, /config "
                           "by default)",
                           what));
  return std::nullopt;
}

void CheckRequired(const Variables& variables, const WorkerConfig& config) {
  const auto require = [&](const std::string& name, std::string_view expected) {
    if (!variables.Text(name)) {
      variables.problems().Add(name, {}, {}, fmt::format("missing: expected {}", expected));
    }
  };
  require("JOB_ID", "the job's identifier");
  const bool own_index = variables.Text("WORKER_INDEX").has_value();
  if (!own_index && !variables.Text("JOB_COMPLETION_INDEX")) {
    require("WORKER_INDEX",
            "a whole number from 0 (or JOB_COMPLETION_INDEX, which Kubernetes sets)");
  }
  require("DATABASE_URL", "postgresql://…");
  if (!config.job.dry_run) {
    require("KAFKA_BOOTSTRAP_SERVERS", "host:port of the brokers (only a dry run needs none)");
  }
  const auto& environment = config.environment;
  if (environment.total_workers && environment.worker_index >= *environment.total_workers) {
    variables.problems().Add(
        own_index ? "WORKER_INDEX" : "JOB_COMPLETION_INDEX", {},
        std::to_string(environment.worker_index),
        fmt::format("expected less than TOTAL_WORKERS ({})", *environment.total_workers));
  }
}

std::string_view BaseName(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// How much of two paths is the same, from both ends.
std::size_t Likeness(std::string_view a, std::string_view b) {
  const auto head = std::ranges::mismatch(a, b).in1 - a.begin();
  const auto tail = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend()).first - a.rbegin();
  constexpr std::size_t kSameName = 1 << 20;
  return static_cast<std::size_t>(head + tail) + (BaseName(a) == BaseName(b) ? kSameName : 0);
}

// start_file has to be in the list. It is kept as the list has it.
void CheckStartFile(WorkerConfig& config, const std::string& where, Problems& problems) {
  std::string& start = config.job.start_file;
  if (start.empty()) return;
  const std::string path = NormalisedPath(start);
  const auto found = std::ranges::find(config.files, path, &FileItem::path);
  if (found != config.files.end()) {
    start = path;
    if (config.job.start_line > 0 && IsPart(*found)) {
      problems.Add(where, "start_line", std::to_string(config.job.start_line),
                   "expected none: start_file is listed with offset, length or ranges");
    }
    return;
  }
  constexpr std::size_t kCandidates = 3;
  std::vector<std::pair<std::size_t, std::string_view>> candidates;
  for (const auto& file : config.files)
    candidates.emplace_back(Likeness(file.path, path), file.path);
  const auto count = std::min(kCandidates, candidates.size());
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count),
                    candidates.end(),
                    [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> near;
  for (std::size_t i = 0; i < count; ++i) near.emplace_back(candidates[i].second);
  problems.Add(where, "start_file", Quoted(start),
               near.empty() ? std::string("expected a path of the file list, which is empty")
                            : fmt::format("expected a path of the file list, such as {}",
                                          fmt::join(near, ", ")));
}

// By their names alone; where links lead, opening them will tell.
void CheckLocalRoot(const WorkerConfig& config, const std::string& where, Problems& problems) {
  std::string root = config.environment.settings.local_root;
  if (root.empty()) return;
  if (!root.ends_with('/')) root += '/';
  for (std::size_t i = 0; i < config.files.size(); ++i) {
    const std::string& path = config.files[i].path;
    if (path.empty() || path.starts_with("s3://") || path.starts_with(root)) continue;
    problems.Add(where, fmt::format("[{}].path", i), Quoted(path),
                 fmt::format("expected a path below REPROCESS_LOCAL_ROOT ({})", root));
  }
}

}  // namespace

Result<WorkerConfig> LoadWorkerConfig(const Environment& environment) {
  Problems problems;
  const Variables variables(environment, problems);
  WorkerConfig config;
  config.environment = ReadEnvironment(variables);
  auto& warnings = config.environment.warnings;

  const std::string job_file = config.environment.config_dir + "/job/config.json";
  if (const auto text = ReadMounted(job_file, "the job's configuration, a JSON object", problems)) {
    config.job = ReadJobConfig(*text, job_file, problems, warnings);
  }
  const std::string list_file = config.environment.config_dir + "/files/files.json";
  if (const auto text = ReadMounted(list_file, "the list of files, a JSON array", problems)) {
    const std::size_t before = problems.count();
    config.files = ReadFileList(*text, list_file, problems, warnings);
    if (problems.count() == before) CheckStartFile(config, job_file, problems);
    CheckLocalRoot(config, list_file, problems);
  }
  CheckRequired(variables, config);
  if (!config.job.dry_run && !variables.Text("KAFKA_DESTINATIONS_TOPIC")) {
    warnings.push_back(fmt::format("KAFKA_DESTINATIONS_TOPIC is not set: using {}", kDefaultTopic));
  }
  if (!problems.empty()) return std::unexpected(problems.ToError());
  return config;
}

}  // namespace reprocess
