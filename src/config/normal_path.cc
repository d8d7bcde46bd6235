#include "config/normal_path.h"

#include <filesystem>
#include <system_error>

namespace reprocess {

std::string NormalPath(std::string_view path) {
  if (path.starts_with("s3://")) return std::string(path);
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  std::string normal = (error ? std::filesystem::path(path) : absolute).lexically_normal().string();
  while (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
  return normal;
}

}  // namespace reprocess
