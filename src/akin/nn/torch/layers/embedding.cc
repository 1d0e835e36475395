#include "akin/nn/torch/layers.h"

namespace akin::nn {
namespace {

at::Tensor embedding(const LayerCall& call) {
  const at::Tensor& ids = call.inputs[0];
  if (call.layer.vectors == VectorSource::kOneHot)
    return at::one_hot(ids, call.layer.rows).to(call.pass.numbers);
  const bool rows = call.pass.row_gradients && call.weights[0].requires_grad();
  return at::embedding(call.weights[0], ids, -1, false, rows);
}

at::Tensor multi_hot(const LayerCall& call) {
  const at::Tensor& ids = call.inputs[0];
  at::Tensor hot = at::zeros({ids.size(0), call.layer.units}, call.pass.numbers);
  hot.scatter_(1, ids, 1.0);
  hot.select(1, 0).zero_();  // index 0 is not an index
  return hot;
}

}  // namespace

LayerEquations embedding_equations() {
  return {{LayerKind::kEmbedding, embedding}, {LayerKind::kMultiHot, multi_hot}};
}

}  // namespace akin::nn
