// Fitted encoders in files.
#pragma once

#include <memory>
#include <string>

#include "akin/encode/content_encoder.h"
#include "akin/store/bundle.h"

namespace akin {

/// An encoder, and how the attributes are read that it was fitted to.
struct StoredEncoder {
  std::unique_ptr<ContentEncoder> own;  ///< of a file that holds an encoder alone
  std::optional<Bundle> bundle = {};    ///< of a model with an encoder
  AttributeTable types = {};            ///< columns without rows
  const ContentEncoder& encoder() const { return own ? *own : *bundle->model->encoder(); }
};

/// Saves as a safetensors file of kind "encoder"; only the types of `attributes` are stored. Throws Error(kIo).
void save_encoder(const ContentEncoder& encoder, const AttributeTable& attributes, const std::string& path);
/// Of such a file, or of a bundle whose model has an encoder. Throws Error(kBadData), Error(kUsage) for a bundle
/// without one.
StoredEncoder load_encoder(const std::string& path);
/// Whether load_encoder() would find one: of a bundle by the name of its model.
bool has_encoder(const std::string& path);

/// Name, hash and number of dimensions of the encoder, as a line.
std::string encoder_text(const ContentEncoder& encoder);

}  // namespace akin
