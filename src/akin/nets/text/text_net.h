// A net on words as a model of texts: what all of its kinds share.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "akin/base/param.h"
#include "akin/nets/net_predictor.h"
#include "akin/nets/text/text_samples.h"
#include "akin/nn/compile_options.h"
#include "akin/text/text_model.h"

namespace akin::nets {

/// Parameters of every net on words. A kind changes the defaults, and adds its own.
struct TextNetConfig {
  std::string tokens = "words";
  bool lowercase = true;
  int min_count = 1;
  int max_length = 400;
  int factors = 100;
  std::string vectors = "auto";
  float dropout = 0.5F;
  std::string optimizer = "adam";
  float learning_rate = 0;
  int batch_size = 50;
  int epochs = 20;
  int patience = 5;
  float clip_norm = 0;
  void add_params(std::vector<Param>& params);
};

/// The layers that a net begins with, for a kind to go on from.
struct TextLayers {
  nn::NetSpec& spec;
  nn::Node words;    ///< (length) indices
  nn::Node vectors;  ///< (length, factors)
};

/// What makes one kind of net of another.
struct TextNetKind {
  std::string_view name;
  /// Puts the layers up to the values that the classes are told from, which become the vectors of texts.
  std::function<nn::Node(const TextLayers& layers)> features;
  double max_norm = 0;  ///< of the weights of each class
};

/// Trains on the texts, and stops early where there are others for validation: with the weights of the best epoch.
/// Throws Error(kBadData) where no text has a known word; Error(kUsage), Error(kNotFound) without the library of nets, Error(kCancelled).
std::unique_ptr<TextModel> fit_text_net(const TextNetKind& kind, const TextNetConfig& config,
                                        const TextFitInput& input, const Context& context);
/// Of any kind. Throws Error(kBadData).
std::unique_ptr<TextModel> load_text_net(std::string_view name, const TensorReader& reader,
                                         const std::string& prefix);

}  // namespace akin::nets
