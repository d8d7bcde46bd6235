// What the contract suite needs to know of a kind of storage: how to make one, and how objects come
// to be in it without anything of ours.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "model/storage.h"

namespace reprocess::test {

// A part of an S3 object, here: small, so that tests cross its bounds.
inline constexpr std::uint64_t kPartBytes = 64 << 10;

// A place for objects, empty for each test.
class StorageWorld {
 public:
  virtual ~StorageWorld() = default;
  virtual std::unique_ptr<Storage> Make() = 0;
  // The path of a name; of "" the path below which all are.
  virtual std::string Path(std::string_view name) const = 0;
  // Makes an object, or another version of it in its place.
  virtual void Put(std::string_view name, std::string_view bytes) = 0;
  // Calls `act` with a storage of someone who may read nothing here.
  virtual void AsStranger(const std::function<void(Storage&)>& act) = 0;
};

using WorldMaker = std::unique_ptr<StorageWorld> (*)();
std::unique_ptr<StorageWorld> LocalWorld();
std::unique_ptr<StorageWorld> S3World();  // on the server that with_s3.sh started

}  // namespace reprocess::test
