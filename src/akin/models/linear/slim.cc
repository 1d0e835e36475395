#include "akin/models/linear/slim.h"

#include <algorithm>
#include <cmath>

#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/rows_in_parallel.h"
#include "akin/models/linear/item_gram.h"

namespace akin {
namespace {

/// Finds the weights of one item after another. One per thread: it owns scratch memory.
class ColumnSolver {
 public:
  ColumnSolver(const ItemGram& gram, const Slim::Config& config)
      : gram_(gram),
        config_(config),
        target_(gram.size()),
        gradient_(gram.size()),
        is_active_(gram.size(), 0) {}

  /// The items with a weight for item j, and the weights, ascending.
  std::vector<Scored> operator()(idx_t j) {
    begin(j);
    int sweeps = 0;
    while (sweeps < config_.max_sweeps && activate() > 0) {
      sweeps = descend(sweeps);
      update_gradient();
    }
    std::vector<Scored> result;
    for (std::size_t p = 0; p < active_.size(); ++p) {
      if (weights_[p] > 0) result.push_back({active_[p], weights_[p]});
    }
    std::ranges::sort(result, {}, &Scored::idx);
    return result;
  }

 private:
  /// Candidates: the items that may have a weight, as G_ij > l1; of the largest cosine, if so wished.
  void begin(idx_t j) {
    for (const idx_t i : active_) is_active_[i] = 0;
    active_.clear();
    weights_.clear();
    candidates_.clear();
    std::ranges::fill(target_, 0.0f);
    gram_.add_row(j, 1, target_);
    const auto wanted = static_cast<std::size_t>(config_.candidates);
    TopK nearest(std::min(wanted, target_.size()));
    for (idx_t i = 0; i < target_.size(); ++i) {
      if (!(target_[i] > config_.l1) || i == j) continue;
      if (wanted == 0) {
        candidates_.push_back(i);
      } else {
        nearest.push(i, target_[i] / std::sqrt(gram_.diagonal(i)));  // G_jj is the same for all
      }
    }
    for (const Scored& item : nearest.take()) candidates_.push_back(item.idx);
    gradient_ = target_;
  }

  /// Adds the candidates whose next step would be the largest, at most so many that the set does not grow by
  /// more than half. Returns how many.
  std::size_t activate() {
    offenders_.clear();
    for (const idx_t i : candidates_) {
      if (is_active_[i]) continue;
      const float step = (gradient_[i] - config_.l1) / (gram_.diagonal(i) + config_.regularization);
      if (step > config_.tolerance) offenders_.push_back({i, step});
    }
    const std::size_t count = std::min(offenders_.size(), std::max<std::size_t>(64, active_.size() / 2));
    std::ranges::nth_element(offenders_, offenders_.begin() + static_cast<std::ptrdiff_t>(count),
                             ranks_before);
    offenders_.resize(count);
    std::ranges::sort(offenders_, ranks_before);
    grow(active_.size() + count);
    for (const Scored& offender : offenders_) add(offender.idx);
    return count;
  }

  /// Room for products of `size` active items.
  void grow(std::size_t size) {
    if (size <= products_.rows()) return;
    Matrix larger(size + size / 2, size + size / 2);
    for (std::size_t p = 0; p < active_.size(); ++p)
      std::copy_n(products_.row(p), active_.size(), larger.row(p));
    products_ = std::move(larger);
  }

  void add(idx_t item) {
    row_.assign(gram_.size(), 0.0f);
    gram_.add_row(item, 1, row_);
    const std::size_t p = active_.size();
    active_.push_back(item);
    is_active_[item] = 1;
    weights_.push_back(0);
    for (std::size_t q = 0; q <= p; ++q) products_[p][q] = products_[q][p] = row_[active_[q]];
  }

  /// Sweeps over the active items until none changes much. Returns the number of sweeps so far.
  int descend(int sweeps) {
    const std::size_t n = active_.size();
    slopes_.resize(n);
    for (std::size_t p = 0; p < n; ++p) slopes_[p] = gradient_[active_[p]];
    float largest = INFINITY;
    while (largest > config_.tolerance && sweeps < config_.max_sweeps) {
      largest = 0;
      ++sweeps;
      for (std::size_t p = 0; p < n; ++p) {
        const float curvature = products_[p][p];
        const float wanted = std::max(
            0.0f, (slopes_[p] + curvature * weights_[p] - config_.l1) / (curvature + config_.regularization));
        const float step = wanted - weights_[p];
        if (step == 0) continue;
        weights_[p] = wanted;
        largest = std::max(largest, std::abs(step));
        axpy(-step, products_.row(p), slopes_.data(), n);
      }
    }
    return sweeps;
  }

  /// gradient_ <- G_j - G w over all items
  void update_gradient() {
    gradient_ = target_;
    for (std::size_t p = 0; p < active_.size(); ++p) {
      if (weights_[p] > 0) gram_.add_row(active_[p], -weights_[p], gradient_);
    }
  }

  const ItemGram& gram_;
  const Slim::Config& config_;
  std::vector<float> target_;    // G_.j
  std::vector<float> gradient_;  // G_.j - G w
  std::vector<float> row_;
  std::vector<idx_t> candidates_;
  std::vector<Scored> offenders_;
  std::vector<char> is_active_;
  // Of the active items, in the order they came:
  std::vector<idx_t> active_;
  std::vector<float> weights_;
  std::vector<float> slopes_;  // gradient
  Matrix products_;            // their part of G
};

/// Row i: the items that i has a weight for.
Csr by_history(std::vector<std::vector<Scored>> columns) {
  Csr by_target;
  by_target.cols = columns.size();
  for (std::vector<Scored>& column : columns) {
    for (const Scored& entry : column) {
      by_target.indices.push_back(entry.idx);
      by_target.values.push_back(entry.score);
    }
    by_target.offsets.push_back(by_target.indices.size());
    std::vector<Scored>().swap(column);
  }
  return transpose(by_target);
}

}  // namespace

std::unique_ptr<Model> Slim::fit(const TrainingData& data, const Config& config, const Context& context) {
  context.check_stop();
  const Interactions x = linear_interactions(data, config.use_values, kName, context);
  const ItemGram gram(x, context);
  constexpr std::size_t kBlock = 16;
  auto columns = rows_in_parallel<std::vector<Scored>>(
      gram.size(), "items", context, [&] { return ColumnSolver(gram, config); }, kBlock);
  return std::unique_ptr<Model>(new Slim({by_history(std::move(columns)), config.use_values}));
}

std::unique_ptr<Model> Slim::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  return std::unique_ptr<Model>(new Slim(load_state(reader, n_items)));
}

}  // namespace akin
