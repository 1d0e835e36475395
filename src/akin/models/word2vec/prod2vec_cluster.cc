#include "akin/models/word2vec/prod2vec_cluster.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/kmeans.h"
#include "akin/models/word2vec/word2vec_start.h"

namespace akin {
namespace {

constexpr std::int64_t kMostClusters = 4'000'000'000;

/// k-means over the items with a vector; fills of_item and returns the number of clusters.
std::size_t cluster_items(const Word2VecModel::State& state, std::size_t wanted, const Context& context,
                          std::vector<idx_t>& of_item) {
  std::vector<idx_t> items;
  for (idx_t i = 0; i < state.input.rows(); ++i) {
    if (!is_zero(state.input[i])) items.push_back(i);
  }
  Matrix rows = Matrix::gather(state.input, items, context.threads);
  normalize_rows(rows);
  if (wanted == 0)
    wanted = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(items.size()))));
  const Clustering found = spherical_kmeans(rows, wanted, Prod2VecCluster::kIterations, context);
  of_item.assign(state.input.rows(), kNoToken);
  for (std::size_t r = 0; r < items.size(); ++r) of_item[items[r]] = found.cluster[r];
  return found.centers.rows();
}

}  // namespace

std::vector<std::vector<Prod2VecCluster::Next>> cluster_transitions(std::span<const Event> events,
                                                                    std::span<const idx_t> cluster_of_item,
                                                                    std::size_t n_clusters, std::size_t top) {
  std::vector<std::uint64_t> pairs;  // from and to in one number
  idx_t last = kNoToken;
  for (std::size_t e = 0; e < events.size(); ++e) {
    if (e == 0 || events[e].user != events[e - 1].user) last = kNoToken;
    const idx_t cluster = cluster_of_item[events[e].item];
    if (cluster == kNoToken) continue;
    if (last != kNoToken) pairs.push_back(std::uint64_t{last} << 32 | cluster);
    last = cluster;
  }
  std::ranges::sort(pairs);
  std::vector<std::vector<Prod2VecCluster::Next>> next(n_clusters);
  std::vector<float> followed(n_clusters, 0);
  for (std::size_t begin = 0, end = 0; begin < pairs.size(); begin = end) {
    while (end < pairs.size() && pairs[end] == pairs[begin]) ++end;
    const auto times = static_cast<float>(end - begin);
    const std::size_t from = pairs[begin] >> 32;
    next[from].push_back({static_cast<idx_t>(pairs[begin]), times});
    followed[from] += times;
  }
  for (std::size_t from = 0; from < n_clusters; ++from) {
    std::ranges::stable_sort(next[from], std::ranges::greater(), &Prod2VecCluster::Next::theta);
    next[from].resize(std::min(next[from].size(), top));
    for (auto& to : next[from]) to.theta /= followed[from];
  }
  return next;
}

std::vector<Param> Prod2VecCluster::Config::params() {
  std::vector<Param> all = SkipGramConfig::params();
  std::erase_if(all, [](const Param& param) { return param.name == "score"; });
  all.push_back({"clusters",
                 &clusters,
                 "number of clusters; 0 = square root of the number of items",
                 0,
                 1'000'000,
                 {},
                 true,
                 {10, 1000}});
  all.push_back({"top_clusters",
                 &top_clusters,
                 "clusters to recommend from: those that most often follow the item's own cluster",
                 1,
                 10'000,
                 {},
                 true,
                 {1, 30}});
  return all;
}

std::unique_ptr<Model> Prod2VecCluster::fit(const TrainingData& data, const Config& config,
                                            const FitContext& context) {
  const Word2VecOptions options = config.options(kName);
  const ItemCorpus text =
      item_corpus(data, static_cast<std::uint64_t>(config.min_count), SequenceOf::kUser, kName);
  context.check_stop();
  Word2VecVectors vectors = starting_vectors(text, options, context, kName);
  Scoring scoring = scoring_of(config);
  scoring.predict = false;
  const auto snapshot = [&](const Word2VecVectors& now) {
    State state{text.by_item(now.input, data.n_items()), text.by_item(now.output, data.n_items()), scoring};
    Clusters clusters;
    const std::size_t n_clusters =
        cluster_items(state, static_cast<std::size_t>(config.clusters), context, clusters.of_item);
    clusters.next = cluster_transitions(data.events, clusters.of_item, n_clusters,
                                        static_cast<std::size_t>(config.top_clusters));
    return std::make_unique<Prod2VecCluster>(std::move(state), std::move(clusters));
  };
  return train_word2vec(text.corpus, options, context, vectors, snapshot);
}

Prod2VecCluster::Prod2VecCluster(State state, Clusters clusters)
    : Word2VecModel(std::move(state)), clusters_(std::move(clusters)), members_(clusters_.next.size()) {
  for (idx_t i = 0; i < clusters_.of_item.size(); ++i) {
    if (clusters_.of_item[i] != kNoToken) members_[clusters_.of_item[i]].push_back(i);
  }
}

/// Adds weight s_item(i) to each item i that `item` recommends.
void Prod2VecCluster::recommend(idx_t item, float weight, std::span<const char> in_history,
                                std::span<float> out) const {
  const Matrix& unit = Word2VecModel::item_vectors();
  std::vector<Scored> ranked;
  for (const Next& next : clusters_.next[clusters_.of_item[item]]) {
    ranked.clear();
    for (const idx_t i : members_[next.cluster])
      ranked.push_back({i, dot(unit.row(item), unit.row(i), embedding_dim())});
    std::ranges::sort(ranked, ranks_before);
    std::size_t position = 1;
    for (const Scored& candidate : ranked) {
      out[candidate.idx] += weight * next.theta / static_cast<float>(position);
      position += in_history[candidate.idx] != 0 ? 0 : 1;
    }
  }
}

bool Prod2VecCluster::score_all(const Query& query, std::span<float> out) const {
  const Matrix& unit = Word2VecModel::item_vectors();
  std::vector<char> in_history(unit.rows(), 0);
  Matrix mean(1, unit.cols());
  if (!Word2VecModel::user_vector(query, mean[0])) return false;
  for (const idx_t item : query.history) in_history[item] = 1;
  std::vector<float> recommended(unit.rows(), 0.0f);
  float total = 0;
  for_latest(query, [&](idx_t item, float weight) {
    recommend(item, weight, in_history, recommended);
    total += weight;
  });
  multiply(unit, 0, unit.rows(), mean.row(0), out.data());
  for (std::size_t i = 0; i < unit.rows(); ++i)
    out[i] = recommended[i] > 0 ? recommended[i] / total : out[i] - 2;
  return true;
}

bool Prod2VecCluster::score(const Query& query, std::span<const idx_t> items, std::span<float> out) const {
  std::vector<float> all(n_items());
  if (!score_all(query, all)) return false;
  for (std::size_t k = 0; k < items.size(); ++k) out[k] = all[items[k]];
  return true;
}

std::unique_ptr<Model> Prod2VecCluster::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  State state = read(reader, n_items);
  const auto n_clusters = static_cast<std::size_t>(reader.meta_int("model.cluster.count", 1, kMostClusters));
  Clusters clusters{reader.vector<std::uint32_t>("model.cluster.of_item", n_items), {}};
  const auto to = reader.tensor<std::uint32_t>("model.cluster.next");
  const auto theta = reader.vector_in<float>("model.cluster.theta", to.size(), 0, 1);
  // before anything is made for each cluster
  const auto counts = reader.vector<std::uint32_t>("model.cluster.next_count", n_clusters);
  const auto exists = [&](idx_t cluster) { return cluster < n_clusters; };
  bool sound = std::ranges::all_of(clusters.of_item, [&](idx_t c) { return c == kNoToken || exists(c); }) &&
               std::ranges::all_of(to, exists);
  std::size_t at = 0;
  for (std::size_t c = 0; c < n_clusters && sound; ++c) {
    sound = counts[c] <= to.size() - at;
    clusters.next.emplace_back();
    for (std::size_t n = 0; n < counts[c] && sound; ++n, ++at)
      clusters.next.back().push_back({to[at], theta[at]});
  }
  if (!sound || at != to.size()) fail(ErrorCode::kBadData, "{}: the clusters are damaged", reader.path());
  auto model = std::make_unique<Prod2VecCluster>(std::move(state), std::move(clusters));
  for (idx_t i = 0; i < n_items; ++i) {
    if (model->has_vector(i) != (model->clusters().of_item[i] != kNoToken))
      fail(ErrorCode::kBadData, "{}: item {} has a cluster or a vector, not both", reader.path(), i);
  }
  return model;
}

void Prod2VecCluster::save(TensorWriter& writer) const {
  Word2VecModel::save(writer);
  std::vector<std::uint32_t> counts, to;
  std::vector<float> theta;
  for (const std::vector<Next>& next : clusters_.next) {
    counts.push_back(static_cast<std::uint32_t>(next.size()));
    for (const Next& follows : next) {
      to.push_back(follows.cluster);
      theta.push_back(follows.theta);
    }
  }
  writer.meta("model.cluster.count", std::to_string(clusters_.next.size()));
  writer.tensor("model.cluster.of_item", clusters_.of_item);
  writer.tensor("model.cluster.next_count", std::move(counts));
  writer.tensor("model.cluster.next", std::move(to));
  writer.tensor("model.cluster.theta", std::move(theta));
}

}  // namespace akin
