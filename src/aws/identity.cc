#include "aws/identity.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "aws/identity_source.h"
#include "aws/region.h"

namespace reprocess {
namespace {

constexpr std::chrono::minutes kEarly{5};
constexpr std::chrono::minutes kBetweenTries{1};

class KeptIdentity final : public S3Identity {
 public:
  KeptIdentity(std::unique_ptr<IdentityContext> context, IdentitySource source, Notice notice)
      : context_(std::move(context)), source_(std::move(source)), notice_(std::move(notice)) {}

  Result<S3Credentials> Get(const std::stop_token& stop) override {
    const std::scoped_lock fetching(fetch_mutex_);
    if (const auto kept = Kept()) return *kept;
    TRY(const S3Credentials fresh, Fetch(stop));
    return fresh;
  }

  void Reject(const S3Credentials& credentials) override {
    const std::scoped_lock lock(mutex_);
    if (current_ && current_->session_token == credentials.session_token &&
        current_->access_key_id == credentials.access_key_id) {
      current_.reset();
    }
  }

 private:
  // What is still good; begins a refresh where it will not be for long.
  std::optional<S3Credentials> Kept() {
    const std::scoped_lock lock(mutex_);
    if (!current_ || !current_->expires) return current_;
    const WallTime now = context_->clock.Wall();
    if (now >= *current_->expires) return std::nullopt;
    if (now >= *current_->expires - kEarly && now >= next_refresh_ && !refreshing_) {
      next_refresh_ = now + kBetweenTries;
      refreshing_ = true;
      refresher_ = std::jthread([this](const std::stop_token& stop) { Refresh(stop); });
    }
    return current_;
  }

  void Refresh(const std::stop_token& stop) {
    const Result<S3Credentials> fresh = Fetch(stop);
    if (!fresh && fresh.error().code != Code::kStopped && notice_) {
      notice_(LogLevel::kWarn, "new credentials could not be had yet, the old ones still count: " +
                                   fresh.error().ToString());
    }
    refreshing_ = false;
  }

  Result<S3Credentials> Fetch(const std::stop_token& stop) {
    TRY(const S3Credentials fresh, source_.fetch(stop));
    if (fresh.expires && *fresh.expires <= context_->clock.Wall()) {
      return std::unexpected(IdentityError(source_.name + ": what it gave has expired already",
                                           Remedy::kRetry, "check this machine's clock"));
    }
    const std::scoped_lock lock(mutex_);
    if (!told_ && notice_) {
      notice_(LogLevel::kInfo,
              fmt::format("S3 identity: {}, key {}", source_.name, fresh.access_key_id));
    }
    told_ = true;
    current_ = fresh;
    return fresh;
  }

  const std::unique_ptr<IdentityContext> context_;
  const IdentitySource source_;
  const Notice notice_;
  std::mutex fetch_mutex_;  // one caller fetches, the others wait for what it gets
  std::mutex mutex_;        // of all below
  std::optional<S3Credentials> current_;
  WallTime next_refresh_;
  bool told_ = false;
  std::atomic<bool> refreshing_ = false;  // a thread that ends takes no lock after this is false
  std::jthread refresher_;                // last: it uses all above
};

std::string RegionOf(const S3Settings& settings, const AwsProfiles& profiles) {
  if (!settings.region.empty()) return settings.region;
  if (const AwsSection* profile = profiles.Profile(profiles.active())) {
    if (std::string region = ValueOf(*profile, "region"); !region.empty()) return region;
  }
  return std::string(kDefaultRegion);
}

}  // namespace

Result<std::string> S3EndpointOf(const S3Settings& settings, const Environment& environment) {
  if (!settings.endpoint.empty()) return settings.endpoint;
  if (TextOf(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true") return std::string();
  TRY(const AwsProfiles profiles, AwsProfiles::Load(environment));
  const AwsSection* profile = profiles.Profile(profiles.active());
  if (profile == nullptr) return std::string();
  const AwsSection* service = profiles.S3Service(ValueOf(*profile, "services"));
  std::string url = service == nullptr ? std::string() : ValueOf(*service, "endpoint_url");
  if (url.empty()) url = ValueOf(*profile, "endpoint_url");
  const bool known = url.empty() || url.starts_with("http://") || url.starts_with("https://");
  if (known && url.find_first_of("@?# ") == std::string::npos) return url;
  return FileError("read AWS configuration: endpoint_url of profile " + profiles.active() +
                       " is no URL without user and query",
                   UrlForMessages(url), "expected http://… or https://…");
}

Result<std::string> S3RegionOf(const S3Settings& settings, const Environment& environment) {
  TRY(const AwsProfiles profiles, AwsProfiles::Load(environment));
  return RegionOf(settings, profiles);
}

Result<std::unique_ptr<S3Identity>> MakeS3Identity(const S3Settings& settings,
                                                   Environment environment, Clock& clock,
                                                   Notice notice) {
  TRY(AwsProfiles profiles, AwsProfiles::Load(environment));
  std::string region = RegionOf(settings, profiles);
  auto context = std::make_unique<IdentityContext>(std::move(environment), std::move(profiles),
                                                   std::move(region), settings.ca_bundle,
                                                   settings.fips, clock);
  TRY(IdentitySource source, ChooseSource(*context));
  return std::make_unique<KeptIdentity>(std::move(context), std::move(source), std::move(notice));
}

}  // namespace reprocess
