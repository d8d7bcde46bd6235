// Base64 as RFC 4648 has it, with its padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reprocess {

std::string Base64Of(std::string_view bytes);

// White space is passed over; nullopt for anything else that does not belong there.
std::optional<std::string> FromBase64(std::string_view text);

}  // namespace reprocess
