#include "akin/nets/text/text_net.h"

#include <algorithm>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/nets/fit.h"
#include "akin/nets/text/word_table.h"
#include "akin/text/word_weighting.h"

namespace akin::nets {
namespace {

using nn::Activation;

constexpr std::string_view kFeatures = "features";

class TextNet final : public TextModel {
 public:
  TextNet(std::string_view name, std::vector<std::string> classes, IdMap words, WordRules rules, float mean,
          std::unique_ptr<NetPredictor> net)
      : name_(name),
        classes_(std::move(classes)),
        words_(std::move(words)),
        rules_(rules),
        mean_(mean),
        net_(std::move(net)) {
    const nn::NetSpec& spec = net_->spec();
    dim_ = static_cast<std::size_t>(nn::count_of(spec.shape(spec.index(kFeatures)).output));
  }

  std::string_view name() const override { return name_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::size_t dim() const override { return dim_; }
  Matrix predict(std::span<const std::string_view> texts, const Context& context) const override {
    Matrix result =
        ask(texts, "", std::max<std::size_t>(classes_.size(), 1), /*unknown_is_zero=*/false, context);
    for (std::size_t t = 0; t < texts.size() && classes_.empty(); ++t) result.row(t)[0] += mean_;
    return result;
  }
  Matrix vectors(std::span<const std::string_view> texts, const Context& context) const override {
    return ask(texts, std::string(kFeatures), dim_, /*unknown_is_zero=*/true, context);
  }

  void save(TensorWriter& writer, const std::string& prefix) const override {
    StringColumn classes;
    for (const std::string& label : classes_) classes.push_back(label);
    writer.meta(prefix + ".classes.count", std::to_string(classes_.size()));
    write_strings(writer, prefix + ".classes", classes);
    write_ids(writer, prefix + ".words", words_);
    writer.meta(prefix + ".tokens", rules_.tokens == TokenKind::kWords ? "words" : "space");
    writer.meta(prefix + ".lowercase", rules_.lowercase ? "1" : "0");
    writer.meta(prefix + ".max_length", std::to_string(rules_.max_length));
    writer.tensor(prefix + ".mean", std::vector<float>{mean_});
    net_->save(writer, prefix + ".net");
  }

 private:
  /// One text after the other: sums of floats over a batch may be ordered otherwise than those of a text alone.
  Matrix ask(std::span<const std::string_view> texts, const std::string& layer, std::size_t width,
             bool unknown_is_zero, const Context& context) const {
    Matrix result(texts.size(), width);
    Tokenizer tokenizer(rules_.tokens, rules_.lowercase);
    nn::Array input;
    for (std::size_t t = 0; t < texts.size(); ++t) {
      context.check_stop();
      const std::vector<std::int32_t> list = word_list(texts[t], words_, rules_, tokenizer);
      if (list.empty() && unknown_is_zero) continue;
      fill_words({list}, input);
      const nn::Array values = net_->predict({input}, layer);
      std::ranges::copy(values.floats(), result.row(t));
    }
    return result;
  }

  std::string name_;
  std::vector<std::string> classes_;
  IdMap words_;
  WordRules rules_;
  float mean_;  // of the numbers learned from: the net learns what differs from it
  std::unique_ptr<NetPredictor> net_;
  std::size_t dim_;
};

WordRules rules_of(const TextNetConfig& config) {
  return {parse_token_kind(config.tokens), config.lowercase, static_cast<std::size_t>(config.max_length)};
}

/// Classes by number, or numbers less their mean.
std::vector<float> targets_of(const LabelledTexts& texts, float mean) {
  if (texts.has_classes()) return {texts.labels.begin(), texts.labels.end()};
  std::vector<float> targets = texts.numbers;
  for (float& target : targets) target -= mean;
  return targets;
}

nn::CompileOptions compile_of(const TextNetConfig& config, bool classes) {
  nn::CompileOptions options;
  options.optimizer = nn::make_optimizer(config.optimizer);
  if (config.optimizer == "adadelta") options.optimizer.epsilon = 1e-6;  // as Zeiler (2012) and Kim (2014)
  if (config.learning_rate > 0) options.optimizer.learning_rate = static_cast<double>(config.learning_rate);
  options.optimizer.lazy = true;
  options.optimizer.clip_norm = static_cast<double>(config.clip_norm);
  options.loss = classes ? nn::Loss::kSparseCategoricalCrossentropy : nn::Loss::kMse;
  if (classes) options.metrics = {nn::Metric::kAccuracy};
  return options;
}

/// Of training: weights, gradients, two numbers that the optimizer keeps of each, the best epoch's and the model's; the
/// values of all layers for a batch of the longest texts, with their gradients; the texts' words.
double memory_of(const nn::NetSpec& spec, const WordLists& lists, const TextNetConfig& config) {
  double values = 0;
  for (std::size_t l = 0; l < spec.layers().size(); ++l)
    values += 2.0 * static_cast<double>(nn::count_of(spec.shape(l).output));
  // The layers' shapes are those of the longest text there may be.
  values *= static_cast<double>(lists.longest() + 1) / static_cast<double>(config.max_length + 1);
  return sizeof(float) *
         (6.0 * static_cast<double>(spec.parameters()) + static_cast<double>(config.batch_size) * values +
          static_cast<double>(lists.words()));
}

struct TextNetParts {
  nn::NetSpec spec;
  std::vector<std::string> tables;  ///< layers that have the words' vectors
};

TextNetParts layers_of(const TextNetKind& kind, const TextNetConfig& config, std::int64_t words,
                       std::int64_t factors, std::int64_t length, std::int64_t outputs) {
  TextNetParts parts{nn::NetSpec(std::string(kind.name)), {}};
  nn::NetSpec& spec = parts.spec;
  const nn::Node input = spec.input({length}, "words");
  const auto table = [&](std::string name, bool trainable) {
    parts.tables.push_back(name);
    return input.embedding(words + 1, factors,
                           {.name = std::move(name), .padding_index = 0, .trainable = trainable});
  };
  // Each filter of the first layer goes over both channels and adds the two (Kim 2014, section 2.1): over their sum.
  const nn::Node vectors =
      config.vectors == "multichannel"
          ? spec.merge(nn::LayerKind::kAdd,
                       std::vector<nn::Node>{table("static", false), table("vectors", true)})
          : table("vectors", config.vectors != "static");
  nn::Node last = kind.features({spec, input, vectors});
  if (config.dropout > 0) last = last.dropout(static_cast<double>(config.dropout));
  last.dense(outputs, outputs > 1 ? Activation::kSoftmax : Activation::kLinear,
             {.name = "output", .max_norm = kind.max_norm});
  return parts;
}

void check_input(const TextNetKind& kind, const TextNetConfig& config, const TextFitInput& input) {
  const bool random = config.vectors == "random" || config.vectors == "auto";
  if (!random && input.words == nullptr)
    fail(ErrorCode::kUsage,
         "{}: vectors={} needs word vectors: give a file of them, such as a bundle of word2vec", kind.name,
         config.vectors);
  if (config.vectors == "random" && input.words != nullptr)
    fail(ErrorCode::kUsage,
         "{}: vectors=random takes no word vectors; choose static, non-static or multichannel", kind.name);
}

}  // namespace

void TextNetConfig::add_params(std::vector<Param>& params) {
  const std::vector<Param> shared = {
      {"tokens",
       &tokens,
       "words = of any language, without punctuation; space = what stands between white space",
       0,
       0,
       {"words", "space"}},
      {"lowercase", &lowercase, "A and a are the same"},
      {"min_count", &min_count, "words that occur less often are left out", 1, 1'000'000},
      {"max_length", &max_length, "words of a text beyond so many are cut off", 1, 100'000},
      {"factors",
       &factors,
       "length of the words' vectors, where they are random",
       1,
       4096,
       {},
       true,
       {25, 300}},
      {"vectors",
       &vectors,
       "of the words: random = learned; of those given: static = kept, non-static = learned further, "
       "multichannel = "
       "both",
       0,
       0,
       {"random", "static", "non-static", "multichannel"}},
      {"dropout",
       &dropout,
       "share of the values before the last layer that a step leaves out",
       0,
       0.99,
       {},
       false,
       {0, 0.7}},
      {"optimizer",
       &optimizer,
       "of the net",
       0,
       0,
       {"sgd", "momentum", "adagrad", "rmsprop", "adadelta", "adam"}},
      {"learning_rate", &learning_rate, "0 = the optimizer's own", 0, 100},
      {"batch_size", &batch_size, "texts of a step", 1, 100'000},
      {"epochs", &epochs, "passes over the texts, at most", 1, 100'000},
      {"clip_norm", &clip_norm,
       "gradients longer than this, all weights together, are shortened to it; 0 = never", 0, 1e6},
      {"patience", &patience, "epochs without a better validation after which it stops; 0 = never", 0,
       100'000},
  };
  params.insert(params.end(), shared.begin(), shared.end());
}

std::unique_ptr<TextModel> fit_text_net(const TextNetKind& kind, const TextNetConfig& config,
                                        const TextFitInput& input, const Context& context) {
  check_input(kind, config, input);
  const bool classes = input.texts.has_classes();
  const WordRules rules = rules_of(config);
  IdMap words = words_of(input, rules, config.min_count, context);
  const WordLists lists = lists_of(input.texts, words, rules, context);
  if (lists.longest() == 0)
    fail(ErrorCode::kBadData, "{}: no text has a word that occurs at least {} times", kind.name,
         config.min_count);
  const float mean =
      classes
          ? 0.0F
          : static_cast<float>(std::accumulate(input.texts.numbers.begin(), input.texts.numbers.end(), 0.0) /
                               static_cast<double>(input.texts.size()));
  const auto factors =
      input.words != nullptr ? input.words->vectors.cols() : static_cast<std::size_t>(config.factors);
  TextNetParts layers =
      layers_of(kind, config, static_cast<std::int64_t>(words.size()), static_cast<std::int64_t>(factors),
                config.max_length + 1, classes ? static_cast<std::int64_t>(input.texts.classes.size()) : 1);
  context.remark(fmt::format("{}: {} texts, {} words, {} weights; training needs about {} of memory",
                             kind.name, format_count(lists.size()), format_count(words.size()),
                             format_count(static_cast<std::uint64_t>(layers.spec.parameters())),
                             format_bytes(memory_of(layers.spec, lists, config))));
  nn::Net net = nn::make_net(std::move(layers.spec), {.seed = context.seed});
  const std::vector<float> table = table_of(words, factors, input.words, context.seed);
  for (const std::string& layer : layers.tables) {
    net.set_weights({{layer + "/embeddings",
                      {static_cast<std::int64_t>(words.size()) + 1, static_cast<std::int64_t>(factors)},
                      table}});
  }
  net.compile(compile_of(config, classes));

  TextSamples samples(lists, targets_of(input.texts, mean), config.batch_size, context.seed);
  FitOptions options{.epochs = config.epochs,
                     .batch_size = config.batch_size,
                     .shuffle = false,
                     .checkpoint = input.checkpoint,
                     .identity = input.identity,
                     .resume = input.resume};
  nn::Batch validation;
  if (input.validation != nullptr && config.patience > 0) {
    const WordLists held_lists = lists_of(*input.validation, words, rules, context);
    const TextSamples held(held_lists, targets_of(*input.validation, mean), 1, 0);
    std::vector<std::int64_t> all(static_cast<std::size_t>(held.size()));
    std::iota(all.begin(), all.end(), 0);
    held.read(all, validation);
    options.validation = &validation;
    options.patience = config.patience;
    options.monitor = classes ? "val_accuracy" : "val_loss";
  }
  fit(net, samples, options, context);

  std::vector<std::string> names;
  for (idx_t c = 0; c < input.texts.classes.size(); ++c) names.emplace_back(input.texts.classes.id(c));
  return std::make_unique<TextNet>(kind.name, std::move(names), std::move(words), rules, mean,
                                   std::make_unique<NetPredictor>(net.spec(), net.weights()));
}

std::unique_ptr<TextModel> load_text_net(std::string_view name, const TensorReader& reader,
                                         const std::string& prefix) {
  auto net = NetPredictor::load(reader, prefix + ".net");
  const nn::NetSpec& spec = net->spec();
  const bool has_features =
      std::ranges::find(spec.layers(), kFeatures, &nn::LayerSpec::name) != spec.layers().end();
  if (!has_features || spec.inputs().size() != 1 || !spec.reads_ids(spec.inputs()[0]) ||
      !spec.takes_shorter(spec.inputs()[0]))
    reader.inconsistent("the layers of its net are none of a model of texts");
  constexpr std::int64_t kMost = 100'000;
  const auto count = static_cast<std::size_t>(reader.meta_int(prefix + ".classes.count", 0, kMost));
  const StringColumn column = read_strings(reader, prefix + ".classes", count);
  std::vector<std::string> classes;
  for (std::size_t c = 0; c < count; ++c) classes.emplace_back(column[c]);
  if (nn::count_of(spec.shape(spec.output()).output) !=
      static_cast<std::int64_t>(std::max<std::size_t>(count, 1)))
    reader.inconsistent("its net has other outputs than there are classes");
  IdMap words = read_ids(reader, prefix + ".words");
  const std::size_t input = spec.inputs()[0];
  for (const nn::LayerSpec& layer : spec.layers()) {
    if (layer.kind == nn::LayerKind::kEmbedding && layer.rows != static_cast<std::int64_t>(words.size()) + 1)
      reader.inconsistent("its net knows other words");
  }
  WordRules rules;
  rules.tokens = parse_token_kind(reader.meta(prefix + ".tokens"));
  rules.lowercase = reader.meta_int(prefix + ".lowercase", 0, 1) == 1;
  rules.max_length =
      static_cast<std::size_t>(reader.meta_int(prefix + ".max_length", 1, spec.shape(input).output[0] - 1));
  const float mean = reader.vector<float>(prefix + ".mean", 1)[0];
  return std::make_unique<TextNet>(name, std::move(classes), std::move(words), rules, mean, std::move(net));
}

}  // namespace akin::nets
