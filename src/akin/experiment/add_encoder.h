// An encoder put beside the model of a bundle.
#pragma once

#include <string>
#include <string_view>

#include "akin/base/context.h"
#include "akin/base/param.h"
#include "akin/data/dataset.h"
#include "akin/store/bundle.h"

namespace akin {

struct AddEncoderOptions {
  std::string part = {};          ///< name in the bundle; "" = that of the encoder
  std::string word_vectors = {};  ///< as TrainOptions::word_vectors
};

/// Fits an encoder to the content of the bundle's training side and adds it with the vectors of all items
/// (Bundle::parts), in place of a part of the same name. `data` are those that the bundle was trained on, as a bundle
/// holds no reviews. Throws Error(kBadData) if they are others, or hold nothing to learn from, Error(kUsage) for
/// wrong names and parameters, Error(kCancelled).
void add_encoder(Bundle& bundle, Dataset data, std::string_view encoder, const ParamValues& params,
                 const AddEncoderOptions& options = {}, const Context& context = {});

}  // namespace akin
