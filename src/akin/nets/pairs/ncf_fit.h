// What the fits of NcfNets share: parameters, data, epochs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "akin/base/param.h"
#include "akin/models/fit/context.h"
#include "akin/nets/pairs/ncf_model.h"
#include "akin/nets/pairs/ncf_trainer.h"

namespace akin {

/// "64,32,16" -> {64, 32, 16}. Throws Error(kUsage) naming the model.
std::vector<std::size_t> parse_layers(std::string_view text, std::string_view model);

/// Parameters of nets with layers.
Param layers_param(std::string& layers);
Param dropout_param(float& dropout);

/// Traits of the ranking nets and of the rating nets.
inline constexpr Traits kRankingNetTraits = {.iterative = true,
                                             .planned_schedule = true,
                                             .warm_start = true,
                                             .takes_item_vectors = true,
                                             .distributed = true};
inline constexpr Traits kRatingNetTraits = {.predicts_ratings = true,
                                            .iterative = true,
                                            .warm_start = true,
                                            .takes_item_vectors = true,
                                            .distributed = true};

/// Initialization of the ranking nets, as in He et al.
inline constexpr NcfInit kRankingInit = {.width = 0.01f, .normal = true};

/// Parameters of the ranking nets (He et al. 2017).
struct RankingNetConfig {
  int epochs = 20;
  int batch_size = 256;
  int negatives = 4;
  float regularization = 0;
  std::string optimizer = "adam";
  float learning_rate = 0.001f;
  std::string schedule = "linear";
  bool lazy = false;
  bool hogwild = false;
  bool async = false;
  bool freeze_items = false;
  std::vector<Param> params();
  NcfTrainOptions options(std::string_view model) const;
};

/// Parameters of the rating nets; the defaults are those of the Keras examples in the Concept to Code tutorial.
struct RatingNetConfig {
  int factors = 30;
  int epochs = 5;
  int batch_size = 64;
  std::string loss = "mae";
  float regularization = 0;
  std::string optimizer = "adam";
  float learning_rate = 0.001f;
  bool lazy = false;
  bool hogwild = false;
  bool async = false;
  bool freeze_items = false;
  std::vector<Param> params();
  NcfTrainOptions options(std::string_view model) const;
};

/// Says what asynchronous fits do not promise, where `async` asks for one.
void remark_async(bool async, const FitContext& context);

/// The net that a fit begins with: FitContext::start's model, grown; or random vectors and layers, or
/// FitContext::start's item vectors, (n_items, product + embedding), in place of the random ones. Throws
/// Error(kUsage) naming `model` if they do not fit the shape.
NcfNet initial_net(const NcfShape& shape, const NcfInit& init, NcfLoss loss, const Csr& pairs,
                   std::string_view model, const FitContext& context);

/// Makes users and items without entries unknown (zero rows) and the model of the net.
std::unique_ptr<Model> make_ncf_model(const NcfNet& net, const Csr& pairs, NcfModel::FoldIn numbers);

/// Fits a net to positive_interactions(). Collective, as fit_rating_net().
std::unique_ptr<Model> fit_ranking_net(const TrainingData& data, const NcfShape& shape,
                                       const NcfTrainOptions& options, int epochs, const FitContext& context);
/// Fits a net to training_ratings().
std::unique_ptr<Model> fit_rating_net(const TrainingData& data, const NcfShape& shape,
                                      const NcfTrainOptions& options, int epochs, const FitContext& context);

}  // namespace akin
