#include "akin/nn/torch/layers.h"
#include "akin/nn/torch/row_sums.h"

namespace akin::nn {
namespace {

at::Tensor embedding(const LayerCall& call) {
  const at::Tensor& ids = call.inputs[0];
  if (call.layer.vectors == VectorSource::kOneHot)
    return at::one_hot(ids.to(at::kLong), call.layer.rows).to(call.pass.numbers);
  const bool rows = call.pass.row_gradients && call.weights[0].requires_grad();
  return at::embedding(call.weights[0], rows ? ids.to(at::kLong) : ids, -1, false, rows);
}

at::Tensor multi_hot(const LayerCall& call) {
  const at::Tensor& ids = call.inputs[0];
  at::Tensor hot = at::zeros({ids.size(0), call.layer.units}, call.pass.numbers);
  hot.scatter_(1, ids.to(at::kLong), 1.0);
  hot.select(1, 0).zero_();  // index 0 is not an index
  return hot;
}

struct Rows {
  at::Tensor table;
  at::Tensor ids;
};

/// The rows of the table that `ids` (count) name, with a gradient of those alone, and the ids among them.
Rows named_rows(const at::Tensor& table, const at::Tensor& ids) {
  const at::Tensor named = at::zeros({table.size(0)}, ids.options()).index_fill_(0, ids, 1);
  const at::Tensor places = named.cumsum(0) - 1;
  return {at::embedding(table, named.nonzero().squeeze(1), -1, false, true), places.index_select(0, ids)};
}

/// g(s sum of rows + b). Indices are dropped before they are summed; s = 1 / (1 - rate) x 1, 1 / count or
/// 1 / sqrt(count), of the indices before any is dropped.
at::Tensor embedding_bag(const LayerCall& call) {
  const LayerSpec& layer = call.layer;
  const at::Tensor& ids = call.inputs[0];
  at::Tensor kept = ids.ne(0);
  const at::Tensor counts = kept.sum(1, true).clamp_min(1).to(call.pass.numbers);
  const bool drops = call.pass.training && layer.rate > 0;
  if (drops)
    kept = kept & drop(layer.rate, at::ones(ids.sizes(), at::kFloat), call.pass).ne(0).to(ids.device());
  const at::Tensor sizes = kept.sum(1);
  Rows rows{call.weights[0], ids.masked_select(kept).to(at::kLong)};
  if (call.pass.row_gradients && rows.table.requires_grad()) rows = named_rows(rows.table, rows.ids);
  at::Tensor sums = row_sums(rows.table, rows.ids, sizes.cumsum(0) - sizes);
  if (drops) sums = sums / (1 - layer.rate);
  if (layer.mode != BagMode::kSum) sums = sums / (layer.mode == BagMode::kMean ? counts : counts.sqrt());
  return call.activated(call.weights.size() > 1 ? sums + call.weights[1] : sums);
}

at::Tensor positional_embedding(const LayerCall& call) { return call.inputs[0] + call.weights[0]; }

}  // namespace

LayerEquations embedding_equations() {
  using K = LayerKind;
  return {{K::kEmbedding, embedding},
          {K::kMultiHot, multi_hot},
          {K::kEmbeddingBag, embedding_bag},
          {K::kPositionalEmbedding, positional_embedding}};
}

}  // namespace akin::nn
