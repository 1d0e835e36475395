// Options of an import request, read with their types.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/readers/readers.h"

namespace akin {

/// The option's text, or `fallback` where it is not given.
std::string option(const ImportRequest& request, std::string_view name, std::string_view fallback = "");
/// "yes", "true", "1" or "no", "false", "0". Throws Error(kUsage).
bool option_flag(const ImportRequest& request, std::string_view name, std::string_view fallback);
/// Throws Error(kUsage) if it is not a finite number.
std::optional<float> option_number(const ImportRequest& request, std::string_view name);
/// Texts separated by commas, none empty.
std::vector<std::string> option_list(const ImportRequest& request, std::string_view name);
/// A delimiter as a person types it: "tab", "\t", "comma", "semicolon", "pipe", "space", or the text itself.
std::string delimiter_of(std::string_view text);
/// A kind of event by one of its usual names, such as "addtocart"; nullopt if there is none.
std::optional<EventKind> kind_of(std::string_view text);
/// The kind named by option `name`. Throws Error(kUsage).
EventKind option_kind(const ImportRequest& request, std::string_view name, EventKind fallback);

}  // namespace akin
