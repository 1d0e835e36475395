#include "akin/text/bert/import.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/json_text.h"
#include "akin/text/bert/byte_pair_files.h"
#include "akin/text/bert/model_folder.h"
#include "akin/text/bert/weight_file.h"
#include "akin/text/bert/word_piece_files.h"

namespace akin::bert {
namespace {

using nlohmann::json;

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  fail(ErrorCode::kBadData, "{}: {}; akin computes BERT, DistilBERT and RoBERTa with mean or cls pooling",
       path, what);
}

void expect(const JsonFields& config, const char* name, std::string_view value) {
  if (!config.has(name) || config.field(name).is_null()) return;
  if (config.text(name) != value) refuse(config.where(), fmt::format("{} is {}", name, config.text(name)));
}

/// By the names that the kind of model has for its sizes.
NetworkConfig sizes_of(const JsonFields& config, bool distil) {
  const auto whole = [&](const char* name, const char* in_distil, std::int64_t most) {
    return static_cast<std::size_t>(config.whole(distil ? in_distil : name, 1, most));
  };
  NetworkConfig sizes;
  sizes.layers = whole("num_hidden_layers", "n_layers", 1000);
  sizes.hidden = whole("hidden_size", "dim", 1 << 16);
  sizes.heads = whole("num_attention_heads", "n_heads", 1 << 16);
  sizes.inner = whole("intermediate_size", "hidden_dim", 1 << 20);
  sizes.tokens = whole("vocab_size", "vocab_size", 1 << 24);
  sizes.positions = whole("max_position_embeddings", "max_position_embeddings", 1 << 20);
  if (!distil) sizes.types = whole("type_vocab_size", "", 1 << 16);
  if (config.has("layer_norm_eps")) sizes.epsilon = config.number("layer_norm_eps");
  if (!(sizes.epsilon >= 0 && sizes.epsilon <= 1))
    refuse(config.where(), "layer_norm_eps is not from 0 to 1");
  if (sizes.hidden % sizes.heads != 0)
    refuse(config.where(), fmt::format("{} heads do not divide a size of {}", sizes.heads, sizes.hidden));
  return sizes;
}

/// RoBERTa counts positions from behind the id of the padding token.
std::size_t first_position(const JsonFields& config, const NetworkConfig& sizes) {
  const std::size_t most = std::min(sizes.positions, sizes.tokens);
  if (most < 4) refuse(config.where(), "the network has fewer than 4 tokens or positions");
  if (!config.has("pad_token_id")) return 2;
  return 1 + static_cast<std::size_t>(config.whole("pad_token_id", 0, static_cast<std::int64_t>(most) - 4));
}

NetworkConfig read_config(ModelFolder& folder, const std::string& name, std::string& kind) {
  const json object = folder.object(name);
  if (object.is_null())
    fail(ErrorCode::kNotFound, "{}: is not there; name the folder of a model with config.json",
         folder.path(name));
  const JsonFields config(object, folder.path(name));
  kind = config.text("model_type");
  if (kind != "bert" && kind != "distilbert" && kind != "roberta")
    refuse(config.where(), fmt::format("model_type is {}", kind));
  expect(config, kind == "distilbert" ? "activation" : "hidden_act", "gelu");
  expect(config, "position_embedding_type", "absolute");
  NetworkConfig sizes = sizes_of(config, kind == "distilbert");
  if (kind == "roberta") sizes.first_position = first_position(config, sizes);
  return sizes;
}

/// Reads the tokenizer, and names its files in the manifest.
Tokenizer take_tokenizer(ModelFolder& folder, const std::string& inside, const std::string& kind) {
  const std::string path = folder.path(inside.empty() ? "." : inside);
  const bool pairs = kind == "roberta";
  Tokenizer tokenizer = pairs ? Tokenizer(read_byte_pairs(path)) : Tokenizer(read_word_piece(path));
  if (folder.take(inside + "tokenizer.json")) return tokenizer;
  folder.take(inside + (pairs ? "vocab.json" : "vocab.txt"));
  if (pairs) folder.take(inside + "merges.txt");
  return tokenizer;
}

/// From pooling_mode or from the flags of older versions.
Pooling read_pooling(const json& object, const std::string& path) {
  const JsonFields fields(object, path);
  std::vector<std::string> modes;
  if (fields.has("pooling_mode")) {
    modes = {fields.text("pooling_mode")};
  } else {
    for (const auto& [name, value] : object.items()) {
      if (name.starts_with("pooling_mode_") && value.is_boolean() && value.get<bool>())
        modes.push_back(name.substr(std::string_view("pooling_mode_").size()));
    }
  }
  for (std::string& mode : modes) {
    if (const std::size_t end = mode.find("_token");
        end != std::string::npos && mode != "mean_sqrt_len_tokens")
      mode.resize(end);
  }
  if (modes != std::vector<std::string>{"mean"} && modes != std::vector<std::string>{"cls"})
    refuse(path, fmt::format("the pooling is {}",
                             modes.empty() ? "none" : fmt::format("{}", fmt::join(modes, " + "))));
  return modes[0] == "mean" ? Pooling::kMean : Pooling::kFirst;
}

/// What modules.json says: where the transformer is, and what follows it. Without the file, a plain transformer, of
/// whose tokens sentence-transformers takes the mean.
std::string read_modules(ModelFolder& folder, SentenceSettings& settings) {
  settings.normalize = false;
  const std::string name = "modules.json";
  if (!folder.take(name)) return "";
  const json modules = parse_json(read_text(folder.path(name)), folder.path(name));
  if (!modules.is_array()) refuse(folder.path(name), "is not a list");
  std::string transformer;
  for (const json& module : modules) {
    const JsonFields fields(module, folder.path(name));
    const std::string type = fields.text("type"), place = fields.text("path");
    const std::string last = type.substr(type.rfind('.') + 1);
    if (place.find("..") != std::string::npos || place.starts_with('/'))
      refuse(folder.path(name), fmt::format("the path '{}' leaves the folder", place));
    const std::string inside = place.empty() ? "" : place + "/";
    if (last == "Transformer") {
      transformer = inside;
    } else if (last == "Pooling") {
      const json pooling = folder.object(inside + "config.json");
      if (pooling.is_null())
        fail(ErrorCode::kNotFound, "{}: is not there", folder.path(inside + "config.json"));
      settings.pooling = read_pooling(pooling, folder.path(inside + "config.json"));
    } else if (last == "Normalize") {
      settings.normalize = true;
    } else {
      refuse(folder.path(name), fmt::format("the module {} is not known", type));
    }
  }
  return transformer;
}

/// The longest text: the least of what sentence_bert_config.json, tokenizer_config.json and the network say.
std::size_t read_length(ModelFolder& folder, const std::string& inside, std::size_t positions) {
  double most = static_cast<double>(positions);
  for (const auto& [file, name] : {std::pair("sentence_bert_config.json", "max_seq_length"),
                                   std::pair("tokenizer_config.json", "model_max_length")}) {
    const json object = folder.object(inside + file);
    if (object.is_null() || !object.contains(name) || !object.at(name).is_number()) continue;
    const double length = object.at(name).get<double>();
    if (!(length >= 2)) refuse(folder.path(inside + file), fmt::format("{} is {}", name, length));
    most = std::min(most, length);
  }
  return static_cast<std::size_t>(most);
}

/// The prompt that sentence-transformers puts before each text unless it is told another one.
std::string default_prompt(ModelFolder& folder) {
  const json config = folder.object("config_sentence_transformers.json");
  if (config.is_null() || !config.contains("default_prompt_name") ||
      !config.at("default_prompt_name").is_string())
    return "";
  const JsonFields fields(config, folder.path("config_sentence_transformers.json"));
  const json& prompts = fields.field("prompts");
  return JsonFields(prompts, fields.where() + ": prompts").text(fields.text("default_prompt_name"));
}

}  // namespace

SentenceEncoder import_model(const std::string& path, const ImportOptions& options) {
  ModelFolder folder(path);
  SentenceSettings settings;
  const std::string inside = read_modules(folder, settings);
  std::string kind;
  const NetworkConfig config = read_config(folder, inside + "config.json", kind);
  const std::string weights = folder.take_weights(inside);
  Tokenizer tokenizer = take_tokenizer(folder, inside, kind);
  settings.most_tokens = read_length(folder, inside, config.longest());
  settings.prefix = options.prefix.empty() ? default_prompt(folder) : options.prefix;
  if (options.pooling) settings.pooling = *options.pooling;
  if (options.normalize) settings.normalize = *options.normalize;
  if (options.most_tokens > 0) settings.most_tokens = options.most_tokens;
  settings.manifest = folder.manifest(inside + "config.json", kind, {options.origin, options.license});
  return {std::move(tokenizer), Network(config, read_weights(weights, config), Precision::kFloat32),
          std::move(settings), path};
}

}  // namespace akin::bert
