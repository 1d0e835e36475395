#include "akin/nets/net_train.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/safetensors.h"
#include "akin/nets/net_data.h"
#include "akin/nets/net_embedding.h"
#include "akin/nets/net_toml.h"
#include "akin/nn/constant_scores.h"
#include "akin/nn/keras_file.h"
#include "akin/nn/samples.h"

namespace akin::nets {
namespace {

constexpr std::int64_t kNormSamples = 1000;  // as many as tell how long the gradients are

/// A net that is ready to be fitted, with its samples.
struct Prepared {
  nn::Net net;
  FitOptions fit;
  NetDataSettings settings;
  NetIds ids;
  NetSamples samples;
};

Prepared continued(const std::string& path, const std::string& data, const std::string& device) {
  auto [settings, ids] = read_net_data(TensorReader(path));
  const NetSource source = read_source(settings.kind, data);
  NetSamples samples = make_samples(nn::load_spec(path), settings, source, ids, Targets::kRequired);
  FitOptions fit;
  fit.batch_size = settings.batch_size;
  fit.validation_split = settings.validation_split;
  fit.shuffle = settings.shuffle;
  return {nn::load_net(path, device), std::move(fit), std::move(settings), std::move(ids),
          std::move(samples)};
}

Prepared begin(const std::string& path, const std::string& data, const nn::NetOptions& options,
               const std::vector<EmbeddingChoice>& embeddings, const Context& context) {
  const NetSource source = read_source(net_toml_data_kind(path), data);
  NetPlan plan = read_net_toml(path, source.sizes());
  if (!plan.has_data)
    fail(ErrorCode::kUsage, "{}: has no table [data]: it says which columns are inputs and target", path);
  plan.data.seed = options.seed;
  plan.spec = with_embeddings(plan.spec, embeddings);
  NetIds ids;
  NetSamples samples = make_samples(plan.spec, plan.data, source, ids, Targets::kRequired);
  nn::Net net = nn::make_net(std::move(plan.spec), options);
  for (const std::string& remark : fill_embeddings(net, embeddings, ids)) context.remark(remark);
  net.compile(plan.compile);
  return {std::move(net), std::move(plan.fit), std::move(plan.data), std::move(ids), std::move(samples)};
}

Prepared prepare(const std::string& path, const std::string& data, const NetTrainOptions& options,
                 const Context& context) {
  if (file_kind(path) == "net") {
    if (!options.embeddings.empty()) {
      fail(ErrorCode::kUsage, "{}: keeps the embeddings it was trained with; leave out --embedding", path);
    }
    if (options.dtype)
      fail(ErrorCode::kUsage, "{}: keeps the dtype it was trained with; leave out --dtype", path);
    return continued(path, data, options.device);
  }
  nn::NetOptions net_options;
  net_options.engine = {options.device, options.dtype.value_or("float")};
  net_options.seed = context.seed;
  return begin(path, data, net_options, options.embeddings, context);
}

void take_weights(nn::Net& net, const std::string& path, const Context& context) {
  std::vector<nn::NamedArray> weights = nn::read_weights(path);
  nn::take_names(net.weights(), weights);
  const nn::WeightMatch match = nn::match_weights(net.weights(), weights);
  if (match.matched == 0)
    fail(ErrorCode::kBadData, "{}: has none of the net's weights; the net has {}", path,
         fmt::join(match.missing, ", "));
  std::erase_if(weights, [&](const nn::NamedArray& weight) {
    return std::ranges::find(match.unknown, weight.name) != match.unknown.end();
  });
  net.set_weights(weights);
  std::string text = fmt::format("{}: took {} weights", path, match.matched);
  if (!match.missing.empty()) text += fmt::format("; initialized: {}", fmt::join(match.missing, ", "));
  if (!match.unknown.empty())
    text += fmt::format("; {} weights in the file match no layer", match.unknown.size());
  context.remark(text);
}

void apply(const NetTrainOptions& options, Prepared& prepared) {
  FitOptions& fit = prepared.fit;
  fit.epochs = options.epochs.value_or(fit.epochs);
  fit.batch_size = options.batch_size.value_or(fit.batch_size);
  fit.patience = options.patience.value_or(fit.patience);
  fit.validation_split = options.validation_split.value_or(fit.validation_split);
  fit.checkpoint = options.checkpoint;
  prepared.settings.batch_size = fit.batch_size;
  prepared.settings.validation_split = fit.validation_split;
  prepared.settings.shuffle = fit.shuffle;
  if (!options.learning_rate) return;
  if (!(*options.learning_rate > 0)) fail(ErrorCode::kUsage, "learning_rate must be above 0");
  prepared.net.set_learning_rate(*options.learning_rate);
}

std::string samples_text(const Prepared& prepared) {
  const auto total = static_cast<std::int64_t>(prepared.samples.train.size());
  const std::int64_t kept = nn::training_samples(total, prepared.fit.validation_split);
  std::string text = fmt::format("{} samples to train on", format_count(static_cast<std::uint64_t>(kept)));
  if (kept < total)
    text += fmt::format(", {} to validate", format_count(static_cast<std::uint64_t>(total - kept)));
  if (!prepared.samples.test.empty())
    text += fmt::format(", {} held out", format_count(prepared.samples.test.size()));
  if (prepared.samples.unknown > 0)
    text +=
        fmt::format("; {} indices the net does not know became 0", format_count(prepared.samples.unknown));
  return text;
}

void score_constant(const Prepared& prepared, const nn::Array& train, TrainedNet& result) {
  const std::int64_t kept = nn::training_samples(train.samples(), prepared.fit.validation_split);
  const nn::Array known = train.slice(0, kept);
  nn::Array asked = known;
  result.constant_part = "training";
  if (!prepared.samples.test.empty()) {
    asked = prepared.samples.all.targets.select(prepared.samples.test);
    result.constant_part = "held-out";
  } else if (kept < train.samples()) {
    asked = train.slice(kept, train.samples());
    result.constant_part = "validation";
  }
  result.constant = nn::constant_scores(*result.net.compiled(), known, asked);
}

}  // namespace

TrainedNet train_net(const std::string& path, const std::string& data, const NetTrainOptions& options,
                     const Context& context) {
  Prepared prepared = prepare(path, data, options, context);
  nn::Net& net = prepared.net;
  apply(options, prepared);
  if (!options.init.empty()) take_weights(net, options.init, context);
  context.remark(fmt::format("{}: {} parameters; {}", net.spec().name(),
                             format_count(static_cast<std::uint64_t>(net.spec().parameters())),
                             samples_text(prepared)));
  const NetSamples& samples = prepared.samples;
  const nn::Batch train = nn::select(samples.all, samples.train);
  const std::uint64_t last = net.epochs() + static_cast<std::uint64_t>(prepared.fit.epochs);
  prepared.fit.on_epoch = [&](const EpochResult& epoch) {
    if (options.on_epoch) options.on_epoch(epoch, last);
    return true;
  };
  net.attach([settings = prepared.settings, ids = prepared.ids](TensorWriter& writer) {
    write_net_data(writer, settings, ids);
  });
  History history = fit(net, train, prepared.fit, context);
  nn::Scores test;
  if (!samples.test.empty()) test = net.evaluate(nn::select(samples.all, samples.test), 256, context);
  std::vector<nn::GradientNorm> norms;
  std::vector<nn::StepGradientNorms> step_norms;
  if (options.gradient_norms) {
    const nn::Batch first = nn::slice(train, 0, std::min(kNormSamples, train.targets.samples()));
    norms = net.gradient_norms(first);
    step_norms = net.step_gradient_norms(first, context);
  }
  TrainedNet result{std::move(net),   std::move(history),   std::move(test), samples.test.size(), {}, {},
                    std::move(norms), std::move(step_norms)};
  score_constant(prepared, train.targets, result);
  return result;
}

}  // namespace akin::nets
