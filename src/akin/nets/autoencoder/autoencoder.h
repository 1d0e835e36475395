// Autoencoders of what users have, with a multinomial likelihood.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/param.h"
#include "akin/models/fit/context.h"
#include "akin/models/model.h"
#include "akin/nn/net_spec.h"

namespace akin::nets {

inline constexpr Traits kAutoencoderTraits = {
    .deterministic = false, .iterative = true, .distributed = true, .needs_nets = true};

/// Parameters of both models (Liang, Krishnan, Hoffman & Jebara, "Variational autoencoders for collaborative filtering",
/// WWW 2018, section 4).
struct AutoencoderConfig {
  int factors = 200;
  std::string layers;  ///< units of the layers between items and factors; on the way out the other way round
  int epochs = 50;
  int batch_size = 500;  ///< users
  float dropout = 0.5f;
  std::string optimizer = "adam";
  float learning_rate = 0.001f;
  int gradient_parts = 1;
  std::vector<Param> params();
  bool divides() const { return gradient_parts > 1; }
};

/// From the last layer of the encoder to the factors; `batches` make an epoch.
using Bottleneck = std::function<nn::Node(nn::NetSpec& net, const nn::Node& encoder, std::int64_t batches)>;

/// Fits, with x the items of a user as zeros and ones, to positive_interactions():
///
///   x / |x| with dropout -> layers (tanh) -> bottleneck -> layers (tanh) -> softmax pi
///   loss = - sum over i of x_i log pi_i                                       (eq. 2)
///
/// The model is a HistoryNetModel: a user is what the history says. Cost of an epoch: the entries times the width of
/// the first layer, and users times items times the width of the last one.
std::unique_ptr<Model> fit_autoencoder(const TrainingData& data, std::string_view model,
                                       const AutoencoderConfig& config, const Bottleneck& bottleneck,
                                       const FitContext& context);

}  // namespace akin::nets
