#include "config/worker_config.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "base/base_name.h"
#include "base/descriptor.h"
#include "config/load.h"
#include "config/normal_path.h"
#include "model/storage.h"

namespace reprocess {
namespace {

constexpr std::size_t kMostPlaceBytes = 4 << 10;

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

void AddUnreadable(const std::string& path, std::string_view why, std::string_view what,
                   Problems& problems) {
  problems.Add(path, {}, fmt::format("cannot be read ({})", why),
               fmt::format("expected {} there (REPROCESS_CONFIG_DIR moves the directory, /config "
                           "by default)",
                           what));
}

class MountedFile final : public ByteSource {
 public:
  explicit MountedFile(std::shared_ptr<const Descriptor> file) : file_(std::move(file)) {}

  Result<std::size_t> Read(std::span<char> out) override {
    ssize_t bytes;
    do {
      bytes = ::pread(file_->get(), out.data(), out.size(), static_cast<off_t>(offset_));
    } while (bytes < 0 && errno == EINTR);
    if (bytes < 0) return Fatal(fmt::format("cannot be read ({})", std::strerror(errno)));
    offset_ += static_cast<std::uint64_t>(bytes);
    return static_cast<std::size_t>(bytes);
  }

 private:
  const std::shared_ptr<const Descriptor> file_;
  std::uint64_t offset_ = 0;
};

// The file as it is now, to be read more than once; or why it cannot be read. A mount that is
// replaced meanwhile is another file.
std::expected<OpenBytes, std::string> OpenMounted(const std::string& path) {
  const auto file = std::make_shared<const Descriptor>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char byte = 0;
  if (!*file || ::pread(file->get(), &byte, 1, 0) < 0) {
    return std::unexpected(std::strerror(errno));
  }
  return [file] { return std::make_unique<MountedFile>(file); };
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

// How much of two paths is the same, from both ends.
std::size_t Likeness(std::string_view a, std::string_view b) {
  const auto head = std::ranges::mismatch(a, b).in1 - a.begin();
  const auto tail = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend()).first - a.rbegin();
  constexpr std::size_t kSameName = 1 << 20;
  return static_cast<std::size_t>(head + tail) + (BaseName(a) == BaseName(b) ? kSameName : 0);
}

// The paths of a list that are most like one that is not in it.
class Nearest {
 public:
  explicit Nearest(std::string_view path) : path_(path) {}
  void See(const std::string& path) {
    constexpr std::size_t kMost = 3;
    const std::size_t likeness = Likeness(path, path_);
    if (found_.size() == kMost && likeness <= found_.back().first) return;
    if (found_.size() == kMost) found_.pop_back();
    const auto place =
        std::ranges::upper_bound(found_, likeness, std::greater(), &Candidate::first);
    found_.emplace(place, likeness, path);
  }
  std::vector<std::string> Paths() const {
    std::vector<std::string> paths;
    for (const auto& [likeness, path] : found_) paths.push_back(path);
    return paths;
  }

 private:
  using Candidate = std::pair<std::size_t, std::string>;
  std::string_view path_;
  std::vector<Candidate> found_;  // the most alike first
};

// start_file has to be in the list. It is kept as the list has it.
Result<void> CheckStartFile(WorkerConfig& config, const std::string& where, Problems& problems) {
  std::string& start = config.job.start_file;
  if (start.empty()) return {};
  const std::string path = NormalPath(start);
  std::optional<bool> is_part;  // of the item that it names
  Nearest nearest(path);
  TRY_OK(config.files.ForEachItem([&](const FileItem& item) {
    if (!is_part && item.path == path) is_part = IsPart(item);
    if (!is_part) nearest.See(item.path);
  }));
  if (!is_part) {
    const std::vector<std::string> near = nearest.Paths();
    problems.Add(where, "start_file", Quoted(start),
                 near.empty() ? std::string("expected a path of the file list, which is empty")
                              : fmt::format("expected a path of the file list, such as {}",
                                            fmt::join(near, ", ")));
    return {};
  }
  start = path;
  if (config.job.start_line > 0 && *is_part) {
    problems.Add(where, "start_line", std::to_string(config.job.start_line),
                 "expected none: start_file is listed with offset, length or ranges");
  }
  return {};
}

// By their names alone; where links lead, opening them will tell.
Result<void> CheckLocalRoot(const WorkerConfig& config, const std::string& where,
                            Problems& problems) {
  std::string root = config.environment.settings.local_root;
  if (root.empty()) return {};
  if (!root.ends_with('/')) root += '/';
  std::size_t position = 0;
  return config.files.ForEachItem([&](const FileItem& item) {
    const std::string& path = item.path;
    const std::size_t at = position++;
    if (path.empty() || path.starts_with("s3://") || path.starts_with(root)) return;
    problems.Add(where, fmt::format("[{}].path", at), Quoted(path),
                 fmt::format("expected a path below REPROCESS_LOCAL_ROOT ({})", root));
  });
}

// What an object at the front of the text has for the list's place in the database.
Result<std::optional<StoredList>> ReadStoredList(const OpenBytes& open) {
  TextStream text(open());
  std::istream stream(&text);
  if ((stream >> std::ws).peek() != '{') return std::nullopt;
  std::string object(kMostPlaceBytes, '\0');
  stream.read(object.data(), static_cast<std::streamsize>(object.size()));
  object.resize(static_cast<std::size_t>(stream.gcount()));
  return ParseStoredList(object);
}

Result<void> ReadList(OpenBytes open, const std::string& list_file, const std::string& job_file,
                      WorkerConfig& config, Problems& problems) {
  if (auto stored = ReadStoredList(open); !stored) {
    const bool unknown = stored.error().code == Code::kUnsupported;
    problems.Add(
        list_file, unknown ? stored.error().what : std::string(), {},
        unknown ? stored.error().hint : "expected the list's place in the database, whole");
    return {};
  } else if (*stored) {
    config.stored_list = **stored;
    return {};
  }
  const std::size_t before = problems.count();
  config.files = ReadFileList(std::move(open), list_file, problems, config.environment.warnings);
  if (problems.count() == before) TRY_OK(CheckStartFile(config, job_file, problems));
  return CheckLocalRoot(config, list_file, problems);
}

}  // namespace

Result<WorkerConfig> LoadWorkerConfig(const Environment& environment,
                                      const std::vector<std::string>& names) {
  Problems problems;
  const Variables variables(environment, problems);
  WorkerConfig config;
  config.environment = ReadEnvironment(variables);
  FindMisspelled(names, problems);
  auto& warnings = config.environment.warnings;

  const std::string job_file = config.environment.config_dir + "/job/config.json";
  if (const auto text = ReadFile(job_file)) {
    config.job = ReadJobConfig(*text, job_file, problems, warnings);
  } else {
    AddUnreadable(job_file, text.error(), "the job's configuration, a JSON object", problems);
  }
  if (!config.job.only_connections.empty() && config.job.stream_connections.empty()) {
    problems.Add(job_file, "stream_connections", {},
                 "missing: expected what only_connections came to when the job was planned; "
                 "`reprocess plan` writes it");
  }
  const std::string list_file = config.environment.config_dir + "/files/files.json";
  if (auto bytes = OpenMounted(list_file)) {
    TRY_OK(ReadList(*std::move(bytes), list_file, job_file, config, problems));
  } else {
    AddUnreadable(list_file, bytes.error(), "the list of files, a JSON array", problems);
  }
  CheckRequired(variables, config);
  if (!config.job.dry_run && !variables.Text("KAFKA_DESTINATIONS_TOPIC")) {
    warnings.push_back(fmt::format("KAFKA_DESTINATIONS_TOPIC is not set: using {}", kDefaultTopic));
  }
  if (!problems.empty()) return std::unexpected(problems.ToError());
  return config;
}

}  // namespace reprocess
