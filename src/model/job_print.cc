#include "model/job_print.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace reprocess {
namespace {

template <class T>
std::string Hashed(const T& value) {
  std::string text;
  AppendFingerprint(text, value);
  return "#" + HashText(text);
}

std::string TextOf(std::size_t workers, std::size_t files, std::string_view list,
                   const JobConfig& config, std::string_view destination) {
  return fmt::format(
      "workers={} files={}#{} start_file={} start_line={} stream_ids={} connection_ids={} "
      "date_from={} date_to={} destination={} stream_connections={}",
      workers, files, list, Hashed(config.start_file), config.start_line, Hashed(config.stream_ids),
      Hashed(config.connection_ids), Hashed(config.date_from), Hashed(config.date_to), destination,
      Hashed(config.stream_connections));
}

// The word at the front, "<name>=<value>", taken off.
std::pair<std::string_view, std::string_view> TakeWord(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  const auto sign = word.find('=');
  if (sign == std::string_view::npos) return {word, {}};
  return {word.substr(0, sign), word.substr(sign + 1)};
}

}  // namespace

JobPrinter::JobPrinter(int total_workers, const JobConfig& config, std::string destination)
    : config_(config),
      destination_(std::move(destination)),
      shards_(static_cast<std::size_t>(total_workers)),
      begun_(config.start_file.empty()) {
  for (int index = 0; index < total_workers; ++index) {
    shards_[static_cast<std::size_t>(index)].Add(FingerprintText(index, total_workers));
  }
}

void JobPrinter::Add(const FileItem& item) {
  const std::string text = FingerprintText(item, static_cast<int>(items_));
  begun_ = begun_ || item.path == config_.start_file;
  list_.Add(text);
  if (begun_) shards_[items_ % shards_.size()].Add(text);
  ++items_;
}

JobPrint JobPrinter::Print() && {
  JobPrint print;
  const auto prints = [this](const JobConfig& config) {
    const std::string rest = FingerprintText(config, destination_);
    std::vector<std::string> texts;
    for (const TextHasher& shard : shards_) texts.push_back(shard.TextWith(rest));
    return texts;
  };
  print.shards = prints(config_);
  for (const std::uint64_t limit : config_.earlier_limits) {
    JobConfig earlier = config_;
    earlier.limit = limit;
    print.earlier.push_back(prints(earlier));
  }
  print.text = TextOf(shards_.size(), items_, list_.Text(), config_, destination_);
  return print;
}

JobPrint PrintOfShare(const Assignment& share, std::string_view list, const JobConfig& config,
                      std::string_view destination) {
  const auto shards = static_cast<std::size_t>(share.total);
  JobPrint print;
  print.text =
      TextOf(shards, static_cast<std::size_t>(share.listed_files), list, config, destination);
  print.shards.resize(shards);
  print.shards[static_cast<std::size_t>(share.index)] = FingerprintOf(share, config, destination);
  return print;
}

std::string Differences(std::string_view stored, std::string_view now) {
  std::string differences;
  while (!now.empty()) {
    const auto [name, is] = TakeWord(now);
    for (std::string_view rest = stored; !rest.empty();) {
      const auto [its_name, was] = TakeWord(rest);
      if (its_name != name || was == is) continue;
      if (!differences.empty()) differences += ", ";
      differences += name;
      const auto shown = [](std::string_view value) { return value.substr(0, value.find('#')); };
      if (shown(was) != shown(is)) {
        differences += fmt::format(" ({}, now {})", shown(was), shown(is));
      }
    }
  }
  return differences;
}

}  // namespace reprocess
