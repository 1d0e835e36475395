#include "akin/models/neighbors/item_knn.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

#include "akin/base/error.h"
#include "akin/base/parallel.h"

namespace akin {
namespace {

using Config = ItemKnn::Config;

/// idf_u = ln(1 + N / n_u) of each user.
std::vector<float> user_idf(const Csr& users) {
  std::vector<float> idf(users.rows(), 0.0f);
  for (std::size_t u = 0; u < users.rows(); ++u) {
    const auto n_items = static_cast<double>(users.row_size(u));
    if (n_items > 0) idf[u] = static_cast<float>(std::log1p(static_cast<double>(users.cols) / n_items));
  }
  return idf;
}

/// Scales each row to length 1.
void normalize(Csr& items) {
  for (std::size_t i = 0; i < items.rows(); ++i) {
    double squares = 0;
    for (const float w : items.values_of(i)) squares += static_cast<double>(w) * w;
    if (!(squares > 0)) continue;
    const auto factor = static_cast<float>(1.0 / std::sqrt(squares));
    for (std::uint64_t e = items.offsets[i]; e < items.offsets[i + 1]; ++e) items.values[e] *= factor;
  }
}

/// r_ui -> the bm25 weight. items is (items, users).
void weigh_bm25(Csr& items, const std::vector<float>& idf, const Config& config) {
  std::vector<double> length(items.rows(), 0.0);
  double total = 0;
  for (std::size_t i = 0; i < items.rows(); ++i) {
    for (const float r : items.values_of(i)) length[i] += r;
    total += length[i];
  }
  const double mean = total / static_cast<double>(std::max<std::size_t>(1, items.rows()));
  if (!(mean > 0))
    fail(ErrorCode::kBadData, "item-knn: the values sum to {}; bm25 needs positive ones", total);
  const double k1 = config.k1, b = config.b;
  for (std::size_t i = 0; i < items.rows(); ++i) {
    const double damping = k1 * (1.0 - b + b * length[i] / mean);
    for (std::uint64_t e = items.offsets[i]; e < items.offsets[i + 1]; ++e) {
      const double r = items.values[e];
      const double saturated = r > 0 ? r * (k1 + 1.0) / (r + damping) : 0.0;
      items.values[e] = static_cast<float>(saturated * static_cast<double>(idf[items.indices[e]]));
    }
  }
}

/// The (items, users) matrix W of the class comment, from R by user: the sum of its products is the
/// similarity.
Csr weighted_items(const Csr& users, const Config& config) {
  Csr items = transpose(users);
  if (config.similarity == "tfidf") {
    const std::vector<float> idf = user_idf(users);
    for (std::size_t e = 0; e < items.entries(); ++e) {
      items.values[e] = std::sqrt(std::max(0.0f, items.values[e])) * idf[items.indices[e]];
    }
  } else if (config.similarity == "bm25") {
    weigh_bm25(items, user_idf(users), config);
  }
  if (config.similarity == "cosine" || config.similarity == "tfidf") normalize(items);
  return items;
}

/// Finds the neighbours of one item after another; one per thread.
class RowSearch {
 public:
  RowSearch(const Csr& items, const Csr& users, const Config& config)
      : items_(items),
        users_(users),
        config_(config),
        jaccard_(config.similarity == "jaccard"),
        sums_(items.rows()),
        best_(std::min<std::size_t>(static_cast<std::size_t>(config.neighbors), items.rows())) {}

  std::vector<Scored> neighbors(idx_t item) {
    const auto row_users = items_.cols_of(item);
    const auto row_weights = items_.values_of(item);
    for (std::size_t e = 0; e < row_users.size(); ++e) add_user(row_users[e], row_weights[e]);
    for (const idx_t other : touched_) {
      if (other != item) push(item, other, sums_[other]);
      sums_[other] = {};
    }
    touched_.clear();
    return best_.take();
  }

 private:
  struct Sum {
    float dot = 0;
    std::uint32_t common = 0;
  };

  /// sums_j += w_ui w_uj for all items j of user u.
  void add_user(idx_t user, float weight) {
    const auto others = users_.cols_of(user);
    const auto weights = users_.values_of(user);
    for (std::size_t e = 0; e < others.size(); ++e) {
      Sum& sum = sums_[others[e]];
      if (sum.common == 0) touched_.push_back(others[e]);
      sum.dot += weight * weights[e];
      ++sum.common;
    }
  }

  void push(idx_t item, idx_t other, const Sum& sum) {
    if (sum.common < static_cast<std::uint32_t>(config_.min_overlap)) return;
    const auto common = static_cast<float>(sum.common);
    float similarity = sum.dot;
    if (jaccard_) {
      const std::size_t both = items_.row_size(item) + items_.row_size(other) - sum.common;
      similarity = common / static_cast<float>(both);
    }
    similarity *= common / (common + config_.shrinkage);
    if (similarity > 0 && similarity >= best_.threshold()) best_.push(other, similarity);
  }

  const Csr& items_;
  const Csr& users_;
  const Config& config_;
  const bool jaccard_;
  std::vector<Sum> sums_;
  std::vector<idx_t> touched_;
  TopK best_;
};

Csr to_csr(std::vector<std::vector<Scored>>& rows) {
  Csr result;
  result.cols = rows.size();
  for (const std::vector<Scored>& row : rows) result.offsets.push_back(result.offsets.back() + row.size());
  result.indices.reserve(result.offsets.back());
  result.values.reserve(result.offsets.back());
  for (std::vector<Scored>& row : rows) {
    for (const Scored& neighbor : row) {
      result.indices.push_back(neighbor.idx);
      result.values.push_back(neighbor.score);
    }
    std::vector<Scored>().swap(row);
  }
  return result;
}

Csr all_neighbors(const Csr& items, const Csr& users, const Config& config, const Context& context) {
  const int threads = resolve_threads(context.threads);
  std::vector<std::unique_ptr<RowSearch>> searches(static_cast<std::size_t>(threads));
  std::vector<std::vector<Scored>> rows(items.rows());
  std::atomic<std::size_t> done{0};
  constexpr std::size_t kGrain = 64;  // rows differ a lot in cost
  parallel_for(
      rows.size(), threads,
      [&](std::size_t begin, std::size_t end, int worker) {
        context.check_stop();
        auto& search = searches[static_cast<std::size_t>(worker)];
        if (!search) search = std::make_unique<RowSearch>(items, users, config);
        for (std::size_t i = begin; i < end; ++i) rows[i] = search->neighbors(static_cast<idx_t>(i));
        const std::size_t finished = done.fetch_add(end - begin) + end - begin;
        if (worker == 0)
          context.report({.phase = "neighbours", .done = finished, .total = rows.size(), .unit = "items"});
      },
      kGrain);
  return to_csr(rows);
}

}  // namespace

std::unique_ptr<Model> ItemKnn::fit(const TrainingData& data, const Config& config, const Context& context) {
  context.check_stop();
  if (data.events.empty())
    fail(ErrorCode::kBadData, "item-knn: no events to train on; check the filters and the split");
  Csr users = akin::to_csr(data.events, data.n_users(), data.n_items(), Repeats::kSum);
  if (!config.use_values) std::ranges::fill(users.values, 1.0f);
  const Csr items = weighted_items(users, config);
  if (!std::ranges::all_of(items.values, [](float w) { return std::isfinite(w); })) {
    fail(ErrorCode::kBadData, "item-knn: the summed values overflow; scale them or train without use_values");
  }
  users = transpose(items);
  return std::unique_ptr<Model>(new ItemKnn(all_neighbors(items, users, config, context), config.use_values));
}

bool ItemKnn::score_all(const Query& query, std::span<float> out) const {
  AKIN_ASSERT(out.size() == n_items());
  std::vector<std::pair<idx_t, float>> liked;
  liked.reserve(query.history.size());
  for (std::size_t h = 0; h < query.history.size(); ++h) {
    liked.emplace_back(query.history[h], use_values_ && !query.values.empty() ? query.values[h] : 1.0f);
  }
  // In order of items, so that the same set gives the same bits in any order.
  std::ranges::stable_sort(liked, {}, &std::pair<idx_t, float>::first);
  std::ranges::fill(out, 0.0f);
  bool any = false;
  for (std::size_t begin = 0, end = 0; begin < liked.size(); begin = end) {
    const idx_t item = liked[begin].first;
    float value = 0;
    for (; end < liked.size() && liked[end].first == item; ++end) value += liked[end].second;
    if (!use_values_) value = 1;
    const auto similar = neighbors_.cols_of(item);
    const auto similarities = neighbors_.values_of(item);
    for (std::size_t n = 0; n < similar.size(); ++n) out[similar[n]] += value * similarities[n];
    any = any || !similar.empty();
  }
  return any;
}

std::vector<Scored> ItemKnn::similar(idx_t item, std::size_t k) const {
  std::vector<Scored> result;
  const std::size_t count = std::min(k, neighbors_.row_size(item));
  result.reserve(count);
  for (std::size_t n = 0; n < count; ++n) {
    result.push_back({neighbors_.cols_of(item)[n], neighbors_.values_of(item)[n]});
  }
  return result;
}

void ItemKnn::save(TensorWriter& writer) const {
  write_csr(writer, "model.neighbors", neighbors_);
  writer.meta("model.use_values", use_values_ ? "1" : "0");
}

std::unique_ptr<Model> ItemKnn::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  const bool use_values = reader.meta_int("model.use_values", 0, 1) != 0;
  return std::unique_ptr<Model>(
      new ItemKnn(read_csr(reader, "model.neighbors", n_items, n_items), use_values));
}

}  // namespace akin
