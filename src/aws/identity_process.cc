#include <fmt/format.h>

#include "aws/identity_source.h"
#include "base/child_process.h"

namespace reprocess {

constexpr char kWhat[] = "credential_process";

IdentitySource ProcessSource(const IdentityContext& context, std::string command) {
  return {
      kWhat,
      [&context,
       command = std::move(command)](const std::stop_token& stop) -> Result<S3Credentials> {
        const auto output = OutputOf({{"/bin/sh", "-c", command}}, context.clock, stop);
        if (output) return CredentialsOfJson(*output, "SessionToken", kWhat);
        if (output.error().code == Code::kStopped) return Stopped("get credentials");
        return std::unexpected(IdentityError(fmt::format("{}: {}", kWhat, output.error().what)));
      }};
}

}  // namespace reprocess
