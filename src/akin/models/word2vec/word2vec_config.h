// The parameters that the word2vec family shares.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/param.h"
#include "akin/models/word2vec/word2vec_training.h"

namespace akin {

/// The defaults are those of the call in the Concept to Code tutorial, Word2Vec(sequences, size=100,
/// window=3, min_count=1, sg=1, iter=20); param_flags.h accepts these names as flags.
struct Word2VecFamilyConfig {
  int factors = 100;
  int window = 3;
  int min_count = 1;
  int epochs = 20;
  int sg = 1;
  int hs = 0;
  int negatives = 5;
  int shared_negatives = 8;
  int cbow_mean = 1;
  float learning_rate = 0.025f;
  float min_learning_rate = 0.0001f;
  float sample = 1e-3f;
  float negatives_power = 0.75f;
  bool shrink_windows = true;
  bool in_order = false;
  std::string score = "predict";
  int history = 10;
  float history_decay = 0.5f;

  std::vector<Param> params();
  /// params() but those of these names, for models that have no such choice.
  std::vector<Param> params_without(std::span<const std::string_view> names);
  /// min_learning_rate, but no more than learning_rate: both ranges are declared, so any two of them go together.
  float final_learning_rate() const { return std::min(min_learning_rate, learning_rate); }
  /// Whether several processes can divide the fit: train_sgns() does it.
  bool divides() const { return sg != 0 && hs == 0 && negatives > 0 && !in_order; }
  /// Throws Error(kUsage) naming `model` if parameters contradict each other.
  Word2VecOptions options(std::string_view model) const;
};

/// Another help text for a parameter that means something else in a model.
void set_help(std::vector<Param>& params, std::string_view name, std::string_view help);

}  // namespace akin
