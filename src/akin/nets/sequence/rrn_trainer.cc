#include "akin/nets/sequence/rrn_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/nets/sequence/attention_layers.h"

namespace akin {
namespace {

constexpr std::uint64_t kOrderStream = 0x5252'4E00;  // of random numbers
constexpr std::size_t kLanes = 4;    // parts of a minibatch, whose gradients are added in order
constexpr std::size_t kAtOnce = 32;  // users whose states are computed together

OptimizerOptions adam(float learning_rate) {
  OptimizerOptions options = optimizer_options("adam");
  options.learning_rate = static_cast<double>(learning_rate);
  return options;
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

std::uint32_t RrnClock::step_of(std::int64_t time) const {
  const std::int64_t step = floor_divide(time, length);
  if (step <= first) return 0;
  const auto since = static_cast<std::uint64_t>(step) - static_cast<std::uint64_t>(first);
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(since, std::numeric_limits<std::uint32_t>::max()));
}

float RrnClock::tau(std::uint32_t step) const {
  return static_cast<float>(std::min(2.0, step / std::max(1.0, static_cast<double>(last))));
}

RrnRatings rrn_ratings(const TrainingData& data, double step_days, std::string_view model) {
  if (data.events.empty()) fail(ErrorCode::kBadData, "{}: there are no training ratings", model);
  const auto without = std::ranges::count(data.events, kNoTime, &Event::time);
  if (without > 0) {
    fail(ErrorCode::kBadData,
         "{}: {} of {} ratings have no time, which this model learns from; import a column of times, or take "
         "svdpp or "
         "mf-sgd",
         model, without, data.events.size());
  }
  RrnRatings result;
  result.clock.length =
      std::max<std::int64_t>(1, std::llround(step_days * 86400 * static_cast<double>(kSecond)));
  const auto [earliest, latest] = std::ranges::minmax(data.events, {}, &Event::time);
  result.clock.first = floor_divide(earliest.time, result.clock.length);
  result.clock.last = result.clock.step_of(latest.time);
  std::vector<std::uint32_t> order(data.events.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  const auto key = [&](std::uint32_t e) {
    return static_cast<std::uint64_t>(data.events[e].user) << 32 | data.events[e].item;
  };
  std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
  double sum = 0, squares = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    if (k + 1 < order.size() && key(order[k]) == key(order[k + 1])) continue;
    const Event& event = data.events[order[k]];
    result.ratings.push_back({event.user, event.item, event.value, result.clock.step_of(event.time)});
    sum += static_cast<double>(event.value);
  }
  const auto n = static_cast<double>(result.ratings.size());
  for (const RrnRating& rating : result.ratings) {
    const double off = static_cast<double>(rating.value) - sum / n;
    squares += off * off;
  }
  result.mean = static_cast<float>(sum / n);
  if (squares > 0) result.deviation = static_cast<float>(std::sqrt(squares / n));
  return result;
}

void add_step(const RrnClock& clock, std::uint32_t step, std::uint32_t before, bool first, RrnChunk& chunk) {
  chunk.entries.push_back(chunk.others.size());
  chunk.times.push_back({first ? 1.0f : 0.0f, clock.tau(step), clock.tau(before)});
}

RrnSide::Lane::Lane(const RrnNet& net)
    : pass(net), gradients(rrn_zeros(net.units(), net.factors())), others(net.others.rows(), net.units()) {}

RrnSide::RrnSide(Which which, const RrnRatings& ratings, std::size_t n, RrnNet net, const RrnOptions& options,
                 const FitContext& context)
    : which_(which),
      ratings_(ratings),
      options_(options),
      context_(context),
      net_(std::move(net)),
      offsets_(n + 1, 0),
      order_(ratings.ratings.size()),
      rows_(ratings.ratings.size()),
      row_optimizer_(adam(options.learning_rate), net_.others.rows(), net_.others.cols()) {
  const auto entity = [&](std::uint32_t r) {
    return which == kUsers ? ratings.ratings[r].user : ratings.ratings[r].item;
  };
  std::iota(order_.begin(), order_.end(), std::uint32_t{0});
  std::ranges::stable_sort(order_, [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(entity(a), ratings.ratings[a].step) < std::pair(entity(b), ratings.ratings[b].step);
  });
  for (const std::uint32_t r : order_) ++offsets_[entity(r) + 1];
  std::partial_sum(offsets_.begin(), offsets_.end(), offsets_.begin());
  steps_ = {0};
  for (std::size_t e = 0; e < n; ++e) {
    for (const std::uint32_t r : ratings_of(e)) {
      const std::uint32_t step = ratings.ratings[r].step;
      if (step_numbers_.size() == steps_.back() || step_numbers_.back() != step)
        step_numbers_.push_back(step);
      rows_[r] = step_numbers_.size() - 1 + e;  // as many rows as steps before, and one for each user before
    }
    steps_.push_back(step_numbers_.size());
    if (offsets_[e + 1] > offsets_[e]) active_.push_back(static_cast<idx_t>(e));
  }
  states_ = Matrix(step_numbers_.size() + n, net_.factors());
  for (const Matrix& tensor : net_.tensors)
    optimizers_.emplace_back(adam(options.learning_rate), tensor.rows() * tensor.stride());
  for (std::size_t k = 0; k < kLanes; ++k) lanes_.emplace_back(net_);
}

void RrnSide::add_entity(std::size_t e, RrnChunk& chunk) const {
  const std::span<const std::uint32_t> all = ratings_of(e);
  for (std::size_t k = 0; k < all.size();) {
    const std::uint32_t step = ratings_.ratings[all[k]].step;
    const std::uint32_t before = k == 0 ? step : ratings_.ratings[all[k - 1]].step;
    const bool first = k == 0;
    for (; k < all.size() && ratings_.ratings[all[k]].step == step; ++k) {
      const RrnRating& rating = ratings_.ratings[all[k]];
      chunk.others.push_back(which_ == kUsers ? rating.item : rating.user);
      chunk.values.push_back((rating.value - ratings_.mean) / ratings_.deviation);
    }
    add_step(ratings_.clock, step, before, first, chunk);
  }
  chunk.offsets.push_back(chunk.times.size());
}

void RrnSide::refresh() {
  const std::size_t n = offsets_.size() - 1;
  parallel_for(
      n, context_.threads,
      [&](std::size_t begin, std::size_t end, int) {
        context_.check_stop();
        RrnPass pass(net_);
        RrnChunk chunk;
        for (std::size_t first = begin; first < end; first += kAtOnce) {
          chunk.clear();
          const std::size_t last = std::min(end, first + kAtOnce);
          for (std::size_t e = first; e < last; ++e) add_entity(e, chunk);
          const attention::Rows states = pass.forward(net_, chunk);
          std::copy_n(states.data, chunk.states() * states.stride, states_.row(first_row(first)));
        }
      },
      kAtOnce);
}

double RrnSide::train(int epoch, const RrnSide& other, std::span<const float> residuals, WorkerTeam& team) {
  std::vector<idx_t> order = active_;
  Rng(context_.seed, kOrderStream + 2 * static_cast<std::uint64_t>(epoch) + (which_ == kUsers ? 0 : 1))
      .shuffle(std::span(order));
  const std::size_t batches = (order.size() + options_.batch - 1) / options_.batch;
  row_optimizer_.set_steps(static_cast<std::uint64_t>(epoch) * batches);
  for (DenseOptimizer& optimizer : optimizers_)
    optimizer.set_steps(static_cast<std::uint64_t>(epoch) * batches);
  double loss = 0;
  for (std::size_t begin = 0; begin < order.size(); begin += options_.batch) {
    context_.check_stop();
    const std::size_t count = std::min(options_.batch, order.size() - begin);
    loss += step(std::span(order).subspan(begin, count), other, residuals, team);
  }
  return loss;
}

double RrnSide::step(std::span<const idx_t> batch, const RrnSide& other, std::span<const float> residuals,
                     WorkerTeam& team) {
  std::size_t ratings = 0;
  for (const idx_t e : batch) ratings += ratings_of(e).size();
  const float weight = 1 / static_cast<float>(ratings);
  transpose_rrn(net_, transposed_);
  team.run(kLanes, 1, [&](std::size_t lane, std::size_t) {
    const std::size_t begin = batch.size() * lane / kLanes, end = batch.size() * (lane + 1) / kLanes;
    pass_lane(batch.subspan(begin, end - begin), other, residuals, weight, lanes_[lane]);
  });
  double loss = 0;
  for (std::size_t t = 0; t < net_.tensors.size(); ++t) {
    Matrix& sum = lanes_[0].gradients[t];
    const std::size_t n = sum.rows() * sum.stride();
    for (std::size_t lane = 1; lane < kLanes; ++lane)
      axpy(1, lanes_[lane].gradients[t].data(), sum.data(), n);
    optimizers_[t].step({net_.tensors[t].data(), n}, {sum.data(), n});
  }
  row_optimizer_.begin_step();
  Matrix sum(1, net_.units());
  for (std::size_t o = 0; o < net_.others.rows(); ++o) {
    bool any = false;
    for (const Lane& lane : lanes_) {
      const float* const gradient = lane.others.find(o);
      if (gradient == nullptr) continue;
      if (!any) std::fill_n(sum.row(0), sum.stride(), 0.0f);
      axpy(1, gradient, sum.row(0), sum.stride());
      any = true;
    }
    if (any) row_optimizer_.step(o, net_.others.row(o), sum.row(0));
  }
  for (const Lane& lane : lanes_) loss += lane.loss;
  return loss;
}

void RrnSide::pass_lane(std::span<const idx_t> part, const RrnSide& other, std::span<const float> residuals,
                        float weight, Lane& lane) {
  lane.loss = 0;
  for (Matrix& gradient : lane.gradients)
    std::fill_n(gradient.data(), gradient.rows() * gradient.stride(), 0.0f);
  lane.others.clear();
  lane.chunk.clear();
  if (part.empty()) return;
  for (const idx_t e : part) add_entity(e, lane.chunk);
  const attention::Rows states = lane.pass.forward(net_, lane.chunk);
  attention::make_room(lane.slopes, lane.chunk.states(), net_.factors());
  attention::clear_rows(lane.slopes, lane.chunk.states());
  const std::size_t width = padded(net_.factors());
  for (std::size_t s = 0; s < part.size(); ++s) {
    for (const std::uint32_t r : ratings_of(part[s])) {
      const std::size_t row = lane.chunk.first_state(s) + rows_[r] - first_row(part[s]);
      const float* const met = other.states().row(other.rows()[r]);
      const float error = dot(states[row], met, width) - residuals[r];
      lane.loss += static_cast<double>(error) * static_cast<double>(error);
      axpy(weight * error, met, lane.slopes.row(row), width);
      axpy(weight * options_.regularization, states[row], lane.slopes.row(row), width);
    }
  }
  lane.pass.backward(net_, transposed_, attention::rows_of(lane.slopes), lane.gradients, lane.others);
}

void RrnSide::add_state(const std::string& name, FitState& state) {
  state.add(name + ".others", net_.others);
  for (Matrix* const moment : row_optimizer_.moments())
    state.add(fmt::format("{}.moment{}", name, state.tensors().size()), *moment);
  for (std::size_t t = 0; t < net_.tensors.size(); ++t) {
    state.add(fmt::format("{}.tensor{}", name, t), net_.tensors[t]);
    for (Matrix* const moment : optimizers_[t].moments())
      state.add(fmt::format("{}.moment{}", name, state.tensors().size()), *moment);
  }
}

}  // namespace akin
