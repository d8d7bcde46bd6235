// What a whole job is, in a text that all of its workers must agree on. Each worker has the whole
// list and takes its share by position, so beside one that has another list it would lose some
// lines and send others twice.
//
//   text       "<name>=<value> …", single spaces: workers, files, start_file, start_line,
//              stream_ids, connection_ids, date_from, date_to, destination, stream_connections. A
//              value is for people up to a '#', and hashed behind it. It does not speak of a limit,
//              which each shard's fingerprint binds
//   kept       in reprocessing_prints, by a job's first claim. Later builds may add names
//   cost       nothing is kept of an item, and the state of a hash (0.6 kB) of each shard
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/job_config.h"
#include "model/key.h"

namespace reprocess {

struct JobPrint {
  std::string text;
  // What FingerprintOf gives each, by index; empty where it is not known.
  std::vector<std::string> shards;
  // The same under each limit that the job had before.
  std::vector<std::vector<std::string>> earlier{};
};

class JobPrinter {
 public:
  // Borrows `config`. `destination` as FingerprintOf has it.
  JobPrinter(int total_workers, const JobConfig& config, std::string destination);

  void Add(const FileItem& item);  // each of the whole list, in its order
  JobPrint Print() &&;

 private:
  const JobConfig& config_;
  const std::string destination_;
  std::vector<TextHasher> shards_;
  TextHasher list_;
  std::size_t items_ = 0;
  bool begun_;  // start_file has come
};

// The same for a worker that has its own share alone, of a list that all workers take from one place.
// `list`: the hash of the whole list's FingerprintTexts.
JobPrint PrintOfShare(const Assignment& share, std::string_view list, const JobConfig& config,
                      std::string_view destination);

// What two prints do not agree on: "files (4, now 5), stream_ids". A name that only one of them has
// is passed over.
std::string Differences(std::string_view stored, std::string_view now);

}  // namespace reprocess
