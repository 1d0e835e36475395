#include "akin/nn/net.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/nn/batch_stream.h"
#include "akin/nn/engine.h"
#include "akin/nn/initialize.h"
#include "akin/nn/net_threads.h"
#include "akin/nn/samples.h"

namespace akin::nn {

Net::Net(NetSpec spec, std::unique_ptr<Engine> engine, NetOptions options)
    : spec_(std::move(spec)), engine_(std::move(engine)), options_(std::move(options)) {
  set_threads(0);
}

Net::Net(Net&& other) noexcept = default;
Net& Net::operator=(Net&& other) noexcept = default;
Net::~Net() = default;

void Net::set_threads(int threads, std::int64_t batch_size) {
  threads_ = threads_for(spec_, batch_size, threads);
  engine_->set_threads(threads_);
}

std::vector<NamedArray> Net::weights() const { return engine_->weights(); }

Net make_net(NetSpec spec, const NetOptions& options) {
  (void)spec.output();  // throws where there is none
  std::vector<NamedArray> weights = initial_weights(spec, options.seed, options.engine.dtype);
  std::unique_ptr<Engine> engine = make_engine(spec, options.engine);
  engine->set_weights(weights);
  return Net(std::move(spec), std::move(engine), options);
}

void Net::compile(const CompileOptions& options) {
  if (!options.metrics.empty() && (takes_lists(options.loss) || compares_candidates(options.loss)))
    fail(ErrorCode::kUsage, "net {}: with loss {} there are no metrics; leave {} out", spec_.name(),
         to_string(options.loss), to_string(options.metrics[0]));
  CompileOptions all = checked(options);
  engine_->compile(all);
  compiled_ = std::move(all);
}

void Net::set_learning_rate(double rate) {
  std::map<std::string, std::string> values = compile_values(need_compiled());
  values["learning_rate"] = fmt::format("{}", rate);
  const CompileOptions options = parse_compile(values);  // which refuses what no file may hold
  const std::vector<NamedArray> slots = engine_->optimizer_slots();
  compile(options);
  engine_->set_optimizer_slots(slots);
}

const CompileOptions& Net::need_compiled() const {
  if (!compiled_) fail(ErrorCode::kUsage, "net {}: compile it first: set optimizer and loss", spec_.name());
  return *compiled_;
}

void Net::need_trainable() const {
  if (spec_.trainable_parameters() == 0)
    fail(ErrorCode::kUsage, "net {}: has no weights to train", spec_.name());
}

void Net::check_inputs(const std::vector<Array>& inputs) const {
  const std::vector<std::size_t> layers = spec_.inputs();
  if (inputs.size() != layers.size())
    fail(ErrorCode::kUsage, "net {} has {} inputs; got {}", spec_.name(), layers.size(), inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string& name = spec_.layers()[layers[i]].name;
    const Shape& wanted = spec_.shape(layers[i]).output;
    const bool list = inputs[i].shape.size() == 2;
    const bool fits =
        inputs[i].sample_shape() == wanted || (list && spec_.takes_any_length(layers[i])) ||
        (list && inputs[i].shape[1] >= 1 && inputs[i].shape[1] < wanted[0] && spec_.takes_shorter(layers[i]));
    if (!fits)
      fail(ErrorCode::kUsage, "net {}: input {} takes {}; got {}", spec_.name(), name, shape_text(wanted),
           shape_text(inputs[i].sample_shape()));
    if (inputs[i].samples() != inputs[0].samples())
      fail(ErrorCode::kUsage, "net {}: input {} has {} samples, the first one {}", spec_.name(), name,
           inputs[i].samples(), inputs[0].samples());
    if (spec_.reads_ids(layers[i]) != inputs[i].is_ids())
      fail(ErrorCode::kUsage, "net {}: input {} takes {}", spec_.name(), name,
           inputs[i].is_ids() ? "numbers, not indices" : "indices, not numbers");
    if (inputs[i].is_ids()) check_ids(spec_, layers[i], inputs[i]);
  }
}

void Net::check_batch(const Batch& samples) const {
  const CompileOptions& options = need_compiled();
  check_inputs(samples.inputs);
  if (samples.targets.samples() != samples.inputs[0].samples())
    fail(ErrorCode::kUsage, "net {}: {} samples have {} targets", spec_.name(), samples.inputs[0].samples(),
         samples.targets.samples());
  if (samples.targets.samples() == 0) fail(ErrorCode::kBadData, "net {}: there are no samples", spec_.name());
  if (samples.targets.is_ids() != takes_lists(options.loss))
    fail(ErrorCode::kUsage, "net {}: targets of loss {} are {}", spec_.name(), to_string(options.loss),
         samples.targets.is_ids() ? "numbers, not indices" : "indices, not numbers");
  check_targets(spec_, options.loss, samples.targets.sample_shape());
  std::visit([&](const auto& labels) { check_labels(spec_, options.loss, std::span(labels)); },
             samples.targets.values);
}

Scores Net::scores_of(const BatchResult& sums, double samples) const {
  Scores scores = {{"loss", sums.loss / samples}};
  for (std::size_t m = 0; m < sums.metrics.size(); ++m)
    scores[std::string(to_string(compiled_->metrics[m]))] = sums.metrics[m] / samples;
  return scores;
}

Scores Net::evaluate(const Batch& samples, std::int64_t batch, const Context& context) {
  check_batch(samples);
  return evaluate(BatchSource(samples), batch, context);
}

Scores Net::evaluate(const SampleSource& samples, std::int64_t batch, const Context& context) {
  BatchStream::Options options{.batch_size = batch};
  if (!samples.checked()) options.check = [this](const Batch& part) { check_batch(part); };
  BatchStream stream(samples, std::move(options));
  BatchResult sums;
  sums.metrics.resize(need_compiled().metrics.size());
  while (const Batch* const part = stream.next()) {
    context.check_stop();
    add_weighted(sums, engine_->test(*part), static_cast<double>(part->targets.samples()));
  }
  return scores_of(sums, static_cast<double>(samples.size()));
}

Array Net::predict(const std::vector<Array>& inputs, const std::string& layer, std::int64_t batch,
                   const Context& context) {
  check_inputs(inputs);
  const std::size_t index = layer.empty() ? spec_.output() : spec_.index(layer);
  const std::int64_t total = inputs[0].samples();
  Array result;
  result.shape = spec_.shape(index).output;
  result.shape.insert(result.shape.begin(), total);
  std::vector<float> values;
  for (std::int64_t begin = 0; begin < total; begin += batch) {
    context.check_stop();
    const std::int64_t end = std::min(total, begin + batch);
    const Array part = engine_->predict(slice(inputs, begin, end), index);
    if (begin == 0) {
      result.shape = part.shape;  // of a layer that goes step by step, as many as the list is long
      result.shape[0] = total;
      values.reserve(static_cast<std::size_t>(count_of(result.shape)));
    }
    values.insert(values.end(), part.floats().begin(), part.floats().end());
    context.report(
        {"predicting", static_cast<std::uint64_t>(end), static_cast<std::uint64_t>(total), "samples"});
  }
  result.values = std::move(values);
  return result;
}

std::vector<NamedArray> Net::gradients(const Batch& samples) {
  need_trainable();
  check_batch(samples);
  return engine_->gradients(samples);
}

std::vector<GradientNorm> Net::gradient_norms(const Batch& samples) {
  std::vector<GradientNorm> norms;
  for (const NamedArray& gradient : gradients(samples)) {
    const std::string layer = gradient.name.substr(0, gradient.name.find('/'));
    if (norms.empty() || norms.back().layer != layer) norms.push_back({layer, 0});
    for (std::size_t i = 0; i < gradient.size(); ++i) norms.back().norm += gradient.at(i) * gradient.at(i);
  }
  for (GradientNorm& norm : norms) norm.norm = std::sqrt(norm.norm);
  return norms;
}

std::vector<StepGradientNorms> Net::step_gradient_norms(const Batch& samples, const Context& context) {
  constexpr std::int64_t kSamples = 100;  // at a time: what each step computes is kept until the end
  check_batch(samples);
  const std::int64_t total = samples.targets.samples();
  std::vector<StepGradientNorms> norms;
  for (std::int64_t begin = 0; begin < total; begin += kSamples) {
    context.check_stop();
    const std::int64_t end = std::min(total, begin + kSamples);
    const double share = static_cast<double>(end - begin) / static_cast<double>(total);
    const std::vector<StepGradientNorms> part = engine_->step_gradient_norms(slice(samples, begin, end));
    for (std::size_t layer = 0; layer < part.size(); ++layer) {
      if (begin == 0) norms.push_back({part[layer].layer, std::vector<double>(part[layer].norms.size())});
      for (std::size_t step = 0; step < part[layer].norms.size(); ++step)
        norms[layer].norms[step] += share * part[layer].norms[step];
    }
  }
  return norms;
}

std::vector<NamedArray> Net::state() const {
  std::vector<NamedArray> arrays = engine_->weights();
  for (NamedArray& slot : engine_->optimizer_slots()) arrays.push_back(std::move(slot));
  return arrays;
}

void Net::set_state(const std::vector<NamedArray>& state, std::uint64_t epochs, std::uint64_t steps) {
  // Each takes those that it knows by name.
  engine_->set_weights(state);
  engine_->set_optimizer_slots(state);
  epochs_ = epochs;
  steps_ = epochs * steps;
}

NamedArray Net::weight(const std::string& name) const {
  std::vector<std::string> names;
  for (NamedArray& weight : engine_->weights()) {
    if (weight.name == name) return std::move(weight);
    names.push_back(weight.name);
  }
  fail(ErrorCode::kNotFound, "net {} has no weight '{}'{}", spec_.name(), name, did_you_mean(name, names));
}

void Net::set_weights(const std::vector<NamedArray>& weights) {
  const std::vector<NamedArray> own = engine_->weights();
  for (const NamedArray& weight : weights) {
    const auto found = std::ranges::find(own, weight.name, &NamedArray::name);
    if (found == own.end()) {
      std::vector<std::string> names;
      for (const NamedArray& known : own) names.push_back(known.name);
      fail(ErrorCode::kBadData, "net {} has no weight {}{}", spec_.name(), weight.name,
           did_you_mean(weight.name, names));
    }
    if (found->shape != weight.shape)
      fail(ErrorCode::kBadData, "net {}: weight {} is ({}); got ({})", spec_.name(), weight.name,
           fmt::join(found->shape, ", "), fmt::join(weight.shape, ", "));
  }
  engine_->set_weights(weights);
}

}  // namespace akin::nn
