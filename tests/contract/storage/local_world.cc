#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "contract/storage/storage_world.h"
#include "storage/local_storage.h"

namespace reprocess::test {
namespace {

namespace fs = std::filesystem;

class Local final : public StorageWorld {
 public:
  Local() {
    std::string name = (fs::temp_directory_path() / "storage_contract_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    root_ = name;
  }
  ~Local() override { fs::remove_all(root_); }

  std::unique_ptr<Storage> Make() override { return MakeLocalStorage(); }
  std::string Path(std::string_view name) const override { return root_ + "/" + std::string(name); }

  // Written over, as a program does that keeps a file's name. Each time gets a second of its own:
  // the kernel's clock for files stands still for milliseconds.
  void Put(std::string_view name, std::string_view bytes) override {
    const std::string path = Path(name);
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    const timespec times[] = {{++seconds_, 0}, {seconds_, 0}};
    if (::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) {
      throw std::runtime_error("cannot write " + path);
    }
  }

  // Root may read everything: where the tests run as root, they are someone else for a while.
  void AsStranger(const std::function<void(Storage&)>& act) override {
    constexpr uid_t kNobody = 65534;
    const uid_t user = ::geteuid();
    fs::permissions(root_, fs::perms::none);
    if (user == 0 && ::seteuid(kNobody) != 0) throw std::runtime_error("cannot be nobody");
    act(*Make());
    if (user == 0 && ::seteuid(user) != 0) throw std::runtime_error("cannot be root again");
    fs::permissions(root_, fs::perms::owner_all);
  }

 private:
  std::string root_;
  time_t seconds_ = 1'700'000'000;
};

}  // namespace

std::unique_ptr<StorageWorld> LocalWorld() {
  return std::make_unique<Local>();
}

}  // namespace reprocess::test
