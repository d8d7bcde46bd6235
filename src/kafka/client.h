// A librdkafka handle that is configured as KafkaSettings ask for, writes nothing to stderr, and is
// destroyed with its owner.
//
//   precedence  our defaults < KafkaSettings::properties < fixed (what exactly-once rests on)
//   errors      kInvalid, naming the property; values are not repeated, since some are secrets
//   threads     one at a time; callbacks come on the thread that polls
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "base/result.h"
#include "kafka/errors.h"
#include "model/settings.h"

namespace reprocess::kafka {

// A unique_ptr to one of librdkafka's objects.
template <class T, void (*destroy)(T*)>
struct Destroyer {
  void operator()(T* object) const { destroy(object); }
};
template <class T, void (*destroy)(T*)>
using Owned = std::unique_ptr<T, Destroyer<T, destroy>>;

using Conf = Owned<rd_kafka_conf_t, rd_kafka_conf_destroy>;
using Topic = Owned<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using Partitions = Owned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;

using Queue = Owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Event = Owned<rd_kafka_event_t, rd_kafka_event_destroy>;
using Metadata = Owned<const rd_kafka_metadata_t, rd_kafka_metadata_destroy>;

using Properties = std::vector<std::pair<std::string, std::string>>;

Result<Conf> MakeConf(const KafkaSettings& kafka, const Properties& defaults,
                      const Properties& fixed);

// The value of a numeric property, as it is in force.
std::int64_t NumberOf(const rd_kafka_conf_t* conf, const char* name);

class Client {
 public:
  static Result<std::unique_ptr<Client>> Make(rd_kafka_type_t type, Conf conf,
                                              const KafkaSettings& kafka);
  // Waits for no delivery: what has not been sent by then never is.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rd_kafka_t* get() const { return handle_; }

  // `failure`; where it is a mere time-out, with what librdkafka last reported of its connections.
  Failure Explained(Failure failure) const;

  // The longest time by which a broker's quota delayed an answer since the last call; 0: none did.
  Milliseconds TakeThrottled() { return std::exchange(longest_throttled_, throttled_); }

 private:
  Client() = default;
  static void OnError(rd_kafka_t* handle, int code, const char* reason, void* opaque);
  static void OnThrottle(rd_kafka_t* handle, const char* broker, std::int32_t broker_id,
                         int throttle_ms, void* opaque);

  rd_kafka_t* handle_ = nullptr;
  std::string last_error_;
  // librdkafka tells of a delayed answer, and of the first one after it that is not delayed. Both
  // are kept because a commit's own requests come after those of the records, which quotas are
  // about.
  Milliseconds throttled_{0}, longest_throttled_{0};
};

// A handle that takes no part in any transaction: for metadata, administration and groups.
Result<std::unique_ptr<Client>> MakeReader(const KafkaSettings& kafka, const std::string& group,
                                           Properties fixed = {});

Names NamesOf(const KafkaSettings& kafka, std::string id = {});

}  // namespace reprocess::kafka
