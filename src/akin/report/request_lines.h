// Requests for recommendations as JSON lines.
#pragma once

#include <string>
#include <string_view>

#include "akin/serve/service.h"

namespace akin {

/// Answers one request, a JSON object such as
///
///   {"user": "C1042", "history": ["P88"], "k": 5, "filters": ["price<50"], "exclude": ["P17"],
///    "at_most": ["2:brand"], "mask_kinds": ["purchase"], "include_seen": false, "strict": false}
///
/// with all fields optional: what is absent is taken from `defaults`, and user and history are absent for a new
/// visitor. A list of one may be its element, and ids may be whole numbers. The answer is a JSON object in one line
/// without a line end, as recommendations_json(); of a line that cannot be answered {"error": text}. Never throws
/// Error. Safe from many threads.
std::string answer_request(const Service& service, std::string_view line, const RecommendRequest& defaults);

}  // namespace akin
