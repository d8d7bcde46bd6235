// A kubeconfig is read, or refused with the file's name; the same one behind itself, or behind an
// empty one, adds nothing. What is taken is whole.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "kube/access.h"

using namespace reprocess;

namespace {

bool IsWhole(const ClusterAccess& access) {
  return access.server.starts_with("http") && !access.server.ends_with('/') &&
         !access.name_space.empty() && access.certificate.empty() == access.key.empty() &&
         (!access.insecure || access.authorities.empty()) &&
         (!access.plugin || !access.plugin->command.front().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Kubeconfig file{{reinterpret_cast<const char*>(data), size}, "config", "/folder"};
  const Kubeconfig empty{"{}", "empty", "/elsewhere"};
  const auto once = ReadKubeconfigs({&file, 1}, "");
  if (once && !IsWhole(*once)) std::abort();
  if (!once && (once.error().code != Code::kInvalid || once.error().where != "config")) {
    std::abort();
  }
  for (const std::vector<Kubeconfig>& files : {std::vector{file, file}, std::vector{empty, file}}) {
    const auto again = ReadKubeconfigs(files, "");
    if (again.has_value() != once.has_value()) std::abort();
    if (once ? *again != *once : again.error().what != once.error().what) std::abort();
  }
  return 0;
}
