// Vectors of a data set's items by an encoder that is fitted to it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "akin/base/param.h"
#include "akin/data/dataset.h"
#include "akin/encode/content_encoder.h"

namespace akin {

struct EncodeOptions {
  /// Learn from the items of the training side only, and only from its reviews, as TrainOptions::holdout;
  /// "none" = from all items of the catalogue and all reviews.
  std::string holdout = "none";
  std::string word_vectors = {};  ///< as TrainOptions::word_vectors
};

struct EncodeResult {
  std::unique_ptr<ContentEncoder> encoder;
  IdMap items;                ///< the whole catalogue
  AttributeTable attributes;  ///< of the items
  Matrix vectors;             ///< (items, dim)
};

/// Fits the encoder and encodes the catalogue. Throws Error(kUsage) for an unknown encoder or parameter and where
/// vectors are too long (encode_full()), Error(kBadData) if the data hold nothing to learn from, Error(kCancelled).
EncodeResult encode_items(Dataset data, std::string_view encoder, const ParamValues& params,
                          const EncodeOptions& options = {}, const Context& context = {});
/// The vectors of `content`. Throws Error(kUsage) for more than 4,096 dimensions of a sparse encoder, and of others where they
/// would take over 4 GiB too.
Matrix encode_full(const ContentEncoder& encoder, const ItemContent& content, const Context& context);

}  // namespace akin
