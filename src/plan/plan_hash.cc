#include "plan/plan_hash.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "store/text.h"

namespace reprocess {
namespace {

using Json = nlohmann::json;  // keys sorted: a database may keep them in another order

// As it is once it has been in a database.
Json ConfigAsStored(const Plan& plan) {
  return Json::parse(UnmarkedConfig(MarkedConfig(plan.config)));
}

std::string TextOf(const PlannedFile& file, std::size_t position) {
  std::string text = FingerprintText(file.item, static_cast<int>(position));
  text += fmt::format("{};", file.item.size);
  AppendFingerprint(text, file.version_tag);
  return text;
}

void AddDifference(std::string& text, std::string_view name, const std::string& was,
                   const std::string& is) {
  if (was == is) return;
  text += fmt::format("{}{} ({}, now {})", text.empty() ? "" : ", ", name, was, is);
}

void AddConfigDifferences(const Json& stored, const Json& now, std::string& text) {
  const auto shown = [](const Json& config, const std::string& key) {
    return config.contains(key) ? config[key].dump() : "unset";
  };
  Json both = stored;
  both.update(now);
  for (const auto& [key, value] : both.items()) {
    AddDifference(text, key, shown(stored, key), shown(now, key));
  }
}

void AddFileDifference(const Plan& stored, const Plan& now, std::string& text) {
  const std::size_t both = std::min(stored.files.size(), now.files.size());
  std::size_t at = 0;
  while (at < both && TextOf(stored.files[at], at) == TextOf(now.files[at], at)) ++at;
  if (at == stored.files.size() && at == now.files.size()) return;
  const PlannedFile first = at < now.files.size() ? now.files[at] : stored.files[at];
  text +=
      fmt::format("{}files ({}, now {}; the first that differs is {})", text.empty() ? "" : ", ",
                  stored.files.size(), now.files.size(), first.item.path);
}

}  // namespace

std::string PlanHashOf(const Plan& plan) {
  Sha256Hasher hasher;
  std::string head = "reprocess plan 1;";
  AppendFingerprint(head, ConfigAsStored(plan).dump());
  hasher.Add(head + fmt::format("{};", plan.total_workers));
  for (std::size_t at = 0; at < plan.files.size(); ++at) hasher.Add(TextOf(plan.files[at], at));
  return Hex(std::move(hasher).Digest());
}

std::string PlanDifferences(const Plan& stored, const Plan& now) {
  std::string text;
  AddDifference(text, "workers", std::to_string(stored.total_workers),
                std::to_string(now.total_workers));
  AddConfigDifferences(ConfigAsStored(stored), ConfigAsStored(now), text);
  AddFileDifference(stored, now, text);
  return text;
}

}  // namespace reprocess
