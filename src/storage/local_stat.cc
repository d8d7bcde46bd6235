#include "storage/local_stat.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include <fmt/format.h>

namespace reprocess {
namespace {

struct Cause {
  int number;
  Remedy remedy;
  Code code;
  const char* text;
  const char* hint;
};

constexpr Cause kCauses[] = {
    {ENOENT, Remedy::kCount, Code::kNotFound, "no such file", "check the path and the mounts"},
    {ENOTDIR, Remedy::kCount, Code::kNotFound, "a parent of it is not a directory",
     "check the path and the mounts"},
    {ELOOP, Remedy::kCount, Code::kNotFound, "its symbolic links go round in a circle",
     "name the file itself"},
    {ENAMETOOLONG, Remedy::kCount, Code::kNotFound, "the path is too long", "check the path"},
    {EACCES, Remedy::kCount, Code::kNotAuthorized, "permission denied",
     "let this user read the file and enter its directories"},
    {EPERM, Remedy::kCount, Code::kNotAuthorized, "operation not permitted",
     "let this user read the file and enter its directories"},
    {EMFILE, Remedy::kRetry, Code::kOther, "too many open files", "raise the limit (ulimit -n)"},
    {EIO, Remedy::kRetry, Code::kOther, "input/output error", "check the disk or network mount"},
};

std::string_view KindOf(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

}  // namespace

std::string VersionTagOf(const struct stat& info) {
  return fmt::format("{}-{}", static_cast<std::int64_t>(info.st_size),
                     static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 +
                         static_cast<std::int64_t>(info.st_mtim.tv_nsec));
}

WallTime ModifiedOf(const struct stat& info) {
  return WallTime(std::chrono::seconds(info.st_mtim.tv_sec) +
                  std::chrono::microseconds(info.st_mtim.tv_nsec / 1000));
}

Error SystemError(std::string_view action, std::string_view path, int number) {
  Error error{.remedy = Remedy::kRetry, .where = std::string(path)};
  for (const Cause& cause : kCauses) {
    if (cause.number != number) continue;
    error.what = fmt::format("{}: {}", action, cause.text);
    error.remedy = cause.remedy;
    error.hint = cause.hint;
    error.code = cause.code;
    return error;
  }
  error.what = fmt::format("{}: {}", action, std::generic_category().message(number));
  return error;
}

Result<void> CheckPath(std::string_view path) {
  if (path.empty()) return FileError("open: the path is empty", {}, {}, Code::kNotFound);
  if (path.find('\0') == std::string_view::npos) return {};
  return FileError("open: the path has a NUL character, which no file's name has", {}, {},
                   Code::kNotFound);
}

Result<void> CheckRegular(const struct stat& info, std::string_view path) {
  if (S_ISREG(info.st_mode)) return {};
  return FileError(fmt::format("open: is {}, not a file", KindOf(info.st_mode)), std::string(path),
                   S_ISDIR(info.st_mode) ? "list the files in it" : "copy its content to a file");
}

}  // namespace reprocess
