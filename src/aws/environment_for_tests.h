// An environment that a test writes down, and a home of its own.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "base/environment.h"

namespace reprocess {

using Variables = std::map<std::string, std::string>;

inline Environment EnvironmentOf(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

// A folder with ".aws" in it, that goes with this.
class TemporaryHome {
 public:
  TemporaryHome() : path_(testing::TempDir() + "home.XXXXXX") {
    EXPECT_NE(::mkdtemp(path_.data()), nullptr);
    std::filesystem::create_directories(path_ + "/.aws");
  }
  ~TemporaryHome() { std::filesystem::remove_all(path_); }
  TemporaryHome(const TemporaryHome&) = delete;
  TemporaryHome& operator=(const TemporaryHome&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace reprocess
