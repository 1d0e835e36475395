// THE lists of models of texts and of pictures.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/base/param.h"
#include "akin/text/text_model.h"

namespace akin {

/// A class of text models with its type erased; as EncoderEntry for encoders.
struct TextModelEntry {
  std::string_view name;
  std::string_view summary;
  bool takes_words = false;       ///< looks at TextFitInput::words
  bool takes_validation = false;  ///< looks at TextFitInput::validation
  bool reads_pictures = false;    ///< its texts are paths of pictures
  /// Of default values; Param::value points nowhere.
  std::vector<std::pair<Param, std::string>> (*params)();
  /// Checks `values` and returns all parameters with defaults filled in. Throws Error(kUsage).
  ParamValues (*complete)(const ParamValues& values);
  /// Throws Error(kBadData) also for fewer than two classes and for no texts.
  std::unique_ptr<TextModel> (*fit)(const TextFitInput& input, const ParamValues& values,
                                    const Context& context);
  std::unique_ptr<TextModel> (*load)(const TensorReader& reader, const std::string& prefix);
};

const std::vector<TextModelEntry>& text_models();
const std::vector<TextModelEntry>& image_models();
/// Of either list. Throws Error(kUsage) with the nearest names.
const TextModelEntry& find_text_model(std::string_view name);

/// Stores a model with its name, and a hash of all that it learned: models with the same hash give the same answers.
/// Returns the hash. It outlives the writer.
std::string write_text_model(TensorWriter& writer, const std::string& prefix, const TextModel& model);
/// Throws Error(kBadData).
std::unique_ptr<TextModel> read_text_model(const TensorReader& reader, const std::string& prefix);

/// A model in a file of its own, with how it was made.
struct StoredTextModel {
  std::unique_ptr<TextModel> model;
  ParamValues params = {};  ///< all of them
  std::uint64_t seed = 0;
  std::uint64_t texts = 0;  ///< learned from
  std::string hash = {};    ///< set by save_text_model() and load_text_model()
};
/// Writes a safetensors file of kind "text", or "image" of a model of pictures. Throws Error(kIo).
void save_text_model(StoredTextModel& stored, const std::string& path);
/// Of the kind "text" or "image". Throws Error(kBadData).
StoredTextModel load_text_model(const std::string& path, std::string_view kind = "text");

}  // namespace akin
