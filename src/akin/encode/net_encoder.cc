#include "akin/encode/net_encoder.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/encode/item_words.h"
#include "akin/nets/list_samples.h"
#include "akin/nets/net_toml.h"

namespace akin {
namespace {

using nets::NetPlan;

/// What the items are said to be.
struct Targets {
  std::vector<int> classes;  ///< by item learned from; -1 = nothing is said
  std::int64_t count = 0;
};

Targets targets_of(const EncoderInput& input, const std::string& field) {
  Targets targets;
  if (field.empty()) return {std::vector<int>(input.items.size(), -1), 0};
  if (input.content.attributes().find(field) == nullptr) {
    const std::vector<std::string> fields = input.content.fields();
    fail(ErrorCode::kBadData, "{}: the items have no attribute '{}'{}", NetEncoder::kName, field,
         did_you_mean(field, fields));
  }
  IdMap values;
  for (const idx_t item : input.items) {
    const std::string_view value = input.content.attributes().get(field, item);
    targets.classes.push_back(value.empty() ? -1 : static_cast<int>(values.add(value)));
  }
  targets.count = static_cast<std::int64_t>(values.size());
  if (targets.count < 2)
    fail(ErrorCode::kBadData, "{}: the attribute '{}' has {} different value{} among the items to learn from",
         NetEncoder::kName, field, targets.count, targets.count == 1 ? "" : "s");
  return targets;
}

/// A layer of words' vectors, and the classes or the words again.
NetPlan plain_net(std::int64_t words, std::int64_t classes, int factors) {
  NetPlan plan;
  plan.spec = nn::NetSpec("words");
  const nn::Node hidden = plan.spec.input({1}, "words")
                              .embedding_bag(words + 1, factors,
                                             {.name = "text",
                                              .activation = nn::Activation::kTanh,
                                              .bias = false,
                                              .mode = nn::BagMode::kSqrt});
  hidden.dense(classes > 0 ? classes : words, nn::Activation::kSoftmax, {.name = "output"});
  plan.compile.optimizer = nn::make_optimizer("adam");
  plan.compile.loss = classes > 0 ? nn::Loss::kSparseCategoricalCrossentropy : nn::Loss::kMultinomial;
  plan.fit.epochs = 10;
  plan.fit.batch_size = 64;
  return plan;
}

NetPlan plan_of(const NetEncoder::Config& config, std::int64_t words, std::int64_t classes) {
  if (config.file.empty()) return plain_net(words, classes, config.factors);
  std::map<std::string, std::int64_t> sizes = {{"words", words}};
  if (classes > 0) sizes["classes"] = classes;
  NetPlan plan = nets::read_net_toml(config.file, sizes);
  const std::vector<std::size_t> inputs = plan.spec.inputs();
  if (inputs.size() != 1 || !plan.spec.reads_ids(inputs[0]) || plan.spec.shape(inputs[0]).output.size() != 1)
    fail(ErrorCode::kUsage, "{}: a net that encodes texts has one input, a list of indices of words",
         config.file);
  const bool words_again = plan.compile.loss == nn::Loss::kMultinomial;
  if (words_again != config.target.empty()) {
    fail(ErrorCode::kUsage, "{}: loss {} {}", config.file, nn::to_string(plan.compile.loss),
         words_again ? "learns the words themselves; leave out the target"
                     : "needs a target: an attribute of the items (--target), or loss = \"multinomial\"");
  }
  return plan;
}

/// The layer before the last one, unless it is named.
std::string layer_of(const nn::NetSpec& spec, const std::string& named) {
  if (!named.empty()) {
    const nn::LayerSpec& layer = spec.layers()[spec.index(named)];
    if (layer.kind == nn::LayerKind::kInput)
      fail(ErrorCode::kUsage, "layer: {} holds the words themselves; name a layer behind it", named);
    return layer.name;
  }
  return spec.layers()[spec.sources(spec.output()).at(0)].name;
}

/// 0 where lists may be as long as they are.
std::int64_t length_of(const nn::NetSpec& spec) {
  const std::size_t input = spec.inputs().at(0);
  return spec.takes_any_length(input) ? 0 : spec.shape(input).output.at(0);
}

}  // namespace

std::vector<Param> NetEncoder::Config::params() {
  std::vector<Param> params = {
      {"fields", &fields, "attributes whose words count, separated by commas; reviews = the reviews"},
      {"file", &file, "TOML file of the net (docs/nets.md); empty = a mean of word vectors through tanh"},
      {"layer", &layer, "layer whose values are the vectors; empty = the last but one"},
      {"target", &target, "attribute that the net learns to tell; empty = the words themselves"},
      {"factors", &factors, "length of the vectors, where no file is given", 1, 4096, {}, true, {16, 256}},
      {"epochs", &epochs, "epochs over the items; -1 = as the file says, else 10", -1, 100'000}};
  add_params(params);
  return params;
}

NetEncoder::NetEncoder(std::vector<std::string> fields, IdMap words, std::unique_ptr<nets::NetPredictor> net,
                       std::string layer)
    : fields_(std::move(fields)),
      words_(std::move(words)),
      net_(std::move(net)),
      layer_(std::move(layer)),
      dim_(static_cast<std::size_t>(nn::count_of(net_->spec().shape(net_->spec().index(layer_)).output))) {}

Matrix NetEncoder::vectors_of(const ItemContent& items, const Context& context) const {
  Matrix result(items.size(), dim_);
  const WordIndexer indexer(items, fields_, words_);
  const std::int64_t length = length_of(net_->spec());
  nn::Array input;
  for (std::size_t i = 0; i < items.size(); ++i) {
    context.check_stop();
    const std::vector<std::int32_t> words = indexer(i);
    if (words.empty()) continue;
    nets::fill_lists({words}, length, input);
    const nn::Array values = net_->predict({input}, layer_);
    std::ranges::copy(values.floats(), result.row(i));
  }
  return result;
}

std::unique_ptr<ContentEncoder> NetEncoder::fit(const EncoderInput& input, const Config& config,
                                                const Context& context) {
  std::vector<std::string> fields = parse_fields(config.fields, input.content, kName);
  IdMap words = words_of(input.content, input.items, fields);
  if (words.size() == 0)
    fail(ErrorCode::kBadData, "{}: no item has words in the fields {}", kName, config.fields);
  const Targets targets = targets_of(input, config.target);
  NetPlan plan = plan_of(config, static_cast<std::int64_t>(words.size()), targets.count);
  nets::ListSamples samples(length_of(plan.spec));
  const WordIndexer indexer(input.content, fields, words);
  for (std::size_t n = 0; n < input.items.size(); ++n) {
    if (!config.target.empty() && targets.classes[n] < 0) continue;
    samples.add(indexer(input.items[n]), targets.classes[n]);
  }
  if (samples.size() == 0)
    fail(ErrorCode::kBadData, "{}: no item has both words in {} and a value of {}", kName, config.fields,
         config.target);
  std::string layer = layer_of(plan.spec, config.layer);
  nn::Net net = nn::make_net(std::move(plan.spec), {.seed = context.seed});
  net.compile(plan.compile);
  if (config.epochs >= 0) plan.fit.epochs = config.epochs;
  nets::fit(net, samples, plan.fit, context);
  auto predictor = std::make_unique<nets::NetPredictor>(net.spec(), net.weights());
  return with_steps(std::make_unique<NetEncoder>(std::move(fields), std::move(words), std::move(predictor),
                                                 std::move(layer)),
                    config, input, context);
}

void NetEncoder::save(TensorWriter& writer, const std::string& prefix) const {
  write_texts(writer, prefix + ".fields", fields_);
  write_ids(writer, prefix + ".words", words_);
  net_->save(writer, prefix + ".net");
  writer.meta(prefix + ".layer", layer_);
}

std::unique_ptr<ContentEncoder> NetEncoder::load(const TensorReader& reader, const std::string& prefix) {
  auto net = nets::NetPredictor::load(reader, prefix + ".net");
  IdMap words = read_ids(reader, prefix + ".words");
  const std::string& layer = reader.meta(prefix + ".layer");
  const nn::NetSpec& spec = net->spec();
  const auto found = std::ranges::find(spec.layers(), layer, &nn::LayerSpec::name);
  const bool known = found != spec.layers().end() && found->kind != nn::LayerKind::kInput;
  if (!known || spec.inputs().size() != 1 || !spec.reads_ids(0) || spec.shape(0).output.size() != 1)
    reader.inconsistent("the layers of its net are no encoder of texts");
  return read_steps(std::make_unique<NetEncoder>(read_texts(reader, prefix + ".fields"), std::move(words),
                                                 std::move(net), layer),
                    reader, prefix);
}

}  // namespace akin
