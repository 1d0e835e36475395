#include "akin/nets/sequence/attention_trainer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/epochs.h"
#include "akin/nets/sequence/attention_layers.h"

namespace akin::attention {
namespace {

constexpr std::uint64_t kShuffle = 51, kWindow = 52;  // streams of random numbers
constexpr std::size_t kChunkTokens = 256;             // that pass together, if windows are not longer
constexpr std::size_t kItemsAtOnce = 256;             // that a thread steps
constexpr std::size_t kFeaturesAtOnce = 16;           // rows of W whose gradient a thread adds up

OptimizerOptions adam(float learning_rate) {
  OptimizerOptions options = optimizer_options("adam");
  options.beta2 = 0.98;
  options.learning_rate = static_cast<double>(learning_rate);
  return options;
}

/// As many as divide a minibatch without the sums of their gradients costing more than they themselves.
std::size_t lanes_for(const Windows& windows, std::size_t batch) {
  const std::size_t all = std::max<std::size_t>(1, windows.windows.size());
  return std::clamp<std::size_t>(std::bit_floor(windows.targets * std::min(batch, all) / all / kChunkTokens),
                                 2, 8);
}

}  // namespace

Windows cut_windows(const Sessions& sessions, std::span<const Event> events,
                    std::span<const std::uint32_t> place, std::size_t max_length) {
  Windows result;
  result.items.reserve(sessions.items.size());
  result.times.reserve(sessions.items.size());
  for (std::size_t s = 0; s < sessions.size(); ++s) {
    const std::size_t first = sessions.offsets[s], last = sessions.offsets[s + 1];
    std::int64_t time = 0;
    for (std::size_t e = first; e < last; ++e) {
      result.items.push_back(static_cast<idx_t>(place[sessions.items[e]]));
      if (sessions.times[e] != kNoTime) time = floor_seconds(sessions.times[e]);
      result.times.push_back(time);
      result.kinds.push_back(events[e].kind);
      result.contexts.push_back(events[e].context);
    }
    for (std::size_t begin = first; begin + 1 < last; begin += max_length) {
      const std::size_t end = std::min(begin + max_length, last - 1);
      result.windows.push_back({std::max(first + max_length, end) - max_length, end, begin});
      result.targets += end - begin;
    }
  }
  return result;
}

AttentionTrainer::Lane::Lane(const Net& net, const TrainOptions& options)
    : pass(net.shape, options.bptt),
      next_loss(options.loss),
      gradients(zeros_like(net.tensors)),
      inputs(net.items.rows(), net.items.cols()),
      outputs(net.items.rows(), net.items.cols()) {}

AttentionTrainer::AttentionTrainer(const Windows& windows, const TrainOptions& options,
                                   const FitContext& context, Net& net, const ContentTraining* content)
    : windows_(windows),
      options_(options),
      context_(context),
      net_(net),
      content_(content),
      team_(context.threads),
      table_(net.items, options.loss),
      item_optimizer_(adam(options.learning_rate), net.items.rows(), net.items.cols()),
      order_(windows.windows.size()) {
  for (const Matrix& tensor : net.tensors)
    optimizers_.emplace_back(adam(options.learning_rate), tensor.rows() * tensor.stride());
  if (content != nullptr) {
    const Matrix& map = content->weights.map;
    optimizers_.emplace_back(adam(options.learning_rate), map.rows() * map.stride());
    item_slopes_ = Matrix(net.items.rows(), net.items.cols());
    map_gradient_ = Matrix(map.rows(), map.cols());
    for (std::size_t i = 0; i < content->features.rows(); ++i)
      has_content_.push_back(is_zero(content->features[i]) ? 0 : 1);
  }
  const std::size_t lanes = lanes_for(windows, options.batch);
  for (std::size_t k = 0; k < lanes; ++k) lanes_.emplace_back(net, options);
  if (options.loss.batch_negatives == 0) return;
  frequency_.assign(net.items.rows(), 0);
  for (const Windows::Window& window : windows.windows) {
    for (std::size_t t = window.first; t < window.end; ++t)
      frequency_[windows.items[t + 1]] += 1 / static_cast<float>(windows.targets);
  }
}

FitState AttentionTrainer::state() {
  FitState state;
  state.add("items", net_.items);
  for (Matrix* const moment : item_optimizer_.moments())
    state.add(fmt::format("items.moment{}", state.tensors().size()), *moment);
  const std::vector<TensorSpec> specs = tensor_specs(net_.shape);
  for (std::size_t t = 0; t < specs.size(); ++t) {
    state.add(specs[t].name, net_.tensors[t]);
    for (Matrix* const moment : optimizers_[t].moments())
      state.add(fmt::format("{}.moment{}", specs[t].name, state.tensors().size()), *moment);
  }
  if (content_ == nullptr) return state;
  state.add("map", content_->weights.map);
  for (Matrix* const moment : optimizers_.back().moments())
    state.add(fmt::format("map.moment{}", state.tensors().size()), *moment);
  state.add("deltas", content_->weights.deltas);
  return state;
}

void AttentionTrainer::set_steps(std::uint64_t steps) {
  item_optimizer_.set_steps(steps);
  for (DenseOptimizer& optimizer : optimizers_) optimizer.set_steps(steps);
}

double AttentionTrainer::run_epoch(int epoch) {
  const auto number = static_cast<std::uint64_t>(epoch);
  set_steps(number * batches());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  Rng(context_.seed, (kShuffle << 32) + number).shuffle(std::span(order_));
  double loss = 0;
  for (std::size_t begin = 0; begin < order_.size(); begin += options_.batch) {
    context_.check_stop();
    loss += step(epoch, begin, std::min(order_.size(), begin + options_.batch));
    if (!std::isfinite(loss)) fail_diverged("attention net", epoch, options_.learning_rate);
  }
  return loss / static_cast<double>(std::max<std::size_t>(1, windows_.targets));
}

/// Parts of about as many inputs.
void AttentionTrainer::divide(std::size_t begin, std::size_t end, std::vector<Part>& parts) const {
  const auto inputs = [&](std::size_t k) {
    const Windows::Window& window = windows_.windows[order_[k]];
    return window.end - window.begin;
  };
  std::size_t left = 0;
  for (std::size_t k = begin; k < end; ++k) left += inputs(k);
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    Part part{begin, begin};
    const std::size_t share = left / (lanes_.size() - lane);
    for (std::size_t has = 0; part.end < end && (has < share || lane + 1 == lanes_.size()); ++part.end) {
      has += inputs(part.end);
      left -= inputs(part.end);
    }
    begin = part.end;
    parts.push_back(part);
  }
}

/// One step down the loss of windows [begin, end) of the order.
double AttentionTrainer::step(int epoch, std::size_t begin, std::size_t end) {
  std::size_t targets = 0;
  pool_.clear();
  for (std::size_t k = begin; k < end; ++k) {
    const Windows::Window& window = windows_.windows[order_[k]];
    targets += window.end - window.first;
    if (options_.loss.batch_negatives > 0)
      pool_.insert(pool_.end(), windows_.items.begin() + static_cast<std::ptrdiff_t>(window.first + 1),
                   windows_.items.begin() + static_cast<std::ptrdiff_t>(window.end + 1));
  }
  table_.prepare(team_);
  transpose_weights(net_, transposed_);
  std::vector<Part> parts;
  divide(begin, end, parts);
  const float weight = 1 / static_cast<float>(targets);
  team_.run(lanes_.size(), 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t k = first; k < last; ++k) pass_lane(epoch, parts[k], weight, lanes_[k]);
  });
  item_optimizer_.begin_step();
  const std::size_t items = net_.items.rows(), tensors = net_.tensors.size();
  const std::size_t pieces = (items + kItemsAtOnce - 1) / kItemsAtOnce;
  team_.run(tensors + pieces, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t k = first; k < last; ++k) {
      if (k < tensors)
        step_tensor(k);
      else
        step_items((k - tensors) * kItemsAtOnce, std::min(items, (k - tensors + 1) * kItemsAtOnce));
    }
  });
  if (content_ != nullptr) step_map();
  double loss = 0;
  for (const Lane& lane : lanes_) loss += lane.loss;
  return loss;
}

void AttentionTrainer::pass_lane(int epoch, const Part& part, float weight, Lane& lane) {
  lane.loss = 0;
  for (Matrix& gradient : lane.gradients)
    std::fill_n(gradient.data(), gradient.rows() * gradient.stride(), 0.0f);
  lane.inputs.clear();
  lane.outputs.clear();
  lane.chunk.clear();
  lane.targets.clear();
  lane.seeds.clear();
  for (std::size_t k = part.begin; k < part.end; ++k) {
    const Windows::Window& window = windows_.windows[order_[k]];
    Chunk& chunk = lane.chunk;
    if (chunk.size() > 0 && chunk.tokens() + window.end - window.begin > kChunkTokens)
      pass_chunk(weight, lane);
    Rng rng(context_.seed ^ Rng::mix(kWindow + static_cast<std::uint64_t>(epoch)), order_[k]);
    chunk.seeds.push_back(static_cast<std::uint32_t>(rng.next()));
    for (std::size_t t = window.begin; t < window.end; ++t) {
      lane.targets.push_back(t < window.first ? kNoTarget : windows_.items[t + 1]);
      lane.seeds.push_back(rng.next());
    }
    add_window(window, chunk);
  }
  if (lane.chunk.size() > 0) pass_chunk(weight, lane);
}

/// All but its seed.
void AttentionTrainer::add_window(const Windows::Window& window, Chunk& chunk) const {
  for (std::size_t t = window.begin; t < window.end; ++t) {
    chunk.items.push_back(windows_.items[t]);
    chunk.times.push_back(windows_.times[t]);
    chunk.next_times.push_back(windows_.times[t + 1]);
    if (!net_.shape.attributes.empty()) chunk.contexts.push_back(windows_.contexts[t]);
    if (net_.shape.inputs == 0) continue;
    chunk.inputs.push_back(inputs_of(net_.shape.inputs, windows_.times[t], windows_.times[t + 1],
                                     static_cast<int>(windows_.kinds[t])));
  }
  chunk.offsets.push_back(chunk.items.size());
}

void AttentionTrainer::pass_chunk(float weight, Lane& lane) {
  const std::size_t n = lane.chunk.tokens(), width = net_.items.stride();
  make_room(lane.dstates, n, net_.shape.factors);
  const Rows states = lane.pass.forward(net_, lane.chunk, Dropout(options_.dropout)),
             slopes = rows_of(lane.dstates);
  const bool apart = options_.loss.temperature > 0;  // the table is not that of the inputs
  lane.loss += lane.next_loss(table_, {lane.targets, lane.seeds, pool_, frequency_, weight}, states, slopes,
                              apart ? lane.outputs : lane.inputs);
  lane.pass.backward(net_, transposed_, slopes, lane.gradients);
  for (std::size_t t = 0; t < n; ++t) axpy(1, slopes[t], lane.inputs.row(lane.chunk.items[t]), width);
  lane.chunk.clear();
  lane.targets.clear();
  lane.seeds.clear();
}

void AttentionTrainer::step_items(std::size_t begin, std::size_t end) {
  Matrix output(1, net_.items.cols()), sum(1, net_.items.cols());
  const std::size_t width = sum.stride();
  for (std::size_t i = begin; i < end; ++i) {
    bool any = false, any_output = false;
    std::fill_n(sum.row(0), width, 0.0f);
    std::fill_n(output.row(0), width, 0.0f);
    for (const Lane& lane : lanes_) {
      if (const float* const input = lane.inputs.find(i)) {
        axpy(1, input, sum.row(0), width);
        any = true;
      }
      if (const float* const row = lane.outputs.find(i)) {
        axpy(1, row, output.row(0), width);
        any_output = true;
      }
    }
    if (any_output) table_.add_back(i, output.row(0), sum.row(0));
    if (content_ != nullptr) std::copy_n(sum.row(0), width, item_slopes_.row(i));
    if (any || any_output) step_item(i, sum.row(0));
  }
}

void AttentionTrainer::step_item(std::size_t item, const float* gradient) {
  if (content_ == nullptr) return item_optimizer_.step(item, net_.items.row(item), gradient);
  const bool bounded = has_content_[item] != 0;
  if (bounded && content_->max_delta[item] == 0) return;
  float* const delta = content_->weights.deltas.row(item);
  item_optimizer_.step(item, delta, gradient);
  if (bounded) bound_length(delta, content_->weights.deltas.stride(), content_->max_delta[item]);
}

/// From the gradients of all items' vectors to a step of W, and to the vectors anew.
void AttentionTrainer::step_map() {
  ContentWeights& weights = content_->weights;
  const std::size_t features = weights.map.rows(), items = net_.items.rows();
  const auto in_blocks = [&](std::size_t n, std::size_t block, const WorkerTeam::Body& body) {
    team_.run((n + block - 1) / block, 1, [&](std::size_t first, std::size_t last) {
      for (std::size_t k = first; k < last; ++k) body(k * block, std::min(n, (k + 1) * block));
    });
  };
  in_blocks(features, kFeaturesAtOnce, [&](std::size_t begin, std::size_t end) {
    map_gradient(content_->features, item_slopes_, begin, end, map_gradient_);
  });
  const std::size_t n = features * weights.map.stride();
  optimizers_.back().step({weights.map.data(), n}, {map_gradient_.data(), n});
  in_blocks(items, kItemsAtOnce, [&](std::size_t begin, std::size_t end) {
    place_items(content_->features, weights, begin, end, net_.items);
  });
}

void AttentionTrainer::step_tensor(std::size_t tensor) {
  Matrix& parameters = net_.tensors[tensor];
  Matrix& sum = lanes_[0].gradients[tensor];
  const std::size_t n = sum.rows() * sum.stride();
  for (std::size_t k = 1; k < lanes_.size(); ++k) axpy(1, lanes_[k].gradients[tensor].data(), sum.data(), n);
  optimizers_[tensor].step({parameters.data(), n}, {sum.data(), n});
}

std::vector<double> AttentionTrainer::gradient_norms(std::size_t length, std::size_t most) {
  std::vector<double> sums(length, 0);
  std::size_t seen = 0;
  Pass pass(net_.shape);
  Lane& lane = lanes_[0];
  table_.prepare(team_);
  transpose_weights(net_, transposed_);
  for (std::size_t w = 0; w < windows_.windows.size() && seen < most; ++w) {
    const Windows::Window& window = windows_.windows[w];
    if (window.end - window.begin < length) continue;
    lane.chunk.clear();
    lane.targets.assign(window.end - window.begin - 1, kNoTarget);
    lane.targets.push_back(windows_.items[window.end]);
    lane.seeds.assign(window.end - window.begin, Rng(context_.seed, kWindow).next());
    add_window(window, lane.chunk);
    make_room(lane.dstates, lane.chunk.tokens(), net_.shape.factors);
    const Rows states = pass.forward(net_, lane.chunk, Dropout());
    lane.outputs.clear();
    lane.next_loss(table_, {lane.targets, lane.seeds, lane.targets, frequency_, 1}, states,
                   rows_of(lane.dstates), lane.outputs);
    pass.backward(net_, transposed_, rows_of(lane.dstates), lane.gradients);
    const std::vector<float>& norms = pass.state_gradient_norms();
    const auto last = static_cast<double>(norms.back());
    if (!(last > 0)) continue;
    for (std::size_t k = 0; k < length; ++k)
      sums[k] += static_cast<double>(norms[norms.size() - 1 - k]) / last;
    ++seen;
  }
  if (seen == 0) return {};
  for (double& sum : sums) sum /= static_cast<double>(seen);
  return sums;
}

}  // namespace akin::attention
