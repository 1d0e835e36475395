// What fusing sources has found out: text, JSON, a web page.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "akin/experiment/fuse.h"

namespace akin {

/// Coverage and weights of the sources, what the weights were learned from, and the ablation if there is one.
std::string fusion_text(const FuseResult& result);
/// {sources: [{name, kind, items, dimensions, weights: {events: weight}}], items, queries: {stratum: n}, found: {stratum:
/// {better, first_tenth}}, split, events,
/// fit_seconds, file, ablation?: as comparison_json()}
nlohmann::json fusion_json(const FuseResult& result, const std::string& path);
/// A page with the sources and the ablation.
std::string fusion_html(const FuseResult& result);

}  // namespace akin
