#include "akin/catalog/registry.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/base/config_params.h"
#include "akin/base/error.h"
#include "akin/catalog/fused_entry.h"
#include "akin/fusion/content2vec.h"
#include "akin/fusion/content_attention.h"
#include "akin/fusion/content_model.h"
#include "akin/fusion/content_regression.h"
#include "akin/fusion/tower_model.h"
#include "akin/models/baseline/bias.h"
#include "akin/models/baseline/popularity.h"
#include "akin/models/fit/context.h"
#include "akin/models/implicit/als.h"
#include "akin/models/implicit/logistic_mf.h"
#include "akin/models/implicit/nmf.h"
#include "akin/models/implicit/svd.h"
#include "akin/models/linear/ease.h"
#include "akin/models/linear/slim.h"
#include "akin/models/neighbors/co_occurrence.h"
#include "akin/models/neighbors/item_knn.h"
#include "akin/models/neighbors/item_knn_rating.h"
#include "akin/models/neighbors/slope_one.h"
#include "akin/models/neighbors/user_knn.h"
#include "akin/models/neighbors/user_knn_rating.h"
#include "akin/models/ranking/bpr.h"
#include "akin/models/ranking/warp.h"
#include "akin/models/rating/als_wr.h"
#include "akin/models/rating/mf_sgd.h"
#include "akin/models/rating/nmf_rating.h"
#include "akin/models/rating/svdpp.h"
#include "akin/models/sequence/fpmc.h"
#include "akin/models/sequence/sequence_rules.h"
#include "akin/models/sequence/session_knn.h"
#include "akin/models/sequence/session_popularity.h"
#include "akin/models/word2vec/bagged_prod2vec.h"
#include "akin/models/word2vec/doc2vec.h"
#include "akin/models/word2vec/item2vec.h"
#include "akin/models/word2vec/meta_prod2vec.h"
#include "akin/models/word2vec/prod2vec.h"
#include "akin/models/word2vec/prod2vec_cluster.h"
#include "akin/models/word2vec/word2vec.h"
#include "akin/nets/autoencoder/mult_dae.h"
#include "akin/nets/autoencoder/mult_vae.h"
#include "akin/nets/pair_net.h"
#include "akin/nets/pairs/gmf.h"
#include "akin/nets/pairs/mlp.h"
#include "akin/nets/pairs/neumf.h"
#include "akin/nets/pairs/rating_dot.h"
#include "akin/nets/pairs/rating_mlp.h"
#include "akin/nets/sequence/gru4rec.h"
#include "akin/nets/sequence/hstu.h"
#include "akin/nets/sequence/rnn.h"
#include "akin/nets/sequence/rrn.h"
#include "akin/nets/sequence/sasrec.h"
#include "akin/nets/text/deepconn.h"

namespace akin {
namespace {

std::string_view type_of(const Param& param) {
  constexpr std::string_view kTypes[] = {"int", "float", "bool", "string"};
  return kTypes[param.value.index()];
}

template <typename M>
ModelEntry entry() {
  return {
      .name = M::kName,
      .summary = M::kSummary,
      .traits = M::kTraits,
      .params =
          [] {
            typename M::Config config;
            std::vector<ModelEntry::ParamInfo> infos;
            for (Param& param : config.params()) {
              std::string text = to_string(param);
              const std::string_view type = type_of(param);
              infos.push_back({std::move(param), std::move(text), type});
            }
            return infos;
          },
      .fit =
          [](const TrainingData& data, const ParamValues& values, const FitContext& context) {
            return M::fit(data, config_of<typename M::Config>(values, M::kName), context);
          },
      .complete =
          [](const ParamValues& values) {
            auto config = config_of<typename M::Config>(values, M::kName);
            return get_params(config.params());
          },
      .divides =
          [](const ParamValues& values) {
            const auto config = config_of<typename M::Config>(values, M::kName);
            if constexpr (requires { config.divides(); }) return M::kTraits.distributed && config.divides();
            return M::kTraits.distributed;
          },
      .load = &M::load,
  };
}

}  // namespace

const std::vector<ModelEntry>& models() {
  static const std::vector<ModelEntry> kModels = {
      // A line for each model.
      // clang-format off
      entry<Popularity>(),
      entry<Bias>(),
      entry<CoOccurrence>(),
      entry<ItemKnn>(),
      entry<UserKnn>(),
      entry<Ease>(),
      entry<Slim>(),
      entry<Svd>(),
      entry<Nmf>(),
      entry<Als>(),
      entry<LogisticMf>(),
      entry<Bpr>(),
      entry<Warp>(),
      entry<Prod2Vec>(),
      entry<Item2Vec>(),
      entry<BaggedProd2Vec>(),
      entry<MetaProd2Vec>(),
      entry<Prod2VecCluster>(),
      entry<Word2Vec>(),
      entry<Doc2Vec>(),
      entry<ContentModelOf<TfidfEncoder>>(),
      entry<ContentModelOf<Bm25Encoder>>(),
      entry<ContentModelOf<AttributeEncoder>>(),
      entry<ContentModelOf<WordVectorEncoder>>(),
      entry<ContentModelOf<PretrainedEncoder>>(),
      entry<ContentModelOf<ImageEncoder>>(),
      entry<ContentRidge>(),
      entry<ContentLogistic>(),
      entry<Gmf>(),
      entry<Mlp>(),
      entry<NeuMf>(),
      entry<nets::MultVae>(),
      entry<nets::MultDae>(),
      entry<Gru4Rec>(),
      entry<nets::OwnNet>(),
      entry<SessionPopularity>(),
      entry<SequenceRules>(),
      entry<SessionKnn>(),
      entry<Fpmc>(),
      entry<ItemKnnRating>(),
      entry<UserKnnRating>(),
      entry<SlopeOne>(),
      entry<MfSgd>(),
      entry<Svdpp>(),
      entry<AlsWr>(),
      entry<NmfRating>(),
      entry<RatingDot>(),
      entry<RatingMlp>(),
      entry<nets::DeepConn>(),
      entry<nets::OwnRatingNet>(),
      entry<Sasrec>(),
      entry<Hstu>(),
      entry<ContentAttentionOf<Sasrec>>(),
      entry<ContentAttentionOf<Hstu>>(),
      entry<Rrn>(),
      entry<Rnn>(),
      entry<FusedEntry>(),
      entry<TwoTower>(),
      entry<ContentSimilarity>(),
      entry<Content2Vec>(),
      // clang-format on
  };
  return kModels;
}

const ModelEntry& find_model(std::string_view name) {
  const auto found = std::ranges::find(models(), name, &ModelEntry::name);
  if (found != models().end()) return *found;
  std::vector<std::string> names;
  for (const ModelEntry& entry : models()) names.emplace_back(entry.name);
  fail(ErrorCode::kNotFound, "unknown model '{}'{}; models: {}", name, did_you_mean(name, names),
       fmt::join(names, ", "));
}

}  // namespace akin
