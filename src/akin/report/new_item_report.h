// What a fused model knows of a new item: text, JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "akin/serve/new_item.h"

namespace akin {

/// By which sources the item is known, what they say of the similar ones, and how well such items are found.
std::string new_item_text(const NewItemFacts& facts);
/// {sources: [{source, weight, z, adds, known}], known_weight, trust?: {cases, better, first_tenth}}
nlohmann::json new_item_json(const NewItemFacts& facts);
/// [{source, weight, z, adds, known}], the shares of sources in one score.
nlohmann::json shares_json(const std::vector<SourceShare>& shares);

}  // namespace akin
