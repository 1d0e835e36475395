#include "akin/models/neighbors/slope_one.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/models/neighbors/rating_similarity.h"
#include "akin/models/neighbors/sparse_product.h"

namespace akin {
namespace {

/// Of the users of j and i: the sum of r_ui - r_uj.
struct Difference {
  float sum = 0;
  std::uint32_t users = 0;
  void add(float j, float i) {
    sum += i - j;
    ++users;
  }
  bool empty() const { return users == 0; }
};

struct Pair {
  idx_t item;
  float dev;
  std::uint32_t users;
};

/// The pairs of most users, at most `count` of them (0 = all), by item.
void keep_most_shared(std::vector<Pair>& pairs, std::size_t count) {
  if (count > 0 && pairs.size() > count) {
    const auto end = pairs.begin() + static_cast<std::ptrdiff_t>(count);
    std::ranges::nth_element(pairs, end, [](const Pair& a, const Pair& b) {
      return a.users != b.users ? a.users > b.users : a.item < b.item;
    });
    pairs.erase(end, pairs.end());
  }
  std::ranges::sort(pairs, {}, &Pair::item);
  pairs.shrink_to_fit();
}

/// Whether the user likes what they rated so: each of two poles has its own table.
bool likes(float rating, float mean) { return rating > mean; }

/// The ratings that are likes, or those that are not.
Csr pole(const Csr& ratings, bool liked) {
  Csr result;
  result.cols = ratings.cols;
  for (std::size_t u = 0; u < ratings.rows(); ++u) {
    const float mean = spread(ratings.values_of(u), 1).mean;
    for (std::uint64_t e = ratings.offsets[u]; e < ratings.offsets[u + 1]; ++e) {
      if (likes(ratings.values[e], mean) != liked) continue;
      result.indices.push_back(ratings.indices[e]);
      result.values.push_back(ratings.values[e]);
    }
    result.offsets.push_back(result.indices.size());
  }
  return result;
}

}  // namespace

SlopeOne::Differences SlopeOne::differences(const Csr& ratings, const Config& config,
                                            const Context& context) {
  const Csr items = transpose(ratings);
  auto rows = rows_in_parallel<std::vector<Pair>>(items.rows(), "differences", context, [&] {
    return [&items, &config, product = SparseProduct<Difference>(ratings)](idx_t j) mutable {
      std::vector<Pair> pairs;
      product.row(items.cols_of(j), items.values_of(j), [&](idx_t i, const Difference& d) {
        if (i != j && d.users >= static_cast<std::uint32_t>(config.min_overlap))
          pairs.push_back({i, d.sum / static_cast<float>(d.users), d.users});
      });
      keep_most_shared(pairs, static_cast<std::size_t>(config.neighbors));
      return pairs;
    };
  });
  Differences result;
  result.dev.cols = rows.size();
  for (std::vector<Pair>& row : rows) {
    for (const Pair& pair : row) {
      result.dev.indices.push_back(pair.item);
      result.dev.values.push_back(pair.dev);
      result.users.push_back(pair.users);
    }
    result.dev.offsets.push_back(result.dev.indices.size());
    std::vector<Pair>().swap(row);
  }
  return result;
}

std::unique_ptr<Model> SlopeOne::fit(const TrainingData& data, const Config& config, const Context& context) {
  context.check_stop();
  const Csr ratings = akin::to_csr(data.events, data.n_users(), data.n_items(), Repeats::kLast);
  if (ratings.entries() == 0) fail(ErrorCode::kBadData, "slope-one: there are no training ratings");
  std::vector<Differences> tables;
  if (config.scheme == "bipolar") {
    for (const bool liked : {true, false})
      tables.push_back(differences(pole(ratings, liked), config, context));
  } else {
    tables.push_back(differences(ratings, config, context));
  }
  return std::unique_ptr<Model>(
      new SlopeOne(config.scheme, RatingBaseline(ratings, BaselineSpec()), std::move(tables)));
}

bool SlopeOne::score_all(const Query& query, std::span<float> out) const {
  AKIN_ASSERT(out.size() == n_items());
  if (query.history.empty()) return false;
  const auto [items, ratings] = baseline_.rated_items(query);
  const float mean = spread(ratings, 1).mean;
  const bool weighted = scheme_ != "basic";
  std::vector<double> sums(out.size(), 0.0), weights(out.size(), 0.0);
  for (std::size_t h = 0; h < items.size(); ++h) {
    const std::size_t table = tables_.size() == 2 && !likes(ratings[h], mean) ? 1 : 0;
    const Csr& dev = tables_[table].dev;
    for (std::uint64_t e = dev.offsets[items[h]]; e < dev.offsets[items[h] + 1]; ++e) {
      const double weight = weighted ? tables_[table].users[e] : 1.0;
      sums[dev.indices[e]] += weight * (static_cast<double>(dev.values[e]) + ratings[h]);
      weights[dev.indices[e]] += weight;
    }
  }
  const float user_bias = baseline_.user_bias(items, ratings);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = weights[i] > 0 ? static_cast<float>(sums[i] / weights[i])
                            : baseline_.mean() + user_bias + baseline_.item_bias(static_cast<idx_t>(i));
  }
  return true;
}

void SlopeOne::save(TensorWriter& writer) const {
  writer.meta("model.scheme", scheme_);
  baseline_.save(writer);
  for (std::size_t t = 0; t < tables_.size(); ++t) {
    const std::string name = "model.differences." + std::to_string(t);
    write_csr(writer, name, tables_[t].dev);
    writer.tensor(name + ".users", tables_[t].users);
  }
}

std::unique_ptr<Model> SlopeOne::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  const std::string scheme = reader.meta("model.scheme");
  if (scheme != "basic" && scheme != "weighted" && scheme != "bipolar")
    reader.inconsistent(fmt::format("there is no scheme '{}'", scheme));
  std::vector<Differences> tables(scheme == "bipolar" ? 2 : 1);
  for (std::size_t t = 0; t < tables.size(); ++t) {
    const std::string name = "model.differences." + std::to_string(t);
    tables[t].dev = read_csr(reader, name, n_items, n_items, ColumnOrder::kAscending);
    tables[t].users = reader.vector<std::uint32_t>(name + ".users", tables[t].dev.entries());
  }
  return std::unique_ptr<Model>(
      new SlopeOne(scheme, RatingBaseline::load(reader, n_items), std::move(tables)));
}

}  // namespace akin
