// Scores of candidates.
#include "akin/nn/layers/layer_defs.h"

namespace akin::nn {
namespace {

/// Queries (d) or (L, d), candidates (C, d) or (L, C, d), and what is subtracted, (C) or (L, C).
LayerShape infer_candidate_dot(const LayerSpec& layer, std::span<const Shape> inputs) {
  const Shape& query = inputs[0];
  const Shape& candidates = inputs[1];
  Shape wanted = query;
  wanted.insert(wanted.end() - 1, candidates.size() < 2 ? 0 : candidates[candidates.size() - 2]);
  if (query.size() > 2 || candidates != wanted) {
    wrong(layer, "takes queries (d) and candidates (C, d), or (L, d) and (L, C, d); not {} and {}",
          shape_text(query), shape_text(candidates));
  }
  const Shape output(candidates.begin(), candidates.end() - 1);
  if (inputs.size() > 2 && inputs[2] != output)
    wrong(layer, "its third input must be {}, not {}", shape_text(output), shape_text(inputs[2]));
  return {output, {}};
}

}  // namespace

LayerDefs candidate_layers() {
  return {{{LayerKind::kCandidateDot, "candidate_dot", "CandidateDot", "candidate_dot", 2, 3, {}},
           infer_candidate_dot}};
}

}  // namespace akin::nn
