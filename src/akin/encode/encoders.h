// THE list of encoders.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/encode/content_encoder.h"

namespace akin {

/// An encoder class with its type erased; as ModelEntry for models.
struct EncoderEntry {
  std::string_view name;
  std::string_view summary;
  bool takes_words = false;  ///< looks at EncoderInput::words
  bool sparse = false;       ///< ContentEncoder::is_sparse() without steps
  /// Of default values; Param::value points nowhere.
  std::vector<std::pair<Param, std::string>> (*params)();
  /// Checks `values` and returns all parameters with defaults filled in. Throws Error(kUsage).
  ParamValues (*complete)(const ParamValues& values);
  std::unique_ptr<ContentEncoder> (*fit)(const EncoderInput& input, const ParamValues& values,
                                         const Context& context);
  std::unique_ptr<ContentEncoder> (*load)(const TensorReader& reader, const std::string& prefix);
};

const std::vector<EncoderEntry>& encoders();
/// Throws Error(kUsage) with the nearest names.
const EncoderEntry& find_encoder(std::string_view name);

/// "min_items=2 svd=64" -> names and values. Throws Error(kUsage).
ParamValues parse_encoder_params(std::string_view text);

/// Stores an encoder with its name, and a hash of all that it learned: encoders with the same hash give the same
/// vectors. Returns the hash. It outlives the writer.
std::string write_encoder(TensorWriter& writer, const std::string& prefix, const ContentEncoder& encoder);
/// Throws Error(kBadData).
std::unique_ptr<ContentEncoder> read_encoder(const TensorReader& reader, const std::string& prefix);

}  // namespace akin
