// The environment as config/ reads it. White space around a value is dropped, since secrets mounted
// from files tend to end in a line break; an empty value counts as an absent one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "config/problems.h"
#include "config/worker_config.h"

namespace reprocess {

// Borrows both for its life. Where a value does not parse or is out of range, `problems` is told
// and the setting keeps what it had.
class Variables {
 public:
  Variables(const Environment& environment, Problems& problems)
      : environment_(environment), problems_(problems) {}

  std::optional<std::string> Text(std::string_view name) const;
  std::optional<std::uint64_t> Whole(std::string_view name, std::uint64_t min,
                                     std::uint64_t max) const;
  void Flag(std::string_view name, bool& setting) const;
  // `name` is in milliseconds.
  void Duration(std::string_view name, Milliseconds& setting, Milliseconds min,
                Milliseconds max) const;
  void Bytes(std::string_view name, std::uint64_t& setting, std::uint64_t min,
             std::uint64_t max) const;

  Problems& problems() const { return problems_; }

 private:
  const Environment& environment_;
  Problems& problems_;
};

}  // namespace reprocess
