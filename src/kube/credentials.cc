#include "kube/credentials.h"

#include <fstream>
#include <iterator>

#include "base/trimmed.h"

namespace reprocess {
namespace {

constexpr std::chrono::minutes kReadAgainAfter{1};

}  // namespace

Credentials::Credentials(ClusterAccess access, Clock& clock)
    : access_(std::move(access)),
      clock_(clock),
      authorities_{access_.authorities},
      token_{access_.token},
      certificate_{access_.certificate},
      key_{access_.key} {}

Result<std::string> Credentials::TextOf(Kept& kept) {
  if (kept.source.path.empty()) return kept.source.text;
  const SteadyTime now = clock_.Now();
  if (kept.read && now - *kept.read < kReadAgainAfter) return kept.text;
  std::ifstream file(kept.source.path, std::ios::binary);
  const std::string read{std::istreambuf_iterator<char>(file), {}};
  const std::string_view text = Trimmed(read);
  if (text.empty() && kept.text.empty()) {
    return Fatal("read the credentials: the file is absent, empty or not readable",
                 kept.source.path, {}, Code::kNotAuthorized);
  }
  if (!text.empty()) kept.text = text;
  kept.read = now;
  return kept.text;
}

Result<void> Credentials::AddTo(HttpRequest& request, const std::stop_token& stop) {
  const std::scoped_lock lock(mutex_);
  TRY(request.tls.authorities, TextOf(authorities_));
  TRY(request.tls.certificate, TextOf(certificate_));
  TRY(request.tls.key, TextOf(key_));
  TRY(std::string token, TextOf(token_));
  request.tls.insecure = access_.insecure;
  if (access_.plugin) {
    if (!plugin_ || (plugin_->expires && *plugin_->expires <= clock_.Wall())) {
      TRY(plugin_, AskPlugin(access_, request.tls.authorities, clock_, stop));
    }
    if (token.empty()) token = plugin_->token;
    if (request.tls.key.empty()) {
      request.tls.certificate = plugin_->certificate;
      request.tls.key = plugin_->key;
    }
  }
  if (!token.empty()) request.headers.push_back({"Authorization", "Bearer " + token});
  request.headers.insert(request.headers.end(), access_.impersonation.begin(),
                         access_.impersonation.end());
  return {};
}

bool Credentials::Refused() {
  const std::scoped_lock lock(mutex_);
  bool may_change = access_.plugin.has_value();
  plugin_.reset();
  for (Kept* kept : {&token_, &certificate_, &key_}) {
    kept->read.reset();
    may_change = may_change || !kept->source.path.empty();
  }
  return may_change;
}

}  // namespace reprocess
