// Asking a trained net about data, and taking its tables of vectors.
#pragma once

#include <string>

#include "akin/base/context.h"
#include "akin/data/id_map.h"
#include "akin/linalg/matrix.h"
#include "akin/nn/net.h"

namespace akin::nets {

/// A trained net's file and data of the kind that it was trained on.
struct NetQuestion {
  std::string path;
  std::string data;
  std::string device = "cpu";  ///< cpu, cuda or cuda:N
};

/// Loss and metrics on a part of the data.
struct NetScores {
  std::string part;
  std::uint64_t samples = 0;
  nn::Scores scores;    ///< of two classes with nn::class_scores()
  nn::Scores constant;  ///< of the best constant output by the samples that are not held out
};
/// `part`: "test" (what was held out), "train" or "all"; "" = test if there is one, else all. Remarks:
/// indices that the net does not know. Throws Error(kUsage) for another part,
/// Error(kBadData), Error(kCancelled).
NetScores evaluate_net(const NetQuestion& question, const std::string& part, const Context& context);

/// What a net gives for each sample.
struct NetPredictions {
  nn::Array values;   ///< (samples, ...)
  nn::Array targets;  ///< none where the data have none
};
/// The values of `layer`, "" = the output. Remarks and errors as evaluate_net().
NetPredictions predict_net(const NetQuestion& question, const std::string& layer, const Context& context);

/// A table of weights with an id for each row.
struct WeightTable {
  IdMap ids;
  Matrix vectors;
};
/// The weight of that name, such as item_embedding/embeddings, in the file of a trained net. An embedding of
/// users, items or words has their ids and comes without its reserved row 0; rows of another table have their
/// numbers. Throws Error(kNotFound) with the nearest names, Error(kUsage) if the weight is not a table.
WeightTable weight_table(const std::string& path, const std::string& name);

}  // namespace akin::nets
