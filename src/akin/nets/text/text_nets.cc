#include "akin/nets/text/text_nets.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/text.h"

namespace akin::nets {
namespace {

using nn::Activation;
using nn::LayerKind;
using nn::Node;
using nn::Padding;

/// "3,4,5" -> numbers.
std::vector<std::int64_t> widths_of(const std::string& text, std::string_view model) {
  std::vector<std::int64_t> widths;
  for (const std::string_view part : split(text, ',')) {
    int width = 0;
    const Param param{"widths", &width, "", 1, 1000};
    set_param(param, part);
    widths.push_back(width);
  }
  if (widths.empty()) fail(ErrorCode::kUsage, "{}: widths needs at least one number, such as 3,4,5", model);
  return widths;
}

}  // namespace

TextCnn::Config::Config() { optimizer = "adadelta"; }

std::vector<Param> TextCnn::Config::params() {
  std::vector<Param> params = {
      {"widths", &widths, "words that a filter looks at, separated by commas"},
      {"filters", &filters, "of each width", 1, 10'000, {}, true, {50, 400}},
      {"max_norm", &max_norm, "greatest length of the weights of a class; 0 = any", 0, 1000}};
  add_params(params);
  return params;
}

std::unique_ptr<TextModel> TextCnn::fit(const TextFitInput& input, const Config& config,
                                        const Context& context) {
  const std::vector<std::int64_t> widths = widths_of(config.widths, kName);
  const auto features = [&](const TextLayers& layers) {
    std::vector<Node> most;
    for (const std::int64_t width : widths) {
      const bool only = widths.size() == 1;
      most.push_back(
          layers.vectors
              .conv1d(config.filters, width, {.activation = Activation::kRelu, .padding = Padding::kFull})
              .then(LayerKind::kGlobalMaxPool1d, {.name = only ? "features" : ""}));
    }
    return most.size() == 1 ? most[0] : layers.spec.concatenate(most, {.name = "features"});
  };
  return fit_text_net({kName, features, static_cast<double>(config.max_norm)}, config, input, context);
}

std::unique_ptr<TextModel> TextCnn::load(const TensorReader& reader, const std::string& prefix) {
  return load_text_net(kName, reader, prefix);
}

Dcnn::Config::Config() { optimizer = "adagrad"; }

std::vector<Param> Dcnn::Config::params() {
  std::vector<Param> params = {
      {"widths", &widths, "words that the filters of each layer look at, separated by commas"},
      {"filters",
       &filters,
       "of each layer; an even number, since each two are added",
       2,
       10'000,
       {},
       true,
       {50, 200}},
      {"top_k", &top_k, "values of each filter that the last layer keeps", 1, 100}};
  add_params(params);
  return params;
}

std::unique_ptr<TextModel> Dcnn::fit(const TextFitInput& input, const Config& config,
                                     const Context& context) {
  const std::vector<std::int64_t> widths = widths_of(config.widths, kName);
  if (config.filters % 2 != 0)
    fail(ErrorCode::kUsage, "{}: filters={} must be even, since each two are added", kName, config.filters);
  const auto features = [&](const TextLayers& layers) {
    Node last = layers.vectors;
    for (std::size_t l = 0; l < widths.size(); ++l) {
      last = last.conv1d(config.filters, widths[l], {.padding = Padding::kFull}).then(LayerKind::kFolding);
      last = l + 1 == widths.size()
                 ? last.then(LayerKind::kKMaxPool1d, {.k = static_cast<double>(config.top_k)})
                 : last.then(LayerKind::kDynamicKMaxPool1d,
                             {.k = static_cast<double>(config.top_k),
                              .layer = static_cast<std::int64_t>(l) + 1,
                              .layers = static_cast<std::int64_t>(widths.size())});
      last = last.activation(Activation::kTanh);
    }
    return last.flatten({.name = "features"});
  };
  return fit_text_net({kName, features}, config, input, context);
}

std::unique_ptr<TextModel> Dcnn::load(const TensorReader& reader, const std::string& prefix) {
  return load_text_net(kName, reader, prefix);
}

std::vector<Param> RecurrentTextConfig::params() {
  std::vector<Param> params = {
      {"units", &units, "length of the state", 1, 10'000, {}, true, {32, 256}},
      {"pool",
       &pool,
       "of the states over the words: the last, the greatest value or the mean of each unit",
       0,
       0,
       {"last", "max", "mean"}},
      {"bidirectional", &bidirectional, "a second layer reads from the last word to the first"}};
  add_params(params);
  return params;
}

template <LayerKind Layer>
std::unique_ptr<TextModel> RecurrentText<Layer>::fit(const TextFitInput& input, const Config& config,
                                                     const Context& context) {
  const auto features = [&](const TextLayers& layers) {
    const std::string words = layers.words.name();
    const bool last = config.pool == "last", both = config.bidirectional;
    const auto read = [&](bool backwards, const char* name) {
      return layers.vectors.then(Layer, {.name = name,
                                         .units = config.units,
                                         .strides = backwards ? nn::Shape{-1} : nn::Shape{},
                                         .return_sequences = !last,
                                         .mask = words});
    };
    Node states = read(false, last && !both ? "features" : "");
    if (both) states = layers.spec.concatenate({states, read(true, "")}, {.name = last ? "features" : ""});
    if (last) return states;
    return states.then(config.pool == "max" ? LayerKind::kGlobalMaxPool1d : LayerKind::kGlobalAveragePool1d,
                       {.name = "features", .mask = words});
  };
  return fit_text_net({kName, features}, config, input, context);
}

template <LayerKind Layer>
std::unique_ptr<TextModel> RecurrentText<Layer>::load(const TensorReader& reader, const std::string& prefix) {
  return load_text_net(kName, reader, prefix);
}

template class RecurrentText<LayerKind::kRnn>;
template class RecurrentText<LayerKind::kGru>;
template class RecurrentText<LayerKind::kLstm>;

TextTransformer::Config::Config() {
  factors = 128;
  dropout = 0.1F;
  learning_rate = 0.0005F;
}

std::vector<Param> TextTransformer::Config::params() {
  std::vector<Param> params = {{"layers", &layers, "of attention and a dense net each", 1, 100},
                               {"heads", &heads, "of the attention; they share the factors", 1, 100}};
  add_params(params);
  return params;
}

std::unique_ptr<TextModel> TextTransformer::fit(const TextFitInput& input, const Config& config,
                                                const Context& context) {
  const auto features = [&](const TextLayers& layers) {
    const std::string words = layers.words.name();
    const std::int64_t width = layers.vectors.shape().back();
    const std::int64_t of_head = std::max<std::int64_t>(1, width / config.heads);
    const auto added = [&](const Node& a, const Node& b) {
      return layers.spec.merge(LayerKind::kAdd, std::vector<Node>{a, b}).then(LayerKind::kLayerNorm);
    };
    Node last = layers.vectors.then(LayerKind::kPositionalEmbedding);
    for (int l = 0; l < config.layers; ++l) {
      last = added(last, last.attention(config.heads, of_head,
                                        {.rate = static_cast<double>(config.dropout), .mask = words}));
      last = added(last, last.dense(4 * width, Activation::kGelu).dense(width));
    }
    return last.then(LayerKind::kGlobalAveragePool1d, {.name = "features", .mask = words});
  };
  return fit_text_net({kName, features}, config, input, context);
}

std::unique_ptr<TextModel> TextTransformer::load(const TensorReader& reader, const std::string& prefix) {
  return load_text_net(kName, reader, prefix);
}

}  // namespace akin::nets
