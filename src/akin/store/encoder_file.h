// Fitted encoders in files.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/encode/content_encoder.h"
#include "akin/store/bundle.h"
#include "akin/text/bert/import.h"

namespace akin {

/// The encoder of a part; "" = the model's own, else that of the only part. Throws as part_of().
const ContentEncoder& encoder_of(const Bundle& bundle, const std::string& part);

/// An encoder, and how the attributes are read that it was fitted to.
struct StoredEncoder {
  std::unique_ptr<ContentEncoder> own;  ///< of a file that holds an encoder alone
  std::optional<Bundle> bundle = {};    ///< of a bundle: the model's own, or a part of it
  AttributeTable types = {};            ///< columns without rows
  std::string part = {};                ///< of the bundle; "" = the model's own, else its only part
  const ContentEncoder& encoder() const { return own ? *own : encoder_of(*bundle, part); }
};

/// Saves as a safetensors file of kind "encoder"; only the types of `attributes` are stored. Throws Error(kIo).
void save_encoder(const ContentEncoder& encoder, const AttributeTable& attributes, const std::string& path);
/// Of such a file, or of a bundle that holds an encoder. Throws Error(kBadData), Error(kUsage) for a bundle without
/// one, and for `part` with a file that has no parts.
StoredEncoder load_encoder(const std::string& path, const std::string& part = "");
/// Whether the file holds an encoder: alone, or as a bundle's model.
bool has_encoder(const std::string& path);

/// A pretrained encoder from the folder of a model (text/bert/import.h); `fields` are those that it looks at in items
/// unless it is told others, separated by commas. Throws as bert::import_model(), Error(kUsage) for no field.
StoredEncoder import_encoder(const std::string& folder, const bert::ImportOptions& options,
                             std::string_view fields = "title");
/// The encoder whose parameter `file` takes this file: `pretrained` what import_encoder() made, not yet fitted to items,
/// `text-model` a model of texts; "" = none.
std::string_view encoder_reading(const std::string& path);
/// What the file says of its encoder, or of that of a bundle (`part` as in load_encoder()), in order: name and value,
/// such as {"license", "Apache-2.0"}. Throws as load_encoder().
std::vector<std::pair<std::string, std::string>> encoder_facts(const std::string& path,
                                                               const std::string& part = "");

/// Name, hash and number of dimensions of the encoder, as a line.
std::string encoder_text(const ContentEncoder& encoder);

}  // namespace akin
