// Codes of items from their vectors, as an attribute.
#pragma once

#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/dataset.h"
#include "akin/store/embeddings_reader.h"

namespace akin {

struct SemanticIdOptions {
  int levels = 3;
  int clusters = 256;  ///< of each level
  int iterations = 25;
  std::string attribute = "semantic_id";  ///< what to call it
};

struct SemanticIdFacts {
  std::size_t items = 0;           ///< that have an id
  std::size_t without_vector = 0;  ///< and so without an id
  std::size_t unknown = 0;         ///< vectors of items that are not in the data set
  std::vector<double>
      errors;  ///< after each level: the share of the vectors' spread that is not in the codes
  std::vector<std::size_t> different = {};  ///< by level, ids of so many levels
  std::size_t most_alike = 0;               ///< items with the same id, at most
};

/// Adds an attribute of kind list to the items: codes from coarse to fine (residual_kmeans() of the vectors at length 1; semantic ids
/// as Rajput et al., "Recommender systems with generative retrieval", NeurIPS 2023, by k-means in place of a net), each level as an
/// element that names those before it, such as 17|17-203|17-203-5. Items that share elements have like vectors. Throws Error(kUsage)
/// for options out of range and if the attribute is there already, Error(kBadData) if no item has a vector, Error(kCancelled).
SemanticIdFacts add_semantic_ids(Dataset& data, const ReadEmbeddings& vectors, const std::string& source,
                                 const SemanticIdOptions& options, const Context& context);

}  // namespace akin
