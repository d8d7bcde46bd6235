// Regions, and the domain that a region's services are below.
#pragma once

#include <string_view>

namespace reprocess {

inline constexpr std::string_view kDefaultRegion = "us-east-1";

// ".amazonaws.com", or China's.
inline std::string_view AwsDomainOf(std::string_view region) {
  return region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com";
}

}  // namespace reprocess
