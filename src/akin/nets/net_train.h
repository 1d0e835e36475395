// Training a net of one's own on data.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/id_map.h"
#include "akin/linalg/matrix.h"
#include "akin/nets/fit.h"
#include "akin/nn/net.h"

namespace akin::nets {

/// Vectors by id.
struct PretrainedRows {
  IdMap ids;
  Matrix vectors;
};

/// One embedding layer and its vectors. The three give the same values where their tables agree: `learned` looks
/// the row up, `one-hot` multiplies the unit vector of the row by a dense layer without bias.
struct EmbeddingChoice {
  std::string layer = {};  ///< name; "" = the net's only embedding
  nn::VectorSource vectors = nn::VectorSource::kLearned;
  std::string file = {};                            ///< of pretrained vectors
  bool freeze = false;                              ///< pretrained: training leaves them as they are
  std::shared_ptr<const PretrainedRows> rows = {};  ///< pretrained: what the caller read from the file
};

/// "one-hot", "learned", "pretrained=FILE" or "pretrained=FILE,freeze", each with "LAYER:" before it where a net
/// has several embeddings. Throws Error(kUsage).
EmbeddingChoice parse_embedding_choice(std::string_view text);

/// What replaces what the net's file says.
struct NetTrainOptions {
  std::optional<int> epochs = {};      ///< of the file, else 1
  std::optional<int> batch_size = {};  ///< samples a step; of the file, else 32
  /// Epochs without a better loss that end the training; of the file, else never.
  std::optional<int> patience = {};
  std::optional<double> learning_rate = {};     ///< above 0
  std::optional<double> validation_split = {};  ///< share of the samples, the last ones, that are only scored
  /// File of weights to begin with where names agree; one of another shape is an error.
  std::string init = {};
  /// Where the vectors of embeddings come from, instead of what the file says; not of a net that continues.
  std::vector<EmbeddingChoice> embeddings = {};
  std::string checkpoint = {};            ///< file to write the net to after each epoch; {} = its number
  bool gradient_norms = false;            ///< measure gradients by layer and by time step at the end
  std::string device = "cpu";             ///< cpu, cuda or cuda:N
  std::optional<std::string> dtype = {};  ///< float or double, float unless said; of a trained net its own
  /// Hears of each epoch as it ends; `last` is the number of the last one planned.
  std::function<void(const EpochResult& epoch, std::uint64_t last)> on_epoch = {};
};

/// A trained net, and how it went.
struct TrainedNet {
  nn::Net net;  ///< save() writes settings and ids of its data too
  History history;
  nn::Scores test;  ///< on what was held out; empty if nothing was
  std::uint64_t test_samples = 0;
  nn::Scores constant;  ///< of the best constant output (constant_scores.h)
  std::string
      constant_part;  ///< on what: "held-out" samples if there are some, else "validation", "training"
  std::vector<nn::GradientNorm> norms;  ///< if asked for; of the first 1,000 samples that are not held out
  std::vector<nn::StepGradientNorms> step_norms;  ///< the same
};

/// Trains the net of `path`, a TOML file (docs/nets.md) or a trained net that continues where it stopped, on
/// the data of `data`, of the kind that the net names. Remarks: weights taken from `init`, sizes of net and
/// data. Throws Error(kUsage) with file and line for a wrong net or options, Error(kBadData) for data that do
/// not fit, Error(kCancelled).
TrainedNet train_net(const std::string& path, const std::string& data, const NetTrainOptions& options,
                     const Context& context);

}  // namespace akin::nets
