#include <utility>
#include <vector>

#include "akin/base/rng.h"
#include "akin/nn/torch/layers.h"
#include "akin/nn/torch/row_sums.h"

namespace akin::nn {
namespace {

at::Tensor embedding(const LayerCall& call) {
  const at::Tensor& ids = call.inputs[0];
  if (call.layer.vectors == VectorSource::kOneHot)
    return at::one_hot(ids.to(at::kLong), call.layer.rows).to(call.pass.numbers);
  const bool rows = call.pass.row_gradients && call.weights[0].requires_grad();
  return at::embedding(call.weights[0], rows ? ids.to(at::kLong) : ids, call.layer.padding_index, false,
                       rows);
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

/// Indices of bags without dropped ones, and how many each had before, (bags, 1), at least 1.
struct DroppedBags {
  BagIds kept;
  at::Tensor counts;
};

DroppedBags drop_indices(const at::Tensor& lists, double rate, const Pass& pass) {
  // One number of the pass's generator, and from it a stream for all indices.
  Rng rng(rate > 0 ? static_cast<std::uint64_t>(
                         at::empty({1}, at::kLong).random_(pass.generator).item<std::int64_t>())
                   : 0);
  std::vector<double> counts(static_cast<std::size_t>(lists.size(0)), 0);
  BagIds kept = bag_ids(lists, [&](std::int64_t bag, std::int32_t) {
    ++counts[static_cast<std::size_t>(bag)];
    return rate == 0 || rng.uniform() >= rate;
  });
  return {std::move(kept), at::tensor(counts, at::kDouble).unsqueeze(1).clamp_min(1).to(pass.numbers)};
}

/// g(s sum of rows + b). Indices are dropped before they are summed; s = 1 / (1 - rate) x 1, 1 / count or
/// 1 / sqrt(count), of the indices before any is dropped.
at::Tensor embedding_bag(const LayerCall& call) {
  const LayerSpec& layer = call.layer;
  const double rate = call.pass.training ? layer.rate : 0;
  const DroppedBags bags = drop_indices(call.inputs[0], rate, call.pass);
  Rows rows{call.weights[0], bags.kept.ids};
  if (call.pass.row_gradients && rows.table.requires_grad()) rows = named_rows(rows.table, rows.ids);
  at::Tensor scales = at::full_like(bags.counts, 1 / (1 - rate));
  if (layer.mode == BagMode::kMean) scales = scales / bags.counts;
  if (layer.mode == BagMode::kSqrt) scales = scales / bags.counts.sqrt();
  const at::Tensor sums = row_sums(rows.table, rows.ids, bags.kept.offsets) * scales;
  return call.activated(call.weights.size() > 1 ? sums + call.weights[1] : sums);
}

at::Tensor positional_embedding(const LayerCall& call) {
  return call.inputs[0] + call.weights[0].slice(0, 0, call.inputs[0].size(1));
}

}  // namespace

LayerEquations embedding_equations() {
  using K = LayerKind;
  return {{K::kEmbedding, embedding},
          {K::kMultiHot, multi_hot},
          {K::kEmbeddingBag, embedding_bag},
          {K::kPositionalEmbedding, positional_embedding}};
}

}  // namespace akin::nn
