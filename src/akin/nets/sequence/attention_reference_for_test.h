// Attention nets and their losses in doubles, one number at a time: the oracle of the tests.
#pragma once

#include <cmath>
#include <vector>

#include "akin/nets/sequence/attention_layers.h"
#include "akin/nets/sequence/next_item_loss.h"
#include "akin/nets/sequence/recurrent_reference_for_test.h"

namespace akin::attention::reference {

using Vec = std::vector<double>;
using Mat = std::vector<Vec>;

inline Mat doubles(const Matrix& matrix) {
  Mat result;
  for (std::size_t r = 0; r < matrix.rows(); ++r) result.emplace_back(matrix[r].begin(), matrix[r].end());
  return result;
}

inline double sigma(double x) { return 1 / (1 + std::exp(-x)); }
inline double silu(double x) { return x * sigma(x); }

/// A net in doubles.
struct RefNet {
  explicit RefNet(const Net& net) : shape(net.shape), source(net), items(doubles(net.items)) {
    for (const Matrix& tensor : net.tensors) tensors.push_back(doubles(tensor));
  }
  NetShape shape;
  const Net& source;
  Mat items;
  std::vector<Mat> tensors;
  const Mat& at(std::size_t l, std::size_t tensor) const { return tensors[source.index(l, tensor)]; }
};

/// Sequence number s of the chunk, with the dropout of the kernels.
class RefPass {
 public:
  RefPass(const RefNet& net, const Chunk& chunk, std::size_t s, const Dropout& dropout)
      : net_(net), shape_(net.shape), chunk_(chunk), s_(s), begin_(chunk.offsets[s]), dropout_(dropout) {}

  Mat states() const {
    Mat x;
    const std::size_t end = chunk_.offsets[s_ + 1];
    for (std::size_t t = begin_; t < end; ++t) {
      x.push_back(net_.items[chunk_.items[t]]);
      if (shape_.positions) add(x.back(), net_.tensors[net_.source.positions()][end - 1 - t]);
      std::size_t first = 0;
      for (const AttributeInput& attribute : shape_.attributes) {
        const std::size_t code = chunk_.contexts[t] / attribute.stride % attribute.size;
        if (code > 0) add(x.back(), net_.tensors[net_.source.attributes()][first + code]);
        first += attribute.size;
      }
      if (shape_.inputs == 0) continue;
      for (const std::uint8_t row : chunk_.inputs[t]) {
        if (row != kNoInput) add(x.back(), net_.tensors[net_.source.inputs()][row]);
      }
    }
    drop(x, 0);
    for (std::size_t l = 0; l < shape_.layers; ++l) {
      if (shape_.block == BlockKind::kSasrec) x = sasrec(x, l);
      if (shape_.block == BlockKind::kLigr) x = ligr(x, l);
      if (shape_.block == BlockKind::kHstu) x = hstu(x, l);
      if (is_recurrent(shape_.block)) x = recurrent(x, l);
    }
    if (shape_.block != BlockKind::kSasrec) return x;
    const std::size_t gain = net_.source.final_gain();
    return norm(x, net_.tensors[gain], net_.tensors[gain + 1]);
  }

 private:
  static void add(Vec& to, const Vec& row) {
    for (std::size_t c = 0; c < to.size(); ++c) to[c] += row[c];
  }
  double factor(std::size_t t, std::size_t place, std::size_t c) const {
    if (!dropout_.on()) return 1;
    const std::uint32_t seed = place_seed(token_seed(chunk_.seeds[s_], t), place);
    return keeps(dropout_, seed, c) ? static_cast<double>(dropout_.scale) : 0;
  }
  void drop(Mat& x, std::size_t place) const {
    for (std::size_t t = 0; t < x.size(); ++t) {
      for (std::size_t c = 0; c < x[t].size(); ++c) x[t][c] *= factor(t, place, c);
    }
  }
  static Mat norm(const Mat& x, const Mat& gain, const Mat& shift) {
    Mat y = x;
    for (Vec& row : y) {
      double mean = 0, variance = 0;
      for (const double value : row) mean += value / static_cast<double>(row.size());
      for (const double value : row)
        variance += (value - mean) * (value - mean) / static_cast<double>(row.size());
      for (std::size_t c = 0; c < row.size(); ++c)
        row[c] = (row[c] - mean) / std::sqrt(variance + static_cast<double>(kNormEpsilon)) * gain[0][c] +
                 shift[0][c];
    }
    return y;
  }
  static Mat product(const Mat& x, const Mat& w) {
    Mat y(x.size(), Vec(w[0].size(), 0));
    for (std::size_t t = 0; t < x.size(); ++t) {
      for (std::size_t k = 0; k < w.size(); ++k) {
        for (std::size_t c = 0; c < w[k].size(); ++c) y[t][c] += x[t][k] * w[k][c];
      }
    }
    return y;
  }
  Mat dense(const Mat& x, std::size_t l, std::size_t tensor) const {
    Mat y = product(x, net_.at(l, tensor));
    for (Vec& row : y) {
      for (std::size_t c = 0; c < row.size(); ++c) row[c] += net_.at(l, tensor + 1)[0][c];
    }
    return y;
  }
  template <class F>
  static Mat map(Mat x, F f) {
    for (Vec& row : x) {
      for (double& value : row) value = f(value);
    }
    return x;
  }
  template <class F>
  static Mat join(Mat x, const Mat& y, F f) {
    for (std::size_t t = 0; t < x.size(); ++t) {
      for (std::size_t c = 0; c < x[t].size(); ++c) x[t][c] = f(x[t][c], y[t][c]);
    }
    return x;
  }
  static Mat sum(const Mat& x, const Mat& y) {
    return join(x, y, [](double a, double b) { return a + b; });
  }
  static Mat times(const Mat& x, const Mat& y) {
    return join(x, y, [](double a, double b) { return a * b; });
  }

  Mat attend(const Mat& q, const Mat& k, const Mat& v, std::size_t l) const {
    const std::size_t size = shape_.head_size();
    Mat out(q.size(), Vec(shape_.factors, 0));
    for (std::size_t h = 0; h < shape_.heads; ++h) {
      for (std::size_t i = 0; i < q.size(); ++i) {
        Vec weights(i + 1, 0);
        double total = 0;
        for (std::size_t j = 0; j <= i; ++j) {
          for (std::size_t c = h * size; c < (h + 1) * size; ++c) weights[j] += q[i][c] * k[j][c];
          if (shape_.block == BlockKind::kHstu) {
            const auto gap = chunk_.next_times[begin_ + i] - chunk_.times[begin_ + j];
            weights[j] += net_.at(l, kTimeBias)[0][time_bucket(gap)];
            weights[j] += net_.at(l, kPositionBias)[0][shape_.max_length - 1 - (i - j)];
            weights[j] = silu(weights[j]) / static_cast<double>(shape_.max_length);
          } else {
            total += weights[j] = std::exp(weights[j] / std::sqrt(static_cast<double>(size)));
          }
        }
        for (std::size_t j = 0; j <= i; ++j) {
          if (shape_.block != BlockKind::kHstu)
            weights[j] *= factor(i, place_of(shape_, l, kFirstHead + h), j) / total;
          for (std::size_t c = h * size; c < (h + 1) * size; ++c) out[i][c] += weights[j] * v[j][c];
        }
      }
    }
    return out;
  }
  Mat sasrec(const Mat& x, std::size_t l) const {
    const Mat a = norm(x, net_.at(l, kGain1), net_.at(l, kShift1));
    const Mat mixed = attend(dense(a, l, kQuery), dense(x, l, kKey), dense(x, l, kValue), l);
    const Mat y = norm(sum(a, dense(mixed, l, kOut)), net_.at(l, kGain2), net_.at(l, kShift2));
    Mat inner = map(dense(y, l, kUp), [](double z) { return std::max(z, 0.0); });
    drop(inner, place_of(shape_, l, kInnerPlace));
    Mat out = dense(inner, l, kDown);
    drop(out, place_of(shape_, l, kInnerOutPlace));
    return sum(y, out);
  }
  Mat ligr(const Mat& x, std::size_t l) const {
    const Mat a = norm(x, net_.at(l, kGain1), net_.at(l, kShift1));
    Mat out = dense(attend(dense(a, l, kQuery), dense(a, l, kKey), dense(a, l, kValue), l), l, kOut);
    drop(out, place_of(shape_, l, kAttentionOut));
    const Mat x1 = sum(x, times(map(dense(x, l, kGate1), sigma), out));
    const Mat y = norm(x1, net_.at(l, kGain2), net_.at(l, kShift2));
    Mat inner = times(map(product(y, net_.at(l, kSilu)), silu), product(y, net_.at(l, kLinear)));
    drop(inner, place_of(shape_, l, kInnerPlace));
    Mat out2 = product(inner, net_.at(l, kInnerOut));
    drop(out2, place_of(shape_, l, kInnerOutPlace));
    return sum(x1, times(map(dense(x1, l, kGate2), sigma), out2));
  }
  Mat hstu(const Mat& x, std::size_t l) const {
    const Mat a = norm(x, net_.at(l, kGain1), net_.at(l, kShift1));
    const Mat mixed = attend(map(dense(a, l, kQuery), silu), map(dense(a, l, kKey), silu),
                             map(dense(a, l, kValue), silu), l);
    Mat inner = times(map(dense(a, l, kU), silu), norm(mixed, net_.at(l, kGain2), net_.at(l, kShift2)));
    drop(inner, place_of(shape_, l, kInnerPlace));
    return sum(x, dense(inner, l, kOut));
  }

  Mat recurrent(const Mat& x, std::size_t l) const {
    Mat states;
    for (const akin::reference::After& after :
         akin::reference::run(cell_of(shape_.block),
                              {net_.at(l, kCellInput), net_.at(l, kCellRecurrent), net_.at(l, kCellBias)}, x))
      states.push_back(after.state);
    drop(states, place_of(shape_, l, kInnerOutPlace));
    return states;
  }

  const RefNet& net_;
  const NetShape& shape_;
  const Chunk& chunk_;
  std::size_t s_, begin_;
  const Dropout dropout_;
};

/// The loss of one state, against candidates of which the first is the target; logits are lowered by `corrections`.
inline double loss(const LossOptions& options, Vec state, const Mat& items,
                   const std::vector<idx_t>& candidates, const Vec& corrections = {}) {
  const auto length = [](const Vec& v) {
    double squares = 0;
    for (const double x : v) squares += x * x;
    return std::sqrt(squares);
  };
  const auto tau = static_cast<double>(options.temperature);
  Vec scores;
  for (const idx_t item : candidates) {
    double score = 0;
    for (std::size_t c = 0; c < state.size(); ++c) score += state[c] * items[item][c];
    if (tau > 0) score /= length(state) * length(items[item]) * tau;
    if (!corrections.empty()) score -= corrections[item];
    scores.push_back(score);
  }
  double result = 0;
  if (options.kind == LossKind::kSoftmax || options.kind == LossKind::kSampledSoftmax) {
    for (const double score : scores) result += std::exp(score - scores[0]);
    return std::log(result);
  }
  const double a = static_cast<double>(options.negatives) / static_cast<double>(items.size() - 1);
  const double beta = options.kind == LossKind::kBce
                          ? 1
                          : a * (static_cast<double>(options.calibration) * (1 - 1 / a) + 1 / a);
  for (std::size_t j = 0; j < scores.size(); ++j)
    result -= j == 0 ? beta * std::log(sigma(scores[0])) : std::log(1 - sigma(scores[j]));
  return result;
}

}  // namespace akin::attention::reference
