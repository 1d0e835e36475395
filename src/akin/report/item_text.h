// Items as a person sees them: ids with titles, ranked lists, explanations.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "akin/data/dataset.h"
#include "akin/linalg/topk.h"
#include "akin/serve/service.h"

namespace akin {

/// The item's title, printable(), of at most `width` characters before that; "" if it has none.
std::string item_title(const Dataset& dataset, idx_t item, std::size_t width = 60);
/// A ranked list as a table: rank, item, score, title if any is known.
std::string ranked_text(const Dataset& dataset, std::span<const Scored> ranked);
/// Items with titles, one per line, without scores.
std::string items_text(const Dataset& dataset, std::span<const idx_t> items);

/// The last items of the request's user, latest first, so that a person can judge the answer; none if there is no
/// user or it is unknown.
std::vector<idx_t> last_items_of(const Dataset& dataset, const RecommendRequest& request);
/// Remarks about what was left out of a request, one per sentence; the nearest ids are named.
std::vector<std::string> unknown_texts(const Dataset& dataset, const RecommendRequest& request,
                                       const UnknownIds& unknown);

/// The first causes of an explanation, and how much all others add.
struct ShownCauses {
  std::span<const Scored> first;
  std::size_t others = 0;
  float rest = 0;
};
ShownCauses shown_causes(const Explanation& why, std::size_t causes);
/// The item with its score, then a line per cause shown.
std::string explanation_text(const Dataset& dataset, const Explained& explained, std::size_t causes);

}  // namespace akin
