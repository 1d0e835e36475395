// Ratings and probabilities of single pairs of a user and an item.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/store/bundle.h"

namespace akin {

/// Who is asked about what, by ids.
struct UserItem {
  std::string user;
  std::string item;
};

struct PredictOptions {
  bool clip = true;  ///< ratings are kept within the range of the training ratings
};

struct Prediction {
  float value = 0;
  bool unknown_user = false;  ///< the model was asked as for somebody of whom nothing is known
  bool unknown_item = false;  ///< the model knows nothing of it
  bool stands_in = false;     ///< there is no prediction: value is Predictions::stand_in
};

struct Predictions {
  bool probabilities = false;      ///< that the user likes the item; else ratings
  float stand_in = 0;              ///< where there is no prediction: the mean training rating, or 1/2
  float low = 0, high = 1;         ///< range of the training ratings, or of probabilities
  std::vector<Prediction> values;  ///< in the order of the pairs
};

/// What the model predicts of each pair, exactly as evaluate() does it for held-out events. Throws Error(kUsage) for a
/// model that predicts neither ratings nor probabilities, Error(kCancelled). Cost: a score for each pair; same
/// bits at any number of threads.
Predictions predict(const Bundle& bundle, std::span<const UserItem> pairs, const PredictOptions& options = {},
                    const Context& context = {});

/// Columns of a file of pairs by name or number; "" = by the usual names, else the first and the second.
struct PairColumns {
  std::string user;
  std::string item;
};
/// The pairs in a delimited file, "-" = standard input; blanks around ids do not count. The first line is a header only
/// if it has a usual name of a column or one of `columns`; remarks say what was taken for a header by one name of two,
/// and what stands above the table. Throws Error(kBadData) with file:line for a line without
/// user or item, and for a file without pairs; Error(kUsage) for unknown columns, and as LineReader.
std::vector<UserItem> read_pairs(const std::string& path, const PairColumns& columns = {},
                                 const Context& context = {});

}  // namespace akin
