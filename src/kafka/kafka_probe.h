// The Probe over librdkafka: a transactional producer whose transactions are never committed.
//
//   identity   transactional.id = "reprocess-<job id>-<shard>-probe": it fences an earlier probe of
//              the shard, and never the shard's own producer
//   requests   one at a time to a broker, so that a refused one has none behind it that the broker
//              would find out of order; and only a new producer goes on after it (librdkafka 2.0.2
//              would fail once more)
//   consumers  that read committed records wait for its transactions, none longer than
//              commit_interval; of one that died, the broker's time-out
#pragma once

#include <memory>

#include "kafka/errors.h"
#include "model/settings.h"
#include "model/sink.h"

namespace reprocess::kafka {

std::unique_ptr<Probe> MakeKafkaProbe(KafkaSettings kafka, const Settings& settings, Names names);

}  // namespace reprocess::kafka
