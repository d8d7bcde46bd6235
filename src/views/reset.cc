#include "views/reset.h"

#include "views/json.h"

namespace reprocess {

std::string ResetJson(const ResetPlan& plan) {
  Json json = {{"job", plan.job_id}, {"reset", true}, {"shards", Json::array()}};
  for (const auto& shard : plan.shards) {
    json["shards"].push_back(
        {{"shard", shard.index},
         {"mode", NameOf(shard.mode)},
         {"generation", shard.owner.generation},
         {"sent_again", shard.sent},
         {"checkpoint", shard.checkpoint ? ToJson(*shard.checkpoint) : Json(nullptr)},
         {"unreadable", OrNull(shard.unreadable)}});
  }
  return ToDocument(json);
}

}  // namespace reprocess
