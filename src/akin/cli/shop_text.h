// Items and users as a person sees them: ids with titles, lists, filters.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/dataset.h"
#include "akin/linalg/topk.h"
#include "akin/serve/service.h"

namespace akin::cli {

/// The item's title, at most `width` characters, "" if it has none.
std::string item_title(const Dataset& shop, idx_t item, std::size_t width = 60);

/// Sets `name` to the id, and where it is no UTF-8, of which JSON keeps marks only, NAME_hex to its bytes.
void set_id(nlohmann::json& entry, std::string_view name, std::string_view id);

/// A ranked list as a table: rank, item, score, title if any is known.
std::string ranked_text(const Dataset& shop, std::span<const Scored> ranked);
/// [{"rank", "item", "item_hex"?, "score", "title"?}, ...]
nlohmann::json ranked_json(const Dataset& shop, std::span<const Scored> ranked);

/// The user's last `count` items of training, latest first.
std::vector<idx_t> last_items(const Dataset& shop, idx_t user, std::size_t count);
/// Items with titles, one per line, without scores.
std::string items_text(const Dataset& shop, std::span<const idx_t> items);
nlohmann::json items_json(const Dataset& shop, std::span<const idx_t> items);

/// "a,b", "c" -> a, b, c; empty parts are left out.
std::vector<std::string> split_lists(const std::vector<std::string>& texts);
/// "category=Toys" each. Throws Error(kUsage).
std::vector<AttributeFilter> parse_filters(const std::vector<std::string>& texts);

/// `word`, quoted for a shell if it has to be, for commands that are printed to be typed.
std::string shell_word(std::string_view word);

}  // namespace akin::cli
