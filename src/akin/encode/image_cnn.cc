#include "akin/encode/image_cnn.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/safetensors.h"
#include "akin/encode/content_encoder.h"
#include "akin/image/picture_blocks.h"
#include "akin/nets/fit.h"
#include "akin/nets/image/image_net_parts.h"
#include "akin/nets/image/import.h"
#include "akin/nets/image/picture_samples.h"
#include "akin/nets/image/plan_net.h"

namespace akin {
namespace {

using nets::ImageNet;
using nets::ImageNetParts;
using nets::Pooling;

constexpr int kParts = 4;  // of a minibatch: as many threads at most

/// The net before the fit: the plan of what comes out of it, and what it starts from.
struct Start {
  ImageNetParts parts;  ///< with the new head
  nets::ConvPlan plan;
  int first = 0;   ///< the last operation that stays
  int known = 0;   ///< the last one that begins with pretrained weights
  ImageNet trunk;  ///< whose layers up to `first` the samples come from
};

/// Zeros for operations whose weights are not there: no sample comes from them.
ImageNet trunk_of(ImageNetParts parts, const nets::ConvPlan& plan) {
  parts.weights.resize(plan.ops().size());
  for (int i = 0; i <= plan.last(); ++i) {
    if (!plan.op(i).has_weights()) continue;
    nets::OpWeights& weights = parts.weights[static_cast<std::size_t>(i)];
    nets::OpWeights zeros = nets::empty_weights(plan, i);
    const bool fits =
        weights.panels.inner() == zeros.panels.inner() && weights.panels.columns() == zeros.panels.columns();
    if (!fits) weights = std::move(zeros);
  }
  return ImageNet(std::move(parts));
}

Start residual_start(const ImageCnn::Config& config, int classes) {
  ImageNetParts parts;
  parts.architecture = nets::kResidual;
  parts.residual = {config.size, config.width, config.blocks,
                    config.stages > 0 ? config.stages : nets::stages_for(config.size)};
  if (!parts.residual.valid()) fail(ErrorCode::kUsage, "{}: its sizes are out of range", ImageCnn::kName);
  parts.classes = classes;
  parts.preprocessing = nets::residual_library().preprocessing;
  parts.preprocessing.square.size = config.size;
  parts.manifest = nets::kResidualManifest;
  nets::ConvPlan plan = parts.plan();
  ImageNet trunk = trunk_of(parts, plan);
  return {std::move(parts), std::move(plan), 0, 0, std::move(trunk)};
}

/// The last operation that keeps its weights; `most` if `freeze` names none.
int frozen_layer(const ImageNet& net, const std::string& freeze, int most) {
  const nets::ConvPlan& plan = net.plan();
  const int first = freeze.empty() ? most : freeze == "0" ? 0 : static_cast<int>(net.find_layer(freeze));
  if (first > most)
    fail(ErrorCode::kUsage, "{}: freeze={}: the head behind layer {} ({}) is new, and is trained",
         ImageCnn::kName, freeze, most, plan.op(most).name);
  if (nets::is_cut(plan, first)) return first;
  std::vector<std::string> cuts;
  for (int i = 1; i <= most; ++i) {
    if (nets::is_cut(plan, i)) cuts.push_back(fmt::format("{} ({})", i, plan.op(i).name));
  }
  fail(ErrorCode::kUsage,
       "{}: freeze={}: later layers look at earlier ones too; freeze up to one of: 0 (nothing), {}",
       ImageCnn::kName, freeze, fmt::join(cuts, ", "));
}

Start pretrained_start(const ImageCnn::Config& config, int classes) {
  const ImageNet net = nets::load_image_net(config.pretrained);
  ImageNetParts parts = net.parts();
  parts.classes = classes;
  nets::ConvPlan plan = parts.plan();
  int head = plan.last();
  while (!plan.op(head).has_weights()) --head;
  const int known = net.classes() == 0 ? plan.features : head - 1;
  int most = known;
  while (most + 1 < head && !plan.op(most + 1).has_weights()) ++most;
  ImageNet trunk = trunk_of(parts, plan);
  const int first = frozen_layer(trunk, config.freeze, most);
  return {std::move(parts), std::move(plan), first, known, std::move(trunk)};
}

nn::CompileOptions compile_of(const ImageCnn::Config& config) {
  nn::CompileOptions options;
  options.optimizer = nn::make_optimizer(config.optimizer);
  if (config.learning_rate > 0) options.optimizer.learning_rate = static_cast<double>(config.learning_rate);
  options.optimizer.weight_decay = static_cast<double>(config.weight_decay);
  options.loss = nn::Loss::kSparseCategoricalCrossentropy;
  options.metrics = {nn::Metric::kAccuracy};
  return options;
}

/// Of training: weights with gradients and what the optimizer keeps; outputs of all layers for a minibatch, twice; pictures.
double memory_of(const nn::NetSpec& spec, int batch_size) {
  double values = 0;
  for (std::size_t l = 0; l < spec.layers().size(); ++l)
    values += 2.0 * static_cast<double>(nn::count_of(spec.shape(l).output));
  return sizeof(float) * (10.0 * static_cast<double>(spec.parameters()) + batch_size * values);
}

std::vector<std::string> names_of(const IdMap& classes) {
  std::vector<std::string> names;
  for (idx_t c = 0; c < classes.size(); ++c) names.emplace_back(classes.id(c));
  return names;
}

}  // namespace

std::vector<Param> ImageCnn::Config::params() {
  return {
      {"pretrained", &pretrained,
       "net to start from, which `akin encoder import` read; empty = a residual net from the beginning"},
      {"freeze", &freeze,
       "last layer of the pretrained net that keeps its weights, by name or index; 0 = all are trained; "
       "empty = all but the "
       "head keep them"},
      {"size", &size, "of a residual net: side of the square that pictures are resized to, in pixels", 8,
       512},
      {"width", &width, "of a residual net: channels of its first stage", 1, 1024, {}, true, {8, 64}},
      {"blocks",
       &blocks,
       "of a residual net: blocks of two convolutions in each stage",
       1,
       100,
       {},
       false,
       {1, 3}},
      {"stages", &stages,
       "of a residual net: places halve and channels double from one to the next; 0 = down to 8 places", 0,
       7},
      {"dropout",
       &dropout,
       "share of the values before the head that a step leaves out",
       0,
       0.99,
       {},
       false,
       {0, 0.5}},
      {"flip", &flip, "mirror one in two pictures, left and right"},
      {"shift", &shift, "move pictures by up to so many pixels", 0, 256},
      {"crop", &crop, "cut up to this share of the area away and enlarge the rest", 0, 0.95},
      {"balance", &balance, "draw each class as often as the others, however many pictures it has"},
      {"optimizer",
       &optimizer,
       "of the net",
       0,
       0,
       {"sgd", "momentum", "adagrad", "rmsprop", "adadelta", "adam"}},
      {"learning_rate",
       &learning_rate,
       "of the first epoch, from where it falls as half a cosine; 0 = the optimizer's own",
       0,
       100,
       {},
       true,
       {1e-3, 0.3}},
      {"weight_decay", &weight_decay, "share of a weight, times the rate, that each step takes away", 0, 1},
      {"batch_size", &batch_size, "pictures of a step", 1, 100'000},
      {"epochs", &epochs, "passes over the pictures, at most", 1, 100'000},
      {"patience", &patience, "epochs without a better validation after which it stops; 0 = never", 0,
       100'000},
  };
}

std::unique_ptr<TextModel> ImageCnn::fit(const TextFitInput& input, const Config& config,
                                         const Context& context) {
  if (!input.texts.has_classes()) fail(ErrorCode::kUsage, "{} tells classes, not numbers", kName);
  const auto classes = static_cast<int>(input.texts.classes.size());
  if (config.pretrained.empty() && !config.freeze.empty())
    fail(ErrorCode::kUsage, "{}: freeze is for a pretrained net; name one with pretrained=FILE", kName);
  Start start =
      config.pretrained.empty() ? residual_start(config, classes) : pretrained_start(config, classes);
  const bool folded = !config.pretrained.empty();
  const nets::PlanNetOptions options{start.first, static_cast<double>(config.dropout), folded};
  nn::NetSpec spec = nets::net_of_plan(start.plan, options);
  context.remark(fmt::format(
      "{}: {} pictures, {} weights to train; training needs about {} of memory, and up to {} for pictures",
      kName, format_count(input.texts.size()),
      format_count(static_cast<std::uint64_t>(spec.trainable_parameters())),
      format_bytes(memory_of(spec, config.batch_size)),
      format_bytes(2.0 * static_cast<double>(nets::PictureSampleOptions().cache_bytes))));
  nn::Net net = nn::make_net(std::move(spec), {.seed = context.seed});
  if (start.known > start.first)
    net.set_weights(nets::to_layers(start.plan, start.parts.weights, start.first, start.known));
  net.compile(compile_of(config));
  net.set_gradient_parts(kParts);

  const nets::PictureSampleOptions sample_options{.layer = start.first,
                                                  .augmentation = {config.flip, config.shift, config.crop},
                                                  .balance = config.balance,
                                                  .seed = context.seed};
  nets::PictureSamples samples(input.texts.texts, input.texts.labels, start.trunk, sample_options, context);
  const double rate = net.compiled()->optimizer.learning_rate;
  nets::FitOptions how{.epochs = config.epochs,
                       .batch_size = config.batch_size,
                       .rate =
                           [&](std::uint64_t epoch) {
                             const double share = static_cast<double>(epoch) / config.epochs;
                             return rate * std::max(1e-3, (1 + std::cos(std::numbers::pi * share)) / 2);
                           },
                       .checkpoint = input.checkpoint,
                       .identity = input.identity,
                       .resume = input.resume};
  std::unique_ptr<nets::PictureSamples> held;
  if (input.validation != nullptr && config.patience > 0) {
    held =
        std::make_unique<nets::PictureSamples>(input.validation->texts, input.validation->labels, start.trunk,
                                               nets::PictureSampleOptions{.layer = start.first}, context);
    how.validation_source = held.get();
    how.patience = config.patience;
    how.monitor = "val_accuracy";
  }
  nets::fit(net, samples, how, context);
  nets::from_layers(start.plan, net.weights(), options, start.parts.weights);
  return std::make_unique<ImageCnn>(ImageNet(std::move(start.parts)), names_of(input.texts.classes));
}

ImageCnn::ImageCnn(ImageNet net, std::vector<std::string> classes)
    : net_(std::move(net)), classes_(std::move(classes)) {}

Matrix ImageCnn::outputs(std::span<const std::string_view> pictures, std::size_t layer, Pooling pooling,
                         float missing, const Context& context) const {
  Matrix result(pictures.size(), net_.dim(layer, pooling));
  for (std::size_t p = 0; p < pictures.size(); ++p) std::ranges::fill(result[p], missing);
  for_picture_blocks(pictures, {.enough = enough_pixels(net_.preprocessing().square)}, "telling", context,
                     [&](const PictureBlock& block) {
                       const Matrix rows = net_.features(block.pictures, layer, pooling, context);
                       for (std::size_t p = 0; p < block.places.size(); ++p)
                         std::copy_n(rows.row(p), rows.cols(), result.row(block.places[p]));
                     });
  return result;
}

Matrix ImageCnn::predict(std::span<const std::string_view> pictures, const Context& context) const {
  return outputs(pictures, net_.layers().size() - 1, Pooling::kFlatten,
                 1 / static_cast<float>(classes_.size()), context);
}

std::size_t ImageCnn::dim() const { return net_.dim(net_.find_layer(""), Pooling::kAverage); }

Matrix ImageCnn::vectors(std::span<const std::string_view> pictures, const Context& context) const {
  return outputs(pictures, net_.find_layer(""), Pooling::kAverage, 0, context);
}

void ImageCnn::save(TensorWriter& writer, const std::string& prefix) const {
  write_texts(writer, prefix + ".classes", classes_);
  net_.save(writer, prefix + ".net");
}

std::unique_ptr<TextModel> ImageCnn::load(const TensorReader& reader, const std::string& prefix) {
  std::vector<std::string> classes = read_texts(reader, prefix + ".classes");
  ImageNet net = ImageNet::load(reader, prefix + ".net");
  if (classes.size() < 2 || classes.size() != net.classes())
    reader.inconsistent("its net has other outputs than there are classes");
  return std::make_unique<ImageCnn>(std::move(net), std::move(classes));
}

}  // namespace akin
