// Documents that describe what the programs take and give, as they stand in src/api/documents/.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace reprocess {

// OpenAPI 3.1 of the service.
std::string_view OpenApiDocument();

// JSON Schemas (2020-12): "files", "config", "report".
std::optional<std::string_view> SchemaNamed(std::string_view name);
std::span<const std::string_view> SchemaNames();

}  // namespace reprocess
