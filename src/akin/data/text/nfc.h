// Composed Unicode text (NFC).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace akin {

/// `text` in NFC where it is another text than `text`: "e" and an accent become one letter. nullopt if it is NFC
/// already or not UTF-8. Latin, Greek, Cyrillic, Korean and Japanese are told apart quickly.
std::optional<std::string> to_nfc(std::string_view text);

}  // namespace akin
