#include "akin/models/neighbors/item_knn.h"

#include <algorithm>
#include <utility>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/models/fit/rank_rows.h"
#include "akin/models/neighbors/nearest.h"

namespace akin {
namespace {

/// Scales the values of each row to sum 1.
void normalize_lists(Csr& lists) {
  for (std::size_t r = 0; r < lists.rows(); ++r) {
    double sum = 0;
    for (const float s : lists.values_of(r)) sum += s;
    for (std::uint64_t e = lists.offsets[r]; e < lists.offsets[r + 1]; ++e)
      lists.values[e] = static_cast<float>(lists.values[e] / sum);
  }
}

}  // namespace

std::unique_ptr<Model> ItemKnn::fit(const TrainingData& data, const Config& config, const Context& context) {
  context.check_stop();
  Csr users =
      gather_csr(context.ranks(), akin::to_csr(data.events, data.n_users(), data.n_items(), Repeats::kSum));
  if (users.entries() == 0)
    fail(ErrorCode::kBadData, "item-knn: no events to train on; check the filters and the split");
  if (!config.use_values) std::ranges::fill(users.values, 1.0f);
  const SimilarityRows items = weigh_rows(transpose(users), config.spec(), kName);
  const bool by_target = config.neighbors_of == "target";
  Csr lists = nearest_rows(items, static_cast<std::size_t>(config.neighbors),
                           by_target ? ListOf::kRight : ListOf::kLeft, context);
  if (config.normalize) normalize_lists(lists);
  return std::unique_ptr<Model>(new ItemKnn(std::move(lists), config.use_values, by_target));
}

ItemKnn::ItemKnn(Csr lists, bool use_values, bool by_target)
    : own_(std::move(lists)), use_values_(use_values), by_target_(by_target) {
  if (by_target) scoring_ = NeighborLists(transpose(own_.lists()));
}

bool ItemKnn::score_all(const Query& query, std::span<float> out) const {
  return scoring().score_all(weighted_history(query, use_values_), out);
}

std::optional<Explanation> ItemKnn::explain(const Query& query, idx_t item) const {
  return scoring().explain(weighted_history(query, use_values_), item);
}

void ItemKnn::save(TensorWriter& writer) const {
  write_csr(writer, "model.neighbors", own_.lists());
  writer.meta("model.use_values", use_values_ ? "1" : "0");
  writer.meta("model.by_target", by_target_ ? "1" : "0");
}

std::unique_ptr<Model> ItemKnn::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  const bool use_values = reader.meta_int("model.use_values", 0, 1) != 0;
  const bool by_target = reader.meta_int("model.by_target", 0, 1) != 0;
  return std::unique_ptr<Model>(new ItemKnn(
      read_csr(reader, "model.neighbors", n_items, n_items, ColumnOrder::kAny), use_values, by_target));
}

}  // namespace akin
